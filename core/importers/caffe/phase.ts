import { layerError, type CaffeLayer } from './layer.ts';
import type { Message } from './message.ts';

const PHASES = { TRAIN: 0, TEST: 1 } as const;

/** What a net is run for; rules of layers ask for it. */
interface NetState {
  phase: keyof typeof PHASES;
  level: number;
  stages: ReadonlySet<string>;
}

/** The layers that take part in inference: phase TEST, level 0 and the stages that the net names, as Caffe loads it. */
export function layersOfTest(net: Message, layers: readonly CaffeLayer[]): CaffeLayer[] {
  const stages = new Set(net.message('state').texts('stage'));
  const state: NetState = { phase: 'TEST', level: 0, stages };
  return layers.filter((layer) => takesPart(layer, state));
}

function takesPart(layer: CaffeLayer, state: NetState): boolean {
  const include = layer.body.messages('include');
  const exclude = layer.body.messages('exclude');
  if (include.length > 0 && exclude.length > 0)
    throw layerError(layer, 'it has rules to include and rules to exclude it, only one kind is allowed');
  if (include.length > 0) return include.some((rule) => meets(rule, state));
  return !exclude.some((rule) => meets(rule, state));
}

function meets(rule: Message, { phase, level, stages }: NetState): boolean {
  if (rule.has('phase') && rule.choice('phase', PHASES, 'TEST') !== phase) return false;
  if (level < rule.int('min_level', -Infinity) || level > rule.int('max_level', Infinity)) return false;
  return (
    rule.texts('stage').every((stage) => stages.has(stage)) &&
    !rule.texts('not_stage').some((stage) => stages.has(stage))
  );
}
