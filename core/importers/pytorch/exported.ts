import { StudioError } from '../../network/errors.ts';
import type { Tensor } from '../../network/tensor.ts';
import type { TensorInfo } from '../onnx/graph.ts';
import { bindInputs } from '../onnx/inputs.ts';
import type { ImportOptions } from '../options.ts';
import type { TorchArchive } from './archive.ts';
import { argumentOf, scalarTypes } from './exported-arguments.ts';
import {
  bufferSpec,
  checked,
  constantSpec,
  malformed,
  namedTensor,
  namedTensors,
  parameterSpec,
  readProgram,
  readWeightFiles,
  tensorPort,
  type ExportedNode,
  type ExportedProgram,
  type TensorMeta,
  type WeightFiles,
} from './exported-schema.ts';
import { outputsOf, traced, type Traced } from './run.ts';
import { binary } from './scalars.ts';
import { stridedTensor } from './storage.ts';
import { Tracer } from './tracer.ts';
import { ListValue, TupleValue, TensorRef, type Value } from './values.ts';

/** Whether an archive is one of torch.export.save. */
export const isExported = (archive: TorchArchive): boolean => archive.has('models/model.json');

/** Evaluates a program of torch.export: a flat list of operators with all sizes. @throws StudioError */
export async function traceExported(archive: TorchArchive, options: ImportOptions): Promise<Traced> {
  const program = readProgram(archive);
  const tracer = new Tracer();
  const names = inputNames(program);
  const infos = new Map(names.map((name) => [name, inputInfo(program, name)]));
  const choices = {
    ...(options.inputSizes ? { sizes: options.inputSizes } : {}),
    ...(options.sizesWithBatch ? { withBatch: options.sizesWithBatch } : {}),
  };
  const bound = bindInputs({ infos }, names, choices);
  const values = new Map<string, Value>(bound.map((input) => [input.name, tracer.input(input)]));
  for (const [name, weight] of weightsOf(program, archive, tracer)) values.set(name, weight);
  const outputs = await outputsOf(evaluate(program, tracer, values), tracer, options);
  return traced(tracer, bound, outputs);
}

function inputNames({ signature }: ExportedProgram): string[] {
  return signature.input_specs.flatMap((spec) => {
    if (!('user_input' in spec)) return [];
    const port = tensorPort.safeParse(spec['user_input']);
    return port.success ? [port.data.arg.as_tensor.name] : [];
  });
}

function inputInfo({ graph }: ExportedProgram, name: string): TensorInfo {
  const meta = Object.hasOwn(graph.tensor_values, name) ? graph.tensor_values[name] : undefined;
  if (!meta) throw malformed(`nothing is said about the input "${name}"`);
  const shape = meta.sizes.map((size) => ('as_int' in size ? size.as_int : size.as_expr.expr_str));
  const element = scalarTypes[meta.dtype]?.element ?? 'float32';
  return { name, type: element === 'bfloat16' ? 'float32' : element, onnxType: 0, shape };
}

/** Parameters, buffers and constants, by their names in the graph. */
function weightsOf(
  { signature }: ExportedProgram,
  archive: TorchArchive,
  tracer: Tracer,
): [string, TensorRef][] {
  const stored = readWeightFiles(archive, 'weights');
  const constants = readWeightFiles(archive, 'constants');
  return signature.input_specs.flatMap((spec): [string, TensorRef][] => {
    const found = weightSpec(spec);
    if (!found) return [];
    const load = loader(archive, found.path, stored, constants);
    return [[found.name, tracer.weight(found.path, load)]];
  });
}

function weightSpec(spec: Record<string, unknown>): { name: string; path: string } | undefined {
  if ('parameter' in spec) {
    const { arg, parameter_name: path } = checked(parameterSpec, spec['parameter'], 'a parameter');
    return { name: arg.name, path };
  }
  if ('buffer' in spec) {
    const { arg, buffer_name: path } = checked(bufferSpec, spec['buffer'], 'a buffer');
    return { name: arg.name, path };
  }
  if ('tensor_constant' in spec) {
    const { arg, tensor_constant_name: path } = checked(constantSpec, spec['tensor_constant'], 'a constant');
    return { name: arg.name, path };
  }
  return undefined;
}

