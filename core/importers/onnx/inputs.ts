import { counted } from '../../network/counted.ts';
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
 * Gives every input a full shape. A symbolic or missing first dimension is the batch and becomes 1, as in the
 * networks ACUITY writes for ONNX models.
 * @param listed how many of the names the caller listed as inputs: the choices may be for these only
 * @throws StudioError usage naming all inputs and dimensions that are still unknown.
 */
export function bindInputs(
  graph: Pick<OnnxGraph, 'infos'>,
  names: readonly string[],
  choices: InputChoices,
  listed = 0,
): BoundInput[] {
  const check = (option: string, noun: string, given: readonly unknown[] | undefined): void => {
    if (given === undefined || given.length === names.length || (listed > 0 && given.length === listed))
      return;
    throw new StudioError(
      'usage',
      `${option} gives ${counted(given.length, noun)} but the model has ${counted(names.length, 'input')} (${names.join(', ')})`,
    );
  };
  check('--input-size-list', 'size', choices.sizes);
  check('--size-with-batch', 'flag', choices.withBatch);
  check('--input-dtype-list', 'type', choices.types);
  requireKnown(graph, names, choices.sizes);
  return names.map((name, index) => {
    const info = graph.infos.get(name);
    const size = choices.sizes?.[index];
    const shape = size
      ? sizedShape(name, size, info?.shape, choices.withBatch?.[index])
      : (info?.shape ?? []).map((dim) => (isFixed(dim) ? dim : 1));
    const modelType = info?.type ?? 'float32';
    return { name, shape, type: inputType(choices.types?.[index]) ?? modelType, modelType };
  });
}

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
  const shape =
    full || rank === 0 ? size.map((dim, axis) => (axis === 0 && dim === 0 ? 1 : dim)) : [batch, ...size];
  if (rank !== undefined && shape.length !== rank) {
    const expected = full ? rank : rank - 1;
    throw new StudioError(
      'usage',
      `--input-size-list gives ${counted(size.length, 'dimension')} for input "${name}" but the model needs ${expected}` +
        ` (it declares ${showShape(declared)})`,
    );
  }
  if (shape.slice(1).some((dim) => dim === 0)) {
    throw new StudioError('usage', `--input-size-list: input "${name}" has a dimension 0`);
  }
  return shape;
}

const isFixed = (dim: Dimension): dim is number => typeof dim === 'number' && dim > 0;

/** One message for everything the model leaves open and the user did not say. */
function requireKnown(
  graph: Pick<OnnxGraph, 'infos'>,
  names: readonly string[],
  sizes: InputChoices['sizes'],
): void {
  const problems = names.flatMap((name, index) => {
    if (sizes?.[index]) return [];
    const shape = graph.infos.get(name)?.shape;
    if (!shape) return [`the model does not say the shape of input "${name}"`];
    const open = shape.flatMap((dim, axis) => (axis === 0 || isFixed(dim) ? [] : [axis]));
    if (open.length === 0) return [];
    const which =
      open.length === 1
        ? `dimension ${open[0]} of input "${name}" is`
        : `dimensions ${open.join(', ')} of input "${name}" are`;
    return [`${which} not fixed: the model declares ${showShape(shape)}`];
  });
  if (problems.length === 0) return;
  const example = names.map((name, index) => {
    const known = sizes?.[index] ?? graph.infos.get(name)?.shape?.slice(1) ?? ['...'];
    return known.map((dim) => (isFixed(dim) ? dim : `<${dim}>`)).join(',');
  });
  throw new StudioError(
    'usage',
    problems.join('; '),
    {},
    `Give all sizes without the batch: --input-size-list '${example.join('#')}'.`,
  );
}

const showShape = (shape: readonly Dimension[] | undefined): string => `[${(shape ?? []).join(',')}]`;
