import { StudioError } from '../../network/errors.ts';
import type { ElementType } from '../../network/tensor.ts';
import type { TensorInfo } from '../onnx/graph.ts';
import { bindInputs, type BoundInput } from '../onnx/inputs.ts';
import type { ImportOptions } from '../options.ts';
import type { Expression, FunctionDefinition, Parameter } from './syntax.ts';
import { typeName } from './types.ts';
import { ListValue, TensorRef, TupleValue, DictValue, type Value } from './values.ts';

/** An argument of forward: a tensor, a tuple of arguments, or one that keeps its default. */
type Shape = { name: string } | { items: Shape[] } | undefined;

/** How a model is fed: what each parameter of forward takes, and the inputs by name. */
export interface Feeding {
  args: Shape[];
  names: string[];
}

/**
 * The inputs of a model by the names of forward's parameters; parts of a tuple are `name.0`, `name.1`.
 * @throws StudioError op-unsupported for arguments that are no tensors and have no default
 */
export function feedingOf({ parameters }: FunctionDefinition, wanted: readonly string[]): Feeding {
  const names: string[] = [];
  const args = parameters.slice(1).map((parameter) => argumentOf(parameter, wanted, names));
  if (names.length === 0) throw new StudioError('op-unsupported', 'its forward method takes no tensor');
  return { args, names };
}

function argumentOf({ name, type, fallback }: Parameter, wanted: readonly string[], names: string[]): Shape {
  const optional = typeName(type) === 'Optional' && type?.kind === 'subscript';
  const own = optional ? type.index : type;
  const named = wanted.some((one) => one === name || one.startsWith(`${name}.`));
  if ((optional || fallback) && !named) return undefined;
  return partOf(name, own, names);
}

function partOf(name: string, type: Expression | undefined, names: string[]): Shape {
  const kind = typeName(type);
  if (kind === 'Tensor' || kind === '') {
    names.push(name);
    return { name };
  }
  if (kind === 'Tuple' && type?.kind === 'subscript') {
    const parts = type.index.kind === 'tuple' ? type.index.items : [type.index];
    return { items: parts.map((part, i) => partOf(`${name}.${i}`, part, names)) };
  }
  throw new StudioError(
    'op-unsupported',
    `its forward method takes "${name}", which is no tensor (${kind})`,
    {},
    'Wrap the model in a module whose forward takes only tensors, and trace that.',
  );
}

/** What is said about the sizes of inputs. */
export type InputSizes = Pick<ImportOptions, 'inputs' | 'inputSizes' | 'sizesWithBatch'>;

/**
 * The shapes of the inputs. A TorchScript file says none, so that they are the user's to say.
 * @throws StudioError usage that names all inputs
 */
export function bindForward(
  { names }: Feeding,
  options: InputSizes,
  integers: ReadonlySet<string>,
): BoundInput[] {
  const listed = options.inputs ?? [];
  const ordered = [
    ...listed.filter((name) => names.includes(name)),
    ...names.filter((name) => !listed.includes(name)),
  ];
  const own = <Item>(items: readonly Item[] | undefined): Item[] | undefined =>
    // Items of tensors inside the network are for the cut, not for the program.
    items?.filter((_, i) => listed[i] === undefined || names.includes(listed[i]));
  const info = (name: string): TensorInfo => {
    const type: ElementType = integers.has(name) ? 'int64' : 'float32';
    return { name, type, onnxType: 0, shape: undefined };
  };
  const infos = new Map(names.map((name) => [name, info(name)]));
  const given = own(options.inputSizes);
  const choices = {
    ...(given ? { sizes: given } : {}),
    ...(options.sizesWithBatch ? { withBatch: own(options.sizesWithBatch) ?? [] } : {}),
  };
  const bound = bindInputs({ infos }, ordered, choices, given?.length ?? 0);
  const byName = new Map(bound.map((input) => [input.name, input]));
  return names.flatMap((name) => byName.get(name) ?? []);
}

/** The arguments of forward. */
export function argumentsOf({ args }: Feeding, input: (name: string) => TensorRef): Map<number, Value> {
  const value = (shape: Shape): Value =>
    shape === undefined ? null : 'name' in shape ? input(shape.name) : new TupleValue(shape.items.map(value));
  return new Map(args.flatMap((shape, i) => (shape ? [[i, value(shape)] as const] : [])));
}

/** All tensors of a result, in order; of dictionaries the values. */
export function tensorsOf(result: Value): TensorRef[] {
  if (result instanceof TensorRef) return [result];
  if (result instanceof ListValue || result instanceof TupleValue) return result.items.flatMap(tensorsOf);
  if (result instanceof DictValue) return [...result.entries.values()].flatMap(tensorsOf);
  return [];
}
