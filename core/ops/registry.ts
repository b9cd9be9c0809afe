import { StudioError } from '../network/errors.ts';
import { summarize, type Network } from '../network/network.ts';
import { activationOps } from './activation.ts';
import { blockOps } from './blocks.ts';
import { argumentOps } from './argument.ts';
import { convolutionOps } from './convolution.ts';
import { dataOps } from './data.ts';
import { detectionOps } from './detection.ts';
import { elementwiseOps } from './elementwise.ts';
import { matrixOps } from './fullconnect.ts';
import { lineOps } from './line.ts';
import { joinOps } from './join.ts';
import { lstmUnitOps } from './lstm-unit.ts';
import { momentOps } from './moments.ts';
import { normalizationOps } from './normalization.ts';
import { poolingOps } from './pooling.ts';
import { recurrentOps } from './recurrent.ts';
import { reduceOps } from './reduce.ts';
import { reshapeOps } from './reshape.ts';
import { selectionOps } from './selection.ts';
import { responseOps } from './response.ts';
import { sliceOps } from './slice.ts';
import type { Layer } from '../network/layer.ts';
import type { OpSpec, RangeRule } from './spec.ts';
import { stackOps } from './stack.ts';
import { unpoolOps } from './unpool.ts';

const all: readonly OpSpec[] = [
  ...dataOps,
  ...convolutionOps,
  ...matrixOps,
  ...lineOps,
  ...poolingOps,
  ...activationOps,
  ...elementwiseOps,
  ...reshapeOps,
  ...joinOps,
  ...sliceOps,
  ...blockOps,
  ...stackOps,
  ...selectionOps,
  ...unpoolOps,
  ...detectionOps,
  ...momentOps,
  ...reduceOps,
  ...recurrentOps,
  ...lstmUnitOps,
  ...argumentOps,
  ...normalizationOps,
  ...responseOps,
];

const byName = new Map(all.map((spec) => [spec.op, spec]));

/** Every op the library knows. */
export const opSpecs: readonly OpSpec[] = all;

/** The spec of an ACUITY op, or undefined. */
export function findOp(op: string): OpSpec | undefined {
  return byName.get(op);
}

/** The spec of an ACUITY op. Throws 'op-unsupported' naming the layer when there is none. */
export function opSpec(op: string, layer?: string): OpSpec {
  const spec = byName.get(op);
  if (!spec) {
    throw new StudioError(
      'op-unsupported',
      `op "${op}" is not supported`,
      layer === undefined ? {} : { layer },
    );
  }
  return spec;
}

/** Where a layer's output range comes from. */
export function rangeRule(layer: Layer): RangeRule {
  const { range } = opSpec(layer.op, layer.key);
  return typeof range === 'function' ? range(layer) : range;
}

/** Throws one error that lists every layer whose op is unknown or whose input count is wrong. */
export function checkOps(network: Network): void {
  const problems = [...network.layers.values()].flatMap((layer) => {
    const spec = byName.get(layer.op);
    if (!spec) return [`${layer.key} (${layer.op})`];
    const [least, most] = spec.arity;
    const count = layer.inputs.length;
    return count < least || count > most ? [`${layer.key} (${layer.op} with ${count} inputs)`] : [];
  });
  if (problems.length > 0) {
    throw new StudioError(
      'op-unsupported',
      `${problems.length} layers can't be converted: ${summarize(problems, 20)}`,
    );
  }
}
