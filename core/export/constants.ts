import type { DeviceGraph, DeviceTensor } from '../device/graph.ts';
import { deviceTypeInfo } from '../device/vocabulary.ts';
import { StudioError } from '../network/errors.ts';
import { elementCount } from '../network/tensor.ts';

/** A constant of the graph and its place in the export.data file. */
export interface PlacedConstant {
  tensor: DeviceTensor;
  data: Uint8Array;
  /** `@layer:port` of every use, in node order. */
  labels: string[];
  /** What the port is called: `weight`, `bias`, `a`, `data`. */
  port: string;
  offset: number;
}

/** Every used constant, once, in the order of the nodes that use them. */
export interface ConstantLayout {
  constants: PlacedConstant[];
  /** Index in `constants` by tensor id. */
  indices: Map<number, number>;
  /** Number of uses; more than constants where one is shared. */
  uses: number;
  /** Bytes of the whole file. */
  size: number;
}

/**
 * Finds the constants and gives each its place: layers sorted by key as bytes, ports by name, no padding;
 * a shared constant lies where its first user's would.
 */
export function placeConstants(graph: DeviceGraph): ConstantLayout {
  const constants: PlacedConstant[] = [];
  const indices = new Map<number, number>();
  let uses = 0;
  for (const node of graph.nodes) {
    for (const id of node.inputs) {
      const tensor = graph.tensors.at(id);
      if (id < 0 || tensor?.role !== 'const') continue;
      uses++;
      const known = indices.get(id);
      if (known !== undefined) {
        constants[known].labels.push(`@${node.layer}:${constants[known].port}`);
        continue;
      }
      indices.set(id, constants.length);
      const data = checkedData(tensor);
      constants.push({ tensor, data, labels: [tensor.name], port: portName(tensor.name), offset: 0 });
    }
  }
  return { constants, indices, uses, size: assignOffsets(constants) };
}

/** The export.data file: every constant's bytes, end to end. */
export function constantFile(layout: ConstantLayout): Uint8Array {
  const file = new Uint8Array(layout.size);
  for (const { data, offset } of layout.constants) file.set(data, offset);
  return file;
}

function assignOffsets(constants: readonly PlacedConstant[]): number {
  const keyed = constants.map((constant) => ({
    constant,
    keys: constant.labels.map(sortKey).sort((a, b) => Buffer.compare(a, b)),
  }));
  keyed.sort((a, b) => Buffer.compare(a.keys[0], b.keys[0]) || a.constant.tensor.id - b.constant.tensor.id);
  let offset = 0;
  for (const { constant } of keyed) {
    constant.offset = offset;
    offset += constant.data.length;
  }
  return offset;
}

/** Orders by layer first: the separator sorts before every byte that a key can hold. */
function sortKey(label: string): Buffer {
  const colon = label.lastIndexOf(':');
  return Buffer.from(`${label.slice(0, colon)}\0${label.slice(colon + 1)}`);
}

function portName(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}

function checkedData(tensor: DeviceTensor): Uint8Array {
  const expected = elementCount(tensor.size) * deviceTypeInfo(tensor.type).bytes;
  if (tensor.data?.length !== expected) {
    const found = tensor.data === undefined ? 'none' : String(tensor.data.length);
    throw new StudioError(
      'coefficient-missing',
      `constant ${tensor.name} needs ${expected} bytes of data, it has ${found}`,
    );
  }
  return tensor.data;
}
