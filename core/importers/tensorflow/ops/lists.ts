import { Unsupported } from '../../onnx/builder.ts';
import type { Composer } from '../../onnx/compose.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { filled, fromNumbers, integerList } from '../../onnx/numeric.ts';
import type { Operator, OperatorFamily } from '../../onnx/operator.ts';
import { composition, formula, integer, integers, upTo } from './operands.ts';

/** Elements of all lists together: more than any loop that can be written out makes. */
const MAX_ELEMENTS = 2 ** 20;
/** Elements of one list. */
const MAX_LENGTH = 2 ** 16;

/** Stands for an element that was not written yet. */
const UNSET = 0;

/**
 * Lists of tensors that loops read and write (TensorArray, TensorList). While a model is imported, a list is a constant:
 * the numbers of its elements, which are kept here by name.
 */
class Lists {
  private readonly names: string[] = [''];

  /** The numbers of a list's elements. */
  read(c: Composer, index: number): number[] {
    return integers(c, index, 'a list of tensors');
  }

  keep(name: string): number {
    if (this.names.length >= MAX_ELEMENTS)
      throw new Unsupported(`lists of more than ${MAX_ELEMENTS} tensors`);
    this.names.push(name);
    return this.names.length - 1;
  }

  name(node: OnnxNode, element: number | undefined): string {
    const name = this.names[element ?? UNSET] ?? '';
    if (name === '') throw new Unsupported(`an element of a list that was never written (${node.opType})`);
    return name;
  }

  /** The list itself as a tensor of the import. */
  list(c: Composer, elements: readonly number[]): string {
    if (elements.length > MAX_LENGTH) throw new Unsupported(`a list of ${elements.length} tensors`);
    return c.constant(integerList(elements));
  }

  /** One element more or another one in its place. */
  written(elements: readonly number[], at: number, element: number, node: OnnxNode): number[] {
    if (!(at >= 0 && at < MAX_LENGTH)) throw node.invalid(`index ${at} of a list`);
    const grown = [...elements, ...filled(Math.max(0, at + 1 - elements.length), UNSET)];
    grown[at] = element;
    return grown;
  }
}

/** Parts of a tensor along its first axis, as elements. */
function parts(c: Composer, lists: Lists, tensor: string): number[] {
  const [count, ...rest] = c.shape(tensor);
  if (count === undefined) throw new Unsupported('a scalar as a list');
  if (count > MAX_LENGTH) throw new Unsupported(`a list of ${count} tensors`);
  return upTo(count).map((i) => lists.keep(c.reshape(c.slice(tensor, 0, i, 1), rest)));
}

/** Elements along a new first axis. */
function stacked(c: Composer, node: OnnxNode, lists: Lists, elements: readonly number[]): string {
  const names = elements.map((element) => lists.name(node, element));
  if (names.length === 0) throw new Unsupported('an empty list');
  return c.stack(names, 0);
}

function joined(c: Composer, node: OnnxNode, lists: Lists, elements: readonly number[]): string {
  const names = elements.map((element) => lists.name(node, element));
  if (names.length === 0) throw new Unsupported('an empty list');
  return c.concat(names, 0);
}

const lengths = (c: Composer, node: OnnxNode, lists: Lists, elements: readonly number[]): string =>
  c.constant(integerList(elements.map((element) => c.shape(lists.name(node, element))[0] ?? 1)));

