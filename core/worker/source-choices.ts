import { outputsInFront } from '../importers/onnx/cut.ts';
import type { OnnxGraph, TensorInfo } from '../importers/onnx/graph.ts';
import { selectNodes } from '../importers/onnx/select.ts';
import type { ImportOptions } from '../importers/options.ts';
import { StudioError, type ChoiceProblem } from '../network/errors.ts';
import type { CutSide, ImportChoices, InputChoice, SourceTensor } from './contract-model.ts';
import { nodeKey } from './source-graph.ts';

/** A tensor as the model declares it. */
export function sourceTensor({ name, shape, type }: TensorInfo): SourceTensor {
  return { name, shape: shape ? [...shape] : null, type: type ?? null };
}

/** What is suggested: the model's own inputs and outputs, an open batch as 1. */
export function ownChoices(graph: OnnxGraph): ImportChoices {
  const outputs = outputsOf(graph);
  const { inputs } = selectNodes(graph, undefined, outputs);
  return { inputs: inputs.map((name) => ownInput(graph, name)), outputs, settings: {} };
}

/** The outputs of the model; of one that names none, what nobody reads. */
function outputsOf(graph: OnnxGraph): string[] {
  if (graph.outputs.length > 0) return graph.outputs.map(({ name }) => name);
  const read = new Set(graph.nodes.flatMap((node) => node.reads));
  return graph.nodes.flatMap((node) => node.outputs.filter((name) => name !== '' && !read.has(name)));
}

function ownInput(graph: OnnxGraph, name: string): InputChoice {
  const shape = graph.infos.get(name)?.shape;
  const known = shape?.map((dim, axis) => (typeof dim === 'number' && dim > 0 ? dim : axis === 0 ? 1 : null));
  return { name, shape: known ?? null, type: null };
}

/** The inputs of a selection with what was chosen for them; what the outputs need and nobody chose comes last. */
function fitting(
  graph: OnnxGraph,
  { inputs, outputs }: ImportChoices,
): { chosen: InputChoice[]; cut: ReturnType<typeof selectNodes> } {
  const own = new Set(graph.inputs.map(({ name }) => name));
  const cuts = inputs.filter(({ name }) => !own.has(name));
  const cut = selectNodes(
    graph,
    cuts.map(({ name }) => name),
    outputs.length > 0 ? outputs : outputsOf(graph),
  );
  const tensors = new Map(cuts.map(({ name }, index) => [name, cut.inputs[index] ?? name]));
  const wanted = new Map(inputs.map((one) => [tensors.get(one.name) ?? one.name, one]));
  const order = [...wanted.keys(), ...cut.inputs].filter((name) => cut.inputs.includes(name));
  const chosen = [...new Set(order)].map((name) => {
    const { shape, type } = wanted.get(name) ?? ownInput(graph, name);
    return { name, shape: shape ?? ownInput(graph, name).shape, type };
  });
  return { chosen, cut };
}

/**
 * What an importer is told of choices.
 * @throws StudioError usage with every choice that is missing or does not fit
 */
export function importOptionsOf(
  graph: OnnxGraph,
  choices: ImportChoices,
): Pick<ImportOptions, 'inputs' | 'outputs' | 'inputSizes' | 'sizesWithBatch' | 'inputTypes'> {
  const { chosen, cut } = fitting(graph, choices);
  const problems = chosen.flatMap(({ name, shape }) => openDimensions(graph, name, shape));
  if (problems.length > 0) {
    const list = problems.map(({ name, message }) => `${name}: ${message}`).join('; ');
    throw new StudioError('usage', `sizes are missing: ${list}`, {}, 'Fill them in.', { choices: problems });
  }
  return {
    inputs: chosen.map(({ name }) => name),
    outputs: cut.outputs,
    inputSizes: chosen.map(({ shape }) => (shape ?? []).map((size) => size ?? 0)),
    sizesWithBatch: chosen.map(() => true),
    inputTypes: chosen.map(({ type }) => type ?? ''),
  };
}

function openDimensions(graph: OnnxGraph, name: string, shape: InputChoice['shape']): ChoiceProblem[] {
  if (shape === null) {
    return [{ option: 'sizes', name, message: 'the model does not say this shape: type it, with the batch' }];
  }
  const open = shape.flatMap((size, axis) => (size === null ? [axis] : []));
  if (open.length === 0) return [];
  const declared = graph.infos.get(name)?.shape?.join(', ');
  const which = open.length === 1 ? `dimension ${open[0]} is` : `dimensions ${open.join(', ')} are`;
  const says = declared === undefined ? '' : `: the model declares ${declared}`;
  return [{ option: 'sizes', name, message: `${which} open${says}` }];
}

/**
 * The choices with a cut. In front of nodes the network ends in what they read; behind them it begins with what they
 * make, and inputs that are needed no more are left out.
 * @throws StudioError usage when nothing would be left
 */
export function cutChoices(
  graph: OnnxGraph,
  choices: ImportChoices,
  keys: readonly string[],
  side: CutSide,
): ImportChoices {
  const wanted = new Set(keys);
  const { chosen, cut } = fitting(graph, choices);
  const left = new Set(cut.nodes.filter((node) => wanted.has(nodeKey(node))));
  if (left.size === 0) throw nothingLeft('the node is not part of what is imported');
  if (side === 'begin-after') {
    const begins = [...left].flatMap((node) => node.outputs.filter((name) => name !== ''));
    return usedOnly(graph, {
      ...choices,
      inputs: [...chosen, ...begins.map((name) => ownInput(graph, name))],
    });
  }
  const fed = new Set(cut.inputs);
  const made = new Set(cut.nodes.filter(({ reads }) => reads.length > 0).flatMap(({ outputs }) => outputs));
  const outputs = outputsInFront(cut.nodes, cut.outputs, left, (name) => made.has(name) && !fed.has(name));
  if (outputs.length === 0) throw nothingLeft('in front of this there is nothing but inputs and weights');
  return usedOnly(graph, { ...choices, inputs: chosen, outputs });
}

const nothingLeft = (why: string): StudioError =>
  new StudioError('usage', `nothing can be cut here: ${why}`, {}, 'Choose another node.');

/** Drops inputs that the outputs do not depend on. */
function usedOnly(graph: OnnxGraph, choices: ImportChoices): ImportChoices {
  const outputs = choices.outputs.length > 0 ? choices.outputs : outputsOf(graph);
  const needed = neededOf(graph, outputs, new Set(choices.inputs.map(({ name }) => name)));
  return { ...choices, inputs: choices.inputs.filter(({ name }) => needed.has(name)) };
}

/** Those of the named tensors at which a walk from the outputs ends. */
function neededOf(graph: OnnxGraph, outputs: readonly string[], ends: ReadonlySet<string>): Set<string> {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const found = new Set<string>();
  const seen = new Set<string>();
  const waiting = [...outputs];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    if (ends.has(name)) found.add(name);
    else waiting.push(...(producers.get(name)?.reads ?? []));
  }
  return found;
}
