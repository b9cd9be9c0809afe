import { StudioError } from '../../network/errors.ts';
import type { ElementType } from '../../network/tensor.ts';
import type { Dimension, OnnxGraph } from './graph.ts';

/** What the user says about the inputs of the model; each list has one item per input. */
export interface InputChoices {
  sizes?: readonly (readonly number[])[];
  /** Whether sizes[i] includes the batch; unset = both spellings are understood. */
  withBatch?: readonly boolean[];
  types?: readonly string[];
}

/** An input with every dimension known. */
export interface BoundInput {
  name: string;
  shape: number[];
  /** What the caller will supply. */
  type: ElementType;
  /** What the model computes with. */
  modelType: ElementType;
}

const ELEMENT_TYPES: ReadonlySet<string> = new Set<ElementType>([
  'float32', 'float64', 'float16', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'bool',
]); // prettier-ignore

/**
 * Gives every input a full shape. A symbolic or missing first dimension is the batch and becomes 1.
 * @throws StudioError usage naming the input and dimension that is still unknown.
 */
export function bindInputs(graph: OnnxGraph, names: readonly string[], choices: InputChoices): BoundInput[] {
  checkCount('--input-size-list', choices.sizes?.length, 'size', names);
  checkCount('--size-with-batch', choices.withBatch?.length, 'flag', names);
  checkCount('--input-dtype-list', choices.types?.length, 'type', names);
  return names.map((name, index) => {
    const info = graph.infos.get(name);
    const size = choices.sizes?.[index];
    const shape = size
      ? sizedShape(name, size, info?.shape, choices.withBatch?.[index])
      : declaredShape(name, info?.shape);
    const modelType = info?.type ?? 'float32';
    return { name, shape, type: inputType(choices.types?.[index]) ?? modelType, modelType };
  });
}

function checkCount(option: string, given: number | undefined, noun: string, names: readonly string[]): void {
  if (given === undefined || given === names.length) return;
  throw new StudioError(
    'usage',
    `${option} gives ${plural(given, noun)} but the model has ${plural(names.length, 'input')} (${names.join(', ')})`,
  );
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function inputType(text: string | undefined): ElementType | undefined {
  if (text === undefined || text === '') return undefined;
  if (ELEMENT_TYPES.has(text)) return text as ElementType;
  throw new StudioError(
    'usage',
    `"${text}" is not an element type of an input`,
    {},
    'Use e.g. float32 or int32.',
  );
}

function sizedShape(
  name: string,
  size: readonly number[],
  declared: readonly Dimension[] | undefined,
  withBatch: boolean | undefined,
): number[] {
  const bad = size.find((dim) => !Number.isSafeInteger(dim) || dim < 0 || dim > 2 ** 24);
  if (bad !== undefined)
    throw new StudioError('usage', `--input-size-list: ${bad} is not a dimension (input "${name}")`);
  const rank = declared?.length;
  const full = withBatch ?? size.length === rank;
  const batch = typeof declared?.[0] === 'number' && declared[0] > 0 ? declared[0] : 1;
  const shape = full ? [size[0] === 0 ? 1 : size[0], ...size.slice(1)] : [batch, ...size];
  if (rank !== undefined && shape.length !== rank) {
    const expected = full ? rank : rank - 1;
    throw new StudioError(
      'usage',
      `--input-size-list gives ${plural(size.length, 'dimension')} for input "${name}" but the model needs ${expected}` +
        ` (it declares ${showShape(declared)})`,
    );
  }
  if (shape.slice(1).some((dim) => dim === 0)) {
    throw new StudioError('usage', `--input-size-list: input "${name}" has a dimension 0`);
  }
  return shape;
}

function declaredShape(name: string, declared: readonly Dimension[] | undefined): number[] {
  if (!declared) {
    throw new StudioError(
      'usage',
      `the model does not say the shape of input "${name}"`,
      {},
      'Give it with --input-size-list.',
    );
  }
  return declared.map((dim, axis) => {
    if (typeof dim === 'number' && dim > 0) return dim;
    if (axis === 0) return 1;
    throw new StudioError(
      'usage',
      `dimension ${axis} of input "${name}" is not fixed: the model declares ${showShape(declared)}`,
      {},
      'Give its size with --input-size-list.',
    );
  });
}

const showShape = (shape: readonly Dimension[] | undefined): string => `[${(shape ?? []).join(',')}]`;
