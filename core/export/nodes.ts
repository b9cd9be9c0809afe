import type { DeviceGraph, DeviceNode, DeviceParam, DeviceTensor } from '../device/graph.ts';
import { checkedParams, opInfo, vxParams, type FieldInfo } from '../device/vocabulary.ts';
import { elementLiteral, isList, type LocalArrays } from './arrays.ts';
import { commentText, stringLiteral } from './c-text.ts';

const FILTERED = new Set([
  'CONV2D',
  'GROUPED_CONV2D',
  'CONV1D',
  'DECONVOLUTION',
  'DECONVOLUTION1D',
  'FCL',
  'FCL2',
]);

/** Statements that make every node and fill in its parameters. */
export function nodeDefinitions(graph: DeviceGraph, arrays: LocalArrays): string[] {
  return graph.nodes.flatMap((node, index) => [
    ...(index === 0 ? [] : ['']),
    ...nodeDefinition(graph, node, index, arrays),
  ]);
}

function nodeDefinition(graph: DeviceGraph, node: DeviceNode, index: number, arrays: LocalArrays): string[] {
  const info = opInfo(node.op);
  const variable = `node[${index}]`;
  const create = [variable, `VSI_NN_OP_${node.op}`, node.inputs.length, node.outputs.length, node.uid];
  const params = checkedParams(node.op, node.params).flatMap(([field, value]) =>
    assignments(
      `${variable}->nn_param.${info.member}.${field}`,
      info.fields[field],
      value,
      arrays.name(index, field),
    ),
  );
  const vx = Object.entries(vxParams(info, node.params)).map(
    ([field, constant]) => `${variable}->vx_param.${field} = ${constant};`,
  );
  return [...nodeComment(graph, node, index), `NEW_VXNODE(${create.join(', ')});`, ...params, ...vx];
}

function nodeComment(graph: DeviceGraph, node: DeviceNode, index: number): string[] {
  const isFiltered = FILTERED.has(node.op);
  const tensors = (ids: readonly number[]): DeviceTensor[] =>
    ids.flatMap((id) => (id < 0 ? [] : [graph.tensors[id]]));
  const data = tensors(node.inputs).filter(({ role }) => role !== 'const' || node.op === 'VARIABLE');
  const filter = isFiltered ? tensors(node.inputs.slice(1, 2)) : [];
  return blockComment([
    ['lid', node.layer],
    ['var', `node[${index}]`],
    ['name', node.layer.replace(/_\d+$/, '')],
    ['operation', node.operation],
    ['input', shapes(data)],
    ...(filter.length === 0 ? [] : [['filter', shapes(filter)] as const]),
    ['output', shapes(tensors(node.outputs))],
  ]);
}

/** A block comment of aligned `key value` lines. */
export function blockComment(lines: readonly (readonly [string, string])[]): string[] {
  return ['/*', ...lines.map(([key, text]) => ` * ${key.padEnd(10)}${commentText(text)}`.trimEnd()), ' */'];
}

/** Sizes of tensors, innermost dimension first. */
export function shapes(tensors: readonly DeviceTensor[]): string {
  return tensors.map(({ size }) => `[${size.join(', ')}]`).join(', ');
}

function assignments(target: string, field: FieldInfo, value: DeviceParam, arrayName: string): string[] {
  if (field.local !== undefined) return [`${target} = ${arrayName};`];
  if (isList(value)) {
    return value.map((item, index) => `${target}[${index}] = ${elementLiteral(field.type, item)};`);
  }
  if (typeof value === 'string')
    return [`${target} = ${field.type === 'enum' ? value : stringLiteral(value)};`];
  return [`${target} = ${elementLiteral(field.type, value)};`];
}