function loader(
  archive: TorchArchive,
  path: string,
  weights: WeightFiles,
  constants: WeightFiles,
): () => Tensor {
  return () => {
    const folder = Object.hasOwn(weights, path) ? 'weights' : 'constants';
    const files = folder === 'weights' ? weights : constants;
    const file = Object.hasOwn(files, path) ? files[path] : undefined;
    if (!file?.tensor_meta || file.use_pickle) throw malformed(`the tensor "${path}" is not stored plainly`);
    const { dtype, sizes, strides, storage_offset: offset } = file.tensor_meta;
    const type = scalarTypes[dtype];
    if (!type)
      throw new StudioError('op-unsupported', `the tensor "${path}" has elements of PyTorch's type ${dtype}`);
    const shape = numbersOf(sizes, path);
    const start = offset ? numbersOf([offset], path)[0] : 0;
    const steps = numbersOf(strides, path);
    if (steps.length !== shape.length) throw malformed(`the tensor "${path}" has a bad shape`);
    return stridedTensor(
      { type, offset: start, shape, strides: steps },
      archive.bytes(`data/${folder}/${file.path_name}`),
    );
  };
}

function numbersOf(sizes: TensorMeta['sizes'], path: string): number[] {
  return sizes.map((size) => {
    if ('as_int' in size && size.as_int >= 0) return size.as_int;
    throw malformed(`the tensor "${path}" has a size that is no number`);
  });
}

/** Calls the operators one after the other. */
function* evaluate(
  program: ExportedProgram,
  tracer: Tracer,
  values: Map<string, Value>,
): Generator<void, Value> {
  const labelled = new Set<string>();
  for (const node of program.graph.nodes) {
    yield;
    const result = call(node, tracer, values, labelled);
    keep(node, result, values);
  }
  const results = program.signature.output_specs.flatMap((spec) => {
    const port = tensorPort.safeParse(spec['user_output']);
    const value = port.success ? values.get(port.data.arg.as_tensor.name) : undefined;
    return value === undefined ? [] : [value];
  });
  return new ListValue(results);
}

/** Arithmetic of sizes. */
const SYMBOLS: ReadonlyMap<string, string> = new Map([
  ['_operator.add', '+'],
  ['_operator.sub', '-'],
  ['_operator.mul', '*'],
  ['_operator.floordiv', '//'],
  ['_operator.mod', '%'],
]);

function call(
  node: ExportedNode,
  tracer: Tracer,
  values: ReadonlyMap<string, Value>,
  labelled: Set<string>,
): Value {
  const positional: Value[] = [];
  const keywords = new Map<string, Value>();
  for (const { name, arg, kind } of node.inputs) {
    const value = argumentOf(arg, values);
    if (kind === KEYWORD) keywords.set(name, value);
    else positional.push(value);
  }
  const symbol = SYMBOLS.get(node.target);
  if (symbol !== undefined) return binary(symbol, positional[0], positional[1], { tracer });
  const [, namespace, type, overload] = /^torch\.ops\.(\w+)\.(\w+)\.(\w+)$/.exec(node.target) ?? [];
  if (overload === undefined)
    return tracer.call('export', node.target.replaceAll('.', '_'), positional, keywords, 'call');
  const [self, axis] = positional;
  if (type === 'sym_size' && self instanceof TensorRef) return BigInt(tracer.shape(self)[Number(axis)] ?? 0);
  if (type.startsWith('_assert') || type.startsWith('sym_constrain')) return null;
  return tracer.call(namespace, type, positional, keywords, labelOf(node, type, labelled));
}

/** How the schema numbers arguments that have names. */
const KEYWORD = 2;

/** The path of the innermost module, and the operator where the module has several. */
function labelOf({ metadata }: ExportedNode, type: string, labelled: Set<string>): string {
  const operator = type.replace(/^_+|_+$/g, '');
  const stack = typeof metadata['nn_module_stack'] === 'string' ? metadata['nn_module_stack'] : '';
  const [, path = '', kind = ''] = (stack.split(';').at(-1) ?? '').split(',');
  if (path === '') return operator;
  const own = kind.startsWith('torch.nn.') && !labelled.has(path);
  labelled.add(path);
  return own ? path : `${path}.${operator}`;
}

/** Gives the results their names. */
function keep({ outputs }: ExportedNode, result: Value, values: Map<string, Value>): void {
  const parts = result instanceof ListValue || result instanceof TupleValue ? result.items : [result];
  const names = outputs.flatMap((output): string[] => {
    if ('as_tensor' in output) return [checked(namedTensor, output['as_tensor'], 'an output').name];
    if ('as_tensors' in output)
      return checked(namedTensors, output['as_tensors'], 'an output').map(({ name }) => name);
    const symbol = namedSymbol(output);
    return symbol === undefined ? [] : [symbol];
  });
  names.forEach((name, i) => {
    const part = parts[i];
    if (part !== undefined) values.set(name, part);
  });
}

function namedSymbol(output: Record<string, unknown>): string | undefined {
  const symbol = output['as_sym_int'] ?? output['as_sym_bool'] ?? output['as_sym_float'];
  if (typeof symbol !== 'object' || symbol === null || !('as_name' in symbol)) return undefined;
  return typeof symbol.as_name === 'string' ? symbol.as_name : undefined;
}
