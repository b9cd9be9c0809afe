import type { AnalysisView } from '../../core/worker/contract-inspect.ts';
import {
  opColouring,
  rampColouring,
  shareColouring,
  wordColouring,
  type Colouring,
} from '../graph/colouring.ts';
import type { Scene } from '../graph/scene.ts';
import { rowsOf } from './inspect-rows.ts';

/** What the graph of the Inspect stage can be coloured by. */
export const COLOUR_MODES = [
  { id: 'op', label: 'Op', hint: 'Families of operations' },
  { id: 'type', label: 'Type', hint: 'Type that the output has on the chip' },
  {
    id: 'single',
    label: 'Single',
    hint: 'Signal to noise with only this layer is quantized, its inputs are exact',
  },
  {
    id: 'entire',
    label: 'Entire',
    hint: 'Signal to noise with everything quantized: errors of the layers in front count',
  },
  {
    id: 'entropy',
    label: 'Entropy',
    hint: 'Share of 16 bits that is lost in output or weights: 0 nothing, 1 all',
  },
  { id: 'macs', label: 'MACs', hint: 'Multiply-accumulates for one sample' },
] as const;

export type ColourMode = (typeof COLOUR_MODES)[number]['id'];

/** dB; from 20 down the noise has a tenth of the signal's amplitude or more. */
const SQNR_LIMITS = [50, 40, 35, 30, 25, 20, 15];
const ENTROPY_LIMITS = [0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8];

const TYPE_TOKENS = new Map([
  ['uint8', '--op-conv'],
  ['int8', '--op-matrix'],
  ['int8 per channel', '--op-io'],
  ['int16', '--op-shape'],
  ['float16', '--op-pool'],
  ['bfloat16', '--op-recurrent'],
  ['float32', '--op-activation'],
]);

/** The colours of a mode; without an analysis only those that need none. */
export function colouringOf(mode: ColourMode, scene: Scene, analysis: AnalysisView | null): Colouring {
  if (mode === 'macs') return shareColouring(scene, 'macs');
  if (mode === 'op' || !analysis) return opColouring(scene);
  const rows = new Map(rowsOf(analysis, scene).map((row) => [row.node, row]));
  const per = <T>(value: (row: NonNullable<ReturnType<typeof rows.get>>) => T): (T | null)[] =>
    scene.nodes.map((_, node) => {
      const row = rows.get(node);
      return row ? value(row) : null;
    });
  const unknown = 'not measured';
  if (mode === 'type')
    return wordColouring(
      'Type of the output',
      per(({ type }) => type),
      TYPE_TOKENS,
    );
  if (mode === 'entropy') {
    return rampColouring({
      title: 'Entropy: share of 16 bits that is lost',
      values: per(({ entropy }) => entropy),
      limits: ENTROPY_LIMITS,
      spell: (value) => value.toFixed(2),
      unknown,
    });
  }
  return rampColouring({
    title: `Signal to noise, ${mode === 'single' ? 'only this layer quantized' : 'everything quantized'}`,
    values: per((row) => row[mode]),
    limits: SQNR_LIMITS,
    spell: spellDecibels,
    unknown,
  });
}

/** A ratio in dB in a few characters. */
export function spellDecibels(value: number): string {
  return Number.isFinite(value) ? `${value.toFixed(0).replace('-', '−')} dB` : 'no error';
}
