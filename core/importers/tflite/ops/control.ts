import { Unsupported, type Builder } from '../../onnx/builder.ts';
import { composed, Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { scalarOf } from '../../onnx/numeric.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import type { StatedQuantization } from '../../onnx/stated-quantization.ts';
import { MAX_ITERATIONS } from '../../onnx/subgraph.ts';
import { readSubgraph, type SubgraphReading, type TensorStorage } from '../graph.ts';
import type { TfliteModel } from '../model.ts';

/** Subgraphs inside each other. */
const DEEPEST = 16;

/** Nodes that loops and calls become all in all. */
const MOST_NODES = 100_000;

const UNKNOWN = 'a condition that is only known at run time';

/** Imports subgraphs in place of the nodes that call them. */
class Subgraphs {
  private readonly model: TfliteModel;
  private readonly storage: TensorStorage;
  private readonly own: StatedQuantization;
  private depth = 0;
  private runs = 0;
  private left = MOST_NODES;

  constructor(model: TfliteModel, storage: TensorStorage, own: StatedQuantization) {
    this.model = model;
    this.storage = storage;
    this.own = own;
  }

  /** @returns names of the outputs */
  run(node: OnnxNode, builder: Builder, index: number, feeds: readonly string[]): string[] {
    if (this.depth >= DEEPEST) throw new Unsupported('subgraphs that call each other too deeply');
    const reading = readSubgraph(this.model, index, this.storage, `${node.name}/${this.runs++}/`);
    if (reading.inputs.length !== feeds.length)
      throw node.invalid(`a subgraph of ${reading.inputs.length} inputs gets ${feeds.length}`);
    reading.inputs.forEach((name, i) => builder.rename(feeds[i], name));
    this.depth += 1;
    for (const inner of needed(reading)) this.step(inner, builder, reading);
    this.depth -= 1;
    reading.outputs.forEach((name) => load(builder, reading, name));
    return reading.outputs;
  }

  private step(inner: OnnxNode, builder: Builder, reading: SubgraphReading): void {
    if (--this.left < 0) throw new Unsupported(`loops of more than ${MOST_NODES} nodes`);
    inner.inputs.forEach((name) => load(builder, reading, name));
    builder.run(inner);
    this.own.converted(inner, builder);
  }
}

/** A constant of a subgraph, when somebody reads it. */
function load(builder: Builder, { constants }: SubgraphReading, name: string): void {
  const make = constants.get(name);
  if (!make || builder.values.has(name) || builder.constants.has(name)) return;
  builder.constants.set(name, { tensor: make(), layerName: `Initializer_${name}` });
}

/** The nodes that the outputs depend on, in their order. */
function needed({ nodes, outputs }: SubgraphReading): OnnxNode[] {
  const wanted = new Set(outputs);
  const kept = nodes.toReversed().filter((node) => {
    if (!node.outputs.some((name) => wanted.has(name))) return false;
    node.inputs.forEach((name) => wanted.add(name));
    return true;
  });
  return kept.reverse();
}

/** The condition of a node, when it is known. */
const conditionOf = (c: Composer, name: string): boolean | undefined => {
  const value = scalarOf(c.known(name));
  return value === undefined ? undefined : value !== 0;
};

const inputsOf = (c: Composer, node: OnnxNode, from = 0): string[] =>
  node.inputs.slice(from).map((_, i) => c.input(i + from));

/** Control flow whose course is known at import: branches chosen or merged, loops written out, calls put in place. */
export function controlFamily(
  model: TfliteModel,
  storage: TensorStorage,
  own: StatedQuantization,
): OperatorFamily {
  const subgraphs = new Subgraphs(model, storage, own);

  const call =
    (option: string) =>
    (node: OnnxNode, builder: Builder): void => {
      const c = new Composer(node, builder);
      subgraphs
        .run(node, builder, node.int(option, 0), inputsOf(c, node))
        .forEach((name, i) => c.output(i, name));
    };

  const convertIf = (node: OnnxNode, builder: Builder): void => {
    const c = new Composer(node, builder);
    const condition = conditionOf(c, c.input(0));
    const feeds = inputsOf(c, node, 1);
    const branch = (name: string): string[] => subgraphs.run(node, builder, node.int(name, 0), feeds);
    if (condition !== undefined)
      return branch(condition ? 'then' : 'else').forEach((name, i) => c.output(i, name));
    const [yes, no] = [branch('then'), branch('else')];
    yes.forEach((name, i) => {
      if (c.shape(name).join() !== c.shape(no[i]).join())
        throw new Unsupported(`branches of different shapes behind ${UNKNOWN}`);
      c.output(i, c.op('Where', [c.input(0), name, no[i]]));
    });
  };

  const convertWhile = (node: OnnxNode, builder: Builder): void => {
    const c = new Composer(node, builder);
    let carried = inputsOf(c, node);
    for (let i = 0; ; i++) {
      const [flag] = subgraphs.run(node, builder, node.int('cond', 0), carried);
      const again = conditionOf(c, flag ?? '');
      if (again === undefined) throw new Unsupported(UNKNOWN);
      if (!again) break;
      if (i >= MAX_ITERATIONS) throw new Unsupported(`more than ${MAX_ITERATIONS} steps`);
      carried = subgraphs.run(node, builder, node.int('body', 0), carried);
    }
    carried.forEach((name, i) => c.output(i, name));
  };

  /** Input 0 picks a branch; numbers that are none pick the last. */
  const convertCase = (node: OnnxNode, builder: Builder): void => {
    const c = new Composer(node, builder);
    const branches = node.ints('branches') ?? [];
    const index = scalarOf(c.known(c.input(0)));
    if (index === undefined) throw new Unsupported('a branch that is only known at run time');
    const branch = branches[index] ?? branches.at(-1) ?? 0;
    subgraphs.run(node, builder, branch, inputsOf(c, node, 1)).forEach((name, i) => c.output(i, name));
  };

  return {
    'tflite:CALL': { convert: call('subgraph') },
    'tflite:IF': { convert: convertIf },
    'tflite:STABLEHLO_CASE': { convert: convertCase },
    'tflite:STABLEHLO_COMPOSITE': { convert: call('decomposition') },
    'tflite:STABLEHLO_WHILE': { convert: convertWhile },
    'tflite:WHILE': { convert: convertWhile },
  };
}

/** A variable that keeps its value between runs: see variables.ts for those whose value is known. */
export const variables: OperatorFamily = {
  'tflite:READ_VARIABLE': {
    convert: composed((_, node) => {
      const [name = ''] = node.outputs;
      throw new Unsupported(
        `a value that is kept from one run to the next: make it an input with --inputs "${name}", ` +
          'and its new value an output',
      );
    }),
  },
};
