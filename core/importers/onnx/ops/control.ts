import { Unsupported, type Builder } from '../builder.ts';
import { Composer } from '../compose.ts';
import type { OnnxNode } from '../node.ts';
import { frontAxis, scalarOf } from '../numeric.ts';
import type { OperatorFamily } from '../operator.ts';
import { MAX_ITERATIONS, runSubgraph } from '../subgraph.ts';

const scopeOf = (node: OnnxNode): string => node.outputs.find((name) => name !== '') ?? node.name;

/**
 * With a known condition only that branch is imported. Otherwise both are computed, which nothing can tell
 * apart, and the condition picks the result.
 */
function convertIf(node: OnnxNode, builder: Builder): void {
  const scope = scopeOf(node);
  const c = new Composer(node, builder);
  const condition = scalarOf(builder.constant(node, 0));
  if (condition !== undefined) {
    const branch = condition !== 0 ? 'then_branch' : 'else_branch';
    runSubgraph(node, builder, branch, `${scope}_${branch}`, []).forEach((name, i) => c.output(i, name));
    return;
  }
  const [yes, no] = ['then_branch', 'else_branch'].map((branch) =>
    runSubgraph(node, builder, branch, `${scope}_${branch}`, []),
  );
  yes.forEach((name, i) => {
    if (c.shape(name).join() !== c.shape(no[i]).join()) {
      throw new Unsupported('branches of different shapes behind a condition that is only known at run time');
    }
    c.output(i, c.op('Where', [c.input(0), name, no[i]]));
  });
}

/** How often a loop runs, as far as the node tells: its trip count and first condition. */
function tripCount(node: OnnxNode, builder: Builder): number {
  const first = builder.present(node, 1) ? scalarOf(builder.constant(node, 1)) : 1;
  if (first === undefined) throw new Unsupported('a condition that is only known at run time');
  if (first === 0) return 0;
  if (!builder.present(node, 0)) return Infinity;
  const count = scalarOf(builder.constant(node, 0));
  if (count === undefined) throw new Unsupported('a trip count that is only known at run time');
  return count;
}

/** A loop with a known number of steps, written out. */
function convertLoop(node: OnnxNode, builder: Builder): void {
  const c = new Composer(node, builder);
  const carriedCount = Math.max(0, node.inputs.length - 2);
  let carried = Array.from({ length: carriedCount }, (_, i) => c.input(i + 2));
  const count = tripCount(node, builder);
  const collected: string[][] = node.outputs.slice(carriedCount).map(() => []);
  for (let i = 0; i < count; i++) {
    if (i >= MAX_ITERATIONS) throw new Unsupported(`more than ${MAX_ITERATIONS} steps`);
    const feeds = [c.integer(i), c.truth(true), ...carried];
    const [condition, ...results] = runSubgraph(node, builder, 'body', `${scopeOf(node)}_step${i}`, feeds);
    carried = results.slice(0, carriedCount);
    results.slice(carriedCount).forEach((name, k) => collected[k]?.push(name));
    const again = scalarOf(c.known(condition));
    if (again === undefined) throw new Unsupported('a condition that is only known at run time');
    if (again === 0) break;
  }
  carried.forEach((name, i) => c.output(i, name));
  collected.forEach((parts, k) => {
    if (!c.wants(carriedCount + k)) return;
    if (parts.length === 0) throw new Unsupported('an empty result of a loop without steps');
    c.output(carriedCount + k, c.stack(parts, 0));
  });
}

/** What a Scan says about its scanned inputs and outputs. */
interface ScanPlan {
  states: number;
  inputAxes: number[];
  inputReversed: boolean[];
  outputAxes: number[];
  outputReversed: boolean[];
}

function readScan(node: OnnxNode, inputs: readonly string[], c: Composer, outputs: number): ScanPlan {
  const scanned = node.int('num_scan_inputs', 1);
  const states = inputs.length - scanned;
  if (states < 0 || scanned < 1) throw node.invalid(`num_scan_inputs is ${scanned}`);
  const results = Math.max(0, outputs - states);
  const flags = (name: string, count: number): boolean[] => node.intsOf(name, count, 0).map(Boolean);
  const old = node.opset < 9;
  return {
    states,
    inputAxes: node
      .intsOf('scan_input_axes', scanned, 0)
      .map((axis, i) => frontAxis(axis, c.shape(inputs[states + i]).length)),
    inputReversed: flags(old ? 'directions' : 'scan_input_directions', scanned),
    outputAxes: node.intsOf('scan_output_axes', results, 0),
    outputReversed: flags('scan_output_directions', results),
  };
}

/** One scan over all steps. @returns final states and joined results */
function scan(
  node: OnnxNode,
  builder: Builder,
  c: Composer,
  inputs: readonly string[],
  scope: string,
): string[] {
  const outputs = node.graph('body').output.length;
  const plan = readScan(node, inputs, c, outputs);
  const { states, inputAxes } = plan;
  const steps = c.shape(inputs[states])[inputAxes[0]];
  if (steps > MAX_ITERATIONS) throw new Unsupported(`more than ${MAX_ITERATIONS} steps`);
  let state = inputs.slice(0, states);
  const collected: string[][] = Array.from({ length: outputs - states }, () => []);
  for (let i = 0; i < steps; i++) {
    const parts = inputAxes.map((axis, k) => {
      const name = inputs[states + k];
      const at = plan.inputReversed[k] ? steps - 1 - i : i;
      const shape = c.shape(name).filter((_, d) => d !== axis);
      return c.reshape(c.slice(name, axis, at, 1), shape);
    });
    const results = runSubgraph(node, builder, 'body', `${scope}_step${i}`, [...state, ...parts]);
    state = results.slice(0, states);
    results.slice(states).forEach((name, k) => collected[k].push(name));
  }
  const joined = collected.map((parts, k) => {
    const axis = frontAxis(plan.outputAxes[k], c.shape(parts[0]).length + 1);
    return c.stack(plan.outputReversed[k] ? [...parts].reverse() : parts, axis);
  });
  return [...state, ...joined];
}

/** Operator set 8 had a batch axis in front of everything, and lengths of the sequences. */
function convertBatchedScan(node: OnnxNode, builder: Builder): void {
  if (builder.present(node, 0)) throw new Unsupported('sequence lengths');
  const c = new Composer(node, builder);
  const inputs = node.inputs.slice(1).map((_, i) => c.input(i + 1));
  const [batch] = c.shape(inputs[0]);
  const rows = Array.from({ length: batch }, (_, b) => {
    const own = inputs.map((name) => c.reshape(c.slice(name, 0, b, 1), c.shape(name).slice(1)));
    return scan(node, builder, c, own, `${scopeOf(node)}_batch${b}`);
  });
  rows[0].forEach((_, k) => c.output(k, c.stack(rows.map((row) => row[k]), 0))); // prettier-ignore
}

function convertScan(node: OnnxNode, builder: Builder): void {
  if (node.opset < 9) return convertBatchedScan(node, builder);
  const c = new Composer(node, builder);
  const inputs = node.inputs.map((_, i) => c.input(i));
  scan(node, builder, c, inputs, scopeOf(node)).forEach((name, i) => c.output(i, name));
}

/** Control flow whose course is known at import: branches chosen or merged, loops written out. */
export const control: OperatorFamily = {
  If: { convert: convertIf },
  Loop: { convert: convertLoop },
  Scan: { convert: convertScan },
};
