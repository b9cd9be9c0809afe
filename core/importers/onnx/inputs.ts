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

/** Types that an input can be given. */
export const INPUT_TYPES: readonly ElementType[] = [
  'float32', 'float64', 'float16', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'bool',
]; // prettier-ignore

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
    return { name, shape, type: inputType(name, choices.types?.[index]) ?? modelType, modelType };
  });
}

function inputType(name: string, text: string | undefined): ElementType | undefined {
  if (text === undefined || text === '') return undefined;
  const type = INPUT_TYPES.find((one) => one === text);
  if (type) return type;
  const message = `"${text}" is not an element type of an input`;
  throw new StudioError('usage', message, {}, 'Use e.g. float32 or int32.', {
    choices: [{ option: 'types', name, message }],
  });
}

function sizedShape(
  name: string,
  size: readonly number[],
  declared: readonly Dimension[] | undefined,
  withBatch: boolean | undefined,
): number[] {
  const refuse = (text: string, short: string): StudioError =>
    new StudioError('usage', `--input-size-list${text}`, {}, undefined, {
      choices: [{ option: 'sizes', name, message: short }],
    });
  const bad = size.find((dim) => !Number.isSafeInteger(dim) || dim < 0 || dim > 2 ** 24);
  if (bad !== undefined) {
    throw refuse(`: ${bad} is not a dimension (input "${name}")`, `${bad} is not a dimension`);
  }
  const rank = declared?.length;
  const full = withBatch ?? size.length === rank;
  const batch = typeof declared?.[0] === 'number' && declared[0] > 0 ? declared[0] : 1;
  const shape =
    full || rank === 0 ? size.map((dim, axis) => (axis === 0 && dim === 0 ? 1 : dim)) : [batch, ...size];
  if (rank !== undefined && shape.length !== rank) {
    const expected = full ? rank : rank - 1;
    const given = counted(size.length, 'dimension');
    throw refuse(
      ` gives ${given} for input "${name}" but the model needs ${expected} (it declares ${showShape(declared)})`,
      `${given}, but the model needs ${expected}`,
    );
  }
  if (shape.slice(1).some((dim) => dim === 0)) {
    throw refuse(`: input "${name}" has a dimension 0`, 'a dimension is 0');
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
  const problems = names.flatMap((name, index): { text: string; short: string; name: string }[] => {
    if (sizes?.[index]) return [];
    const shape = graph.infos.get(name)?.shape;
    if (!shape) {
      const text = `the model does not say the shape of input "${name}"`;
      return [{ name, text, short: 'the model does not say this shape' }];
    }
    const open = shape.flatMap((dim, axis) => (axis === 0 || isFixed(dim) ? [] : [axis]));
    if (open.length === 0) return [];
    const [which, are] =
      open.length === 1 ? [`dimension ${open[0]}`, 'is'] : [`dimensions ${open.join(', ')}`, 'are'];
    return [
      {
        name,
        text: `${which} of input "${name}" ${are} not fixed: the model declares ${showShape(shape)}`,
        short: `${which} ${are} open: the model declares ${showShape(shape)}`,
      },
    ];
  });
  if (problems.length === 0) return;
  const example = names.map((name, index) => {
    const known = sizes?.[index] ?? graph.infos.get(name)?.shape?.slice(1) ?? ['...'];
    return known.map((dim) => (isFixed(dim) ? dim : `<${dim}>`)).join(',');
  });
  throw new StudioError(
    'usage',
    problems.map(({ text }) => text).join('; '),
    {},
    `Give all sizes without the batch: --input-size-list '${example.join('#')}'.`,
    { choices: problems.map(({ name, short }) => ({ option: 'sizes', name, message: short })) },
  );
}

const showShape = (shape: readonly Dimension[] | undefined): string => `[${(shape ?? []).join(',')}]`;
