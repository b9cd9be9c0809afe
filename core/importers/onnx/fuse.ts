import { real, Real } from '../../network/layer.ts';
import type { Draft, DraftRef } from './draft.ts';
import { matchLayerNorm } from './fuse-layernorm.ts';
import { near, otherOperand, same, type Match } from './match.ts';

/** Who reads each draft; several reads by one reader count. */
type Readers = ReadonlyMap<Draft, readonly Draft[]>;

/** All drafts the outputs depend on. */
function reachable(outputs: readonly Draft[]): Set<Draft> {
  const seen = new Set<Draft>(outputs);
  for (const draft of seen) for (const input of draft.inputs) seen.add(input.draft);
  return seen;
}

function readersOf(drafts: Iterable<Draft>): Map<Draft, Draft[]> {
  const readers = new Map<Draft, Draft[]>();
  for (const draft of drafts) {
    for (const { draft: source } of draft.inputs) {
      const list = readers.get(source);
      if (list) list.push(draft);
      else readers.set(source, [draft]);
    }
  }
  return readers;
}

/** The two operands of a product, both ways round. */
const factors = (draft: Draft): [DraftRef, DraftRef][] =>
  draft.op === 'multiply' && draft.inputs.length === 2
    ? [
        [draft.inputs[0], draft.inputs[1]],
        [draft.inputs[1], draft.inputs[0]],
      ]
    : [];

/** x * sigmoid(x) */
function matchSwish(draft: Draft): Match | undefined {
  for (const [x, gate] of factors(draft)) {
    if (gate.draft.op !== 'sigmoid' || !same(gate.draft.inputs[0], x)) continue;
    return { op: 'swish', parameters: [['beta', real(1)]], input: x, inner: [gate.draft] };
  }
  return undefined;
}

const isRelu6 = (draft: Draft): boolean =>
  draft.op === 'relun' &&
  draft.parameters.get('relu_clamp_top') === 6 &&
  draft.parameters.get('relu_clamp_bottom') === 0;

/** x * relu6(x + 3), before the division by 6. */
function matchGated(product: Draft): { input: DraftRef; inner: Draft[] } | undefined {
  for (const [x, gate] of factors(product)) {
    const sum = isRelu6(gate.draft) ? gate.draft.inputs[0].draft : undefined;
    if (sum && same(otherOperand(sum, 'add', 3), x)) return { input: x, inner: [product, gate.draft, sum] };
  }
  return undefined;
}

const isHardSigmoid6 = (draft: Draft): boolean => {
  const [alpha, beta] = ['alpha', 'beta'].map((name) => draft.parameters.get(name));
  return (
    draft.op === 'hard_sigmoid' &&
    alpha instanceof Real &&
    near(alpha.value, 1 / 6) &&
    beta instanceof Real &&
    near(beta.value, 0.5)
  );
};

/** x * relu6(x + 3) / 6, also with the division inside, and x * hard_sigmoid(x) with slope 1/6. */
function matchHardSwish(draft: Draft): Match | undefined {
  const hard = (input: DraftRef, inner: Draft[]): Match => ({
    op: 'hard_swish',
    parameters: [],
    input,
    inner,
  });
  const product = otherOperand(draft, 'real_div', 6) ?? otherOperand(draft, 'multiply', 1 / 6);
  const gated = product && matchGated(product.draft);
  if (gated) return hard(gated.input, gated.inner);
  for (const [x, gate] of factors(draft)) {
    if (isHardSigmoid6(gate.draft) && same(gate.draft.inputs[0], x)) return hard(x, [gate.draft]);
    const clamped = otherOperand(gate.draft, 'real_div', 6) ?? otherOperand(gate.draft, 'multiply', 1 / 6);
    const sum = clamped && isRelu6(clamped.draft) ? clamped.draft.inputs[0].draft : undefined;
    if (clamped && sum && same(otherOperand(sum, 'add', 3), x))
      return hard(x, [gate.draft, clamped.draft, sum]);
  }
  return undefined;
}

/** 1 + erf(x / sqrt 2): x and the layers. */
function matchErfGate(gate: Draft): { x: DraftRef; inner: Draft[] } | undefined {
  const erf = otherOperand(gate, 'add', 1)?.draft;
  if (erf?.op !== 'erf') return undefined;
  const inside = erf.inputs[0].draft;
  const x = otherOperand(inside, 'real_div', Math.SQRT2) ?? otherOperand(inside, 'multiply', Math.SQRT1_2);
  return x && { x, inner: [gate, erf, inside] };
}

/** 0.5 * x * (1 + erf(x / sqrt 2)) in the three ways exporters multiply it. */
function matchGelu(draft: Draft): Match | undefined {
  const gelu = (input: DraftRef, inner: Draft[]): Match => ({
    op: 'gelu',
    parameters: [['approximate', false]],
    input,
    inner,
  });
  const whole = otherOperand(draft, 'multiply', 0.5);
  for (const [a, b] of whole ? factors(whole.draft) : []) {
    const gate = matchErfGate(b.draft);
    if (whole && gate && same(gate.x, a)) return gelu(a, [whole.draft, ...gate.inner]);
  }
  for (const [a, b] of factors(draft)) {
    const gate = matchErfGate(b.draft);
    const half = gate && otherOperand(a.draft, 'multiply', 0.5);
    if (gate && half && same(half, gate.x)) return gelu(half, [a.draft, ...gate.inner]);
    const scaled = otherOperand(b.draft, 'multiply', 0.5);
    const inner = scaled && matchErfGate(scaled.draft);
    if (inner && same(inner.x, a)) return gelu(a, [b.draft, ...inner.inner]);
  }
  return undefined;
}

/** Whether nothing outside the group reads its inner layers. */
function closed(match: Match, last: Draft, readers: Readers): boolean {
  const group = new Set([last, ...match.inner]);
  return match.inner.every((draft) => readers.get(draft)?.every((reader) => group.has(reader)));
}

/**
 * Replaces groups of layers that exporters write for one operation by that operation: swish, hard_swish,
 * gelu, layernormalize. The last layer of the group is changed in place, so its name and readers stay.
 */
export function fuseLayers(outputs: readonly Draft[]): void {
  const drafts = reachable(outputs);
  const readers = readersOf(drafts);
  for (const draft of drafts) {
    const match = matchHardSwish(draft) ?? matchGelu(draft) ?? matchSwish(draft) ?? matchLayerNorm(draft);
    if (!match || !closed(match, draft, readers)) continue;
    // A swish made of two layers carries both names, as the toolkit writes it.
    if (match.op === 'swish') draft.fusedWith = match.inner[0];
    draft.op = match.op;
    draft.parameters = new Map(match.parameters);
    draft.inputs = [match.input];
    for (const [name, tensor] of match.coefficients ?? []) draft.coefficients.set(name, tensor);
  }
}