/** TensorArrays of TensorFlow 1: the last input is the flow, which carries the list. */
function arrays(lists: Lists): OperatorFamily {
  const flow = (c: Composer, node: OnnxNode): number[] => lists.read(c, node.inputs.length - 1);
  return {
    'tf:TensorArrayV3': composition((c, node) => {
      const size = integer(c, node, 0, 'the size of an array');
      if (size < 0 || size > MAX_LENGTH) throw new Unsupported(`an array of ${size} tensors`);
      c.output(0, c.integer(0));
      c.output(1, lists.list(c, filled(size, UNSET)));
    }),
    'tf:TensorArrayReadV3': formula((c, node) =>
      lists.name(node, flow(c, node)[integer(c, node, 1, 'the index of an array')]),
    ),
    'tf:TensorArrayWriteV3': formula((c, node) => {
      const at = integer(c, node, 1, 'the index of an array');
      return lists.list(c, lists.written(flow(c, node), at, lists.keep(c.input(2)), node));
    }),
    'tf:TensorArrayScatterV3': formula((c, node) => {
      const elements = parts(c, lists, c.input(2));
      const at = integers(c, 1, 'the indices of an array');
      return lists.list(
        c,
        elements.reduce((list, element, i) => lists.written(list, at[i] ?? -1, element, node), flow(c, node)),
      );
    }),
    'tf:TensorArrayGatherV3': formula((c, node) => {
      const list = flow(c, node);
      return stacked(c, node, lists, integers(c, 1, 'the indices of an array').map((i) => list[i])); // prettier-ignore
    }),
    'tf:TensorArrayConcatV3': composition((c, node) => {
      const list = flow(c, node);
      c.output(0, joined(c, node, lists, list));
      if (c.wants(1)) c.output(1, lengths(c, node, lists, list));
    }),
    'tf:TensorArraySizeV3': formula((c, node) =>
      c.constant(fromNumbers('int32', [], [flow(c, node).length])),
    ),
  };
}

/** The number of elements that a new list has. */
function reserved(c: Composer, node: OnnxNode, index: number): number[] {
  const size = integer(c, node, index, 'the size of a list');
  if (size < 0 || size > MAX_LENGTH) throw new Unsupported(`a list of ${size} tensors`);
  return filled(size, UNSET);
}

/** TensorLists of TensorFlow 2: input 0 is the list. */
function tensorLists(lists: Lists): OperatorFamily {
  const onList = (write: (c: Composer, node: OnnxNode, list: number[]) => string): Operator =>
    formula((c, node) => write(c, node, lists.read(c, 0)));
  return {
    'tf:EmptyTensorList': formula((c) => lists.list(c, [])),
    'tf:TensorListReserve': formula((c, node) => lists.list(c, reserved(c, node, 1))),
    'tf:TensorListFromTensor': formula((c) => lists.list(c, parts(c, lists, c.input(0)))),
    'tf:TensorListGetItem': onList((_, node, list) => lists.name(node, list[integer(_, node, 1, 'the index of a list')])), // prettier-ignore
    'tf:TensorListSetItem': onList((c, node, list) => {
      const at = integer(c, node, 1, 'the index of a list');
      return lists.list(c, lists.written(list, at, lists.keep(c.input(2)), node));
    }),
    'tf:TensorListPushBack': onList((c, _, list) => lists.list(c, [...list, lists.keep(c.input(1))])),
    'tf:TensorListResize': onList((c, node, list) => {
      const size = reserved(c, node, 1).length;
      return lists.list(c, [...list.slice(0, size), ...filled(Math.max(0, size - list.length), UNSET)]);
    }),
    'tf:TensorListStack': onList((c, node, list) => stacked(c, node, lists, list)),
    'tf:TensorListGather': onList((c, node, list) =>
      stacked(c, node, lists, integers(c, 1, 'the indices of a list').map((i) => list[i])),
    ), // prettier-ignore
    'tf:TensorListConcatV2': composition((c, node) => {
      const list = lists.read(c, 0);
      c.output(0, joined(c, node, lists, list));
      if (c.wants(1)) c.output(1, lengths(c, node, lists, list));
    }),
    'tf:TensorListLength': onList((c, _, list) => c.constant(fromNumbers('int32', [], [list.length]))),
    'tf:TensorListElementShape': onList((c, node, list) =>
      c.constant(integerList(c.shape(lists.name(node, list[0])))),
    ),
  };
}

/** Lists of tensors; each import has its own. */
export function listOperators(): OperatorFamily {
  const lists = new Lists();
  return { ...arrays(lists), ...tensorLists(lists) };
}
