import { StudioError } from '../../network/errors.ts';
import type { Translation } from '../onnx/translate.ts';
import type { ImportOptions } from '../options.ts';
import { openArchive, type TorchArchive } from './archive.ts';
import { Evaluator } from './evaluator.ts';
import { guesses, isAboutSizes } from './detect.ts';
import { argumentsOf, bindForward, feedingOf, type Feeding, type InputSizes } from './forward.ts';
import { openLegacyModel } from './legacy.ts';
import { openModel, rootOf, type TorchModel } from './model.ts';
import { ObjectReader } from './objects.ts';
import { finished, outputsOf, traced, type Traced } from './run.ts';
import { torchOperators } from './ops/index.ts';
import { isExported, traceExported } from './exported.ts';
import { dequantizedTensor } from './quantization.ts';
import { IntegerInput, Tracer } from './tracer.ts';
import { Undecided } from './undecided.ts';
import { PickledTensor, type NumberedTensor } from './unpickle.ts';
import type { FunctionValue, TensorRef, Value } from './values.ts';

/**
 * Reads a TorchScript archive of torch.jit.save, or one of torch.export.save. Its program is evaluated with the sizes of the inputs, so that
 * modules, loops and branches become a plain graph.
 * @throws StudioError file-malformed, usage, op-unsupported or cancelled
 */
export async function readPytorch(bytes: Uint8Array, options: ImportOptions): Promise<Translation> {
  const { graph, quantization, notes = [] } = await found(await openArchive(bytes), options);
  return {
    graph,
    own: () => quantization.source(),
    notes,
    sized: true,
    framework: 'pytorch',
    endings: /\.(pt|pth|pt2|torchscript)$/i,
    family: Object.fromEntries(torchOperators),
  };
}

function found(archive: TorchArchive, options: ImportOptions): Promise<Traced> {
  if (isExported(archive)) return traceExported(archive, options);
  return withSizes(archive.has('data.pkl') ? openModel(archive) : openLegacyModel(archive), options);
}

/** With the sizes that the user says, else with the first ones that the program takes. */
async function withSizes(model: TorchModel, options: ImportOptions): Promise<Traced> {
  const probe = prepare(model, options);
  if (options.inputSizes && saysOwn(probe.feeding, options)) {
    const made = await typed(model, options, options);
    const wrong = wrongCut(made, options);
    if (wrong === undefined) return made;
    throw new StudioError('usage', wrong);
  }
  const unknown = probe.feeding.names.map((name) => [name, probe.tracer.unknown(name)] as const);
  await probeEnd(start(probe, new Map(unknown)), probe.tracer, options);
  const weight = (name: string): readonly number[] | undefined => probe.tracer.weightShape(name);
  for (const inputSizes of guesses(probe.tracer.nodes, probe.feeding.names, weight)) {
    try {
      const sizes = { inputSizes, sizesWithBatch: inputSizes.map(() => true) };
      const found = await typed(model, options, sizes);
      if (wrongCut(found, options) !== undefined) continue;
      const shown = found.graph.inputs.map(({ name, shape }) => `"${name}" [${shape?.join(',')}]`).join(', ');
      const note = `The file does not say the sizes of the inputs; taken are ones that fit its layers: ${shown}. Say others with --input-size-list.`;
      return { ...found, notes: [note] };
    } catch (error) {
      if (!isAboutSizes(error)) throw error;
    }
  }
  return typed(model, options, {});
}

/** Whether sizes are said for the program's own inputs, not only for tensors where the network is cut. */
function saysOwn({ names }: Feeding, { inputs = [] }: ImportOptions): boolean {
  return inputs.length === 0 || inputs.some((name) => names.includes(name));
}

/** What is wrong with a size that is said for a tensor inside the network; undefined when all are as computed. */
function wrongCut({ graph }: Traced, { inputs = [], inputSizes = [] }: ImportOptions): string | undefined {
  for (const [i, name] of inputs.entries()) {
    const shape = graph.infos.get(name)?.shape;
    const size = inputSizes[i]?.join();
    if (!shape || size === undefined || size === shape.join() || size === shape.slice(1).join()) continue;
    return `--input-size-list gives [${size}] for "${name}", but the network has [${shape.join(',')}] there`;
  }
  return undefined;
}

/** The file does not say types: an input that serves as indices holds integers, which the program then starts with. */
async function typed(model: TorchModel, options: ImportOptions, sizes: InputSizes): Promise<Traced> {
  const integers = new Set<string>();
  for (;;) {
    try {
      return await trace(model, options, sizes, integers);
    } catch (error) {
      if (!(error instanceof IntegerInput) || integers.has(error.input)) throw error;
      integers.add(error.input);
    }
  }
}

/** A program that is ready to be evaluated. */
interface Prepared {
  tracer: Tracer;
  evaluator: Evaluator;
  forward: FunctionValue;
  feeding: Feeding;
}

function prepare(model: TorchModel, options: ImportOptions): Prepared {
  const tracer = new Tracer();
  const objects = new ObjectReader((name, stored) => weightOf(model, tracer, name, stored));
  const constant = (name: string): Value | undefined => model.constant(name, objects);
  const evaluator = new Evaluator({ program: model.program, tracer, objects, constant });
  const root = rootOf(model);
  const forward = evaluator.method(root, 'forward');
  if (!forward) throw new StudioError('file-malformed', `its module ${root.type} has no forward method`);
  return { tracer, evaluator, forward, feeding: feedingOf(forward.definition, options.inputs ?? []) };
}

function weightOf(
  model: TorchModel,
  tracer: Tracer,
  name: string,
  stored: PickledTensor | NumberedTensor,
): TensorRef {
  const load = model.load(stored);
  const quantizer = stored instanceof PickledTensor ? stored.quantizer : undefined;
  if (!quantizer) return tracer.weight(name, load);
  return tracer.quantizedWeight(name, () =>
    dequantizedTensor(load(), quantizer, (tensor) => model.load(tensor)()),
  );
}

/** The program with its inputs by name, not yet run. */
function start(
  { evaluator, forward, feeding }: Prepared,
  inputs: ReadonlyMap<string, TensorRef>,
): Generator<void, Value> {
  const args = argumentsOf(feeding, (name) => {
    const input = inputs.get(name);
    if (!input) throw new StudioError('usage', `the input "${name}" has no size`);
    return input;
  });
  const { parameters } = forward.definition;
  return evaluator.call(forward, [], new Map([...args].map(([i, value]) => [parameters[i + 1].name, value])));
}

/** Runs a program of which nothing is known as far as it goes. */
async function probeEnd(
  program: Generator<void, Value>,
  tracer: Tracer,
  options: ImportOptions,
): Promise<void> {
  try {
    await finished(program, tracer, options);
  } catch (error) {
    if (!(error instanceof Undecided) && !isAboutSizes(error)) throw error;
  }
}

async function trace(
  model: TorchModel,
  options: ImportOptions,
  sizes: InputSizes,
  integers: ReadonlySet<string>,
): Promise<Traced> {
  const prepared = prepare(model, options);
  const { tracer, feeding } = prepared;
  const bound = bindForward(feeding, sizes, integers);
  const inputs = new Map(bound.map((input) => [input.name, tracer.input(input)]));
  const outputs = await outputsOf(start(prepared, inputs), tracer, options);
  return traced(tracer, bound, outputs);
}
