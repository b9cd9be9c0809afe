import { crc32 } from 'node:zlib';
import type { DeviceGraph, DeviceNode, DeviceTensor } from '../device/graph.ts';
import { deviceTypeInfo, opInfo, OVXLIB_VERSION, quantizationInfo } from '../device/vocabulary.ts';
import { StudioError } from '../network/errors.ts';
import { toNodeSpec } from '../simulator/spec.ts';
import { RecordWriter, StringPool, WordPool, type Span } from './bytes.ts';
import {
  aligned,
  HEADER_BYTES,
  MAGIC,
  roles,
  SECTION_BYTES,
  sectionNames,
  sections,
  TEXT,
  TEXT_BYTES,
  VERSION,
  type SectionName,
} from './format.ts';

const NOTHING: Span = { first: 0, count: 0 };

/** Where a constant's bytes go. */
interface Placed {
  data: Uint8Array;
  offset: number;
}

/**
 * A packed network: the graph in the container of docs/formats/packed-network.md, which the simulator loads.
 * Tensors that nothing uses are left out; the same graph gives the same bytes.
 * @param pid device it is packed for; 0 = any
 */
export function packNetwork(graph: DeviceGraph, pid: number): Uint8Array {
  const pools = { strings: new StringPool(), words: new WordPool() };
  const used = usedTensors(graph);
  const numbers = new Map(used.map(({ id }, index) => [id, index]));
  const { constants, size } = placeConstants(used);
  const tensors = new RecordWriter();
  for (const tensor of used) writeTensor(tensors, tensor, constants.get(tensor.id), pools);
  const [nodes, params] = [new RecordWriter(), new RecordWriter()];
  for (const node of graph.nodes) writeNode(nodes, params, node, numbers, pools);
  const ports = new RecordWriter();
  for (const id of graph.inputs) ports.u32(numberOf(numbers, id), 0);
  for (const id of graph.outputs) ports.u32(numberOf(numbers, id), 1);
  const name = pools.strings.add(graph.name);
  const content = {
    strings: pools.strings.written(),
    tensors: tensors.written(),
    nodes: nodes.written(),
    params: params.written(),
    words: pools.words.written(),
    ports: ports.written(),
  };
  return assemble(content, { placed: [...constants.values()], size }, name, pid);
}

interface Pools {
  strings: StringPool;
  words: WordPool;
}

function usedTensors(graph: DeviceGraph): DeviceTensor[] {
  const ids = new Set([...graph.inputs, ...graph.outputs]);
  for (const { inputs, outputs } of graph.nodes) for (const id of [...inputs, ...outputs]) ids.add(id);
  return graph.tensors.filter(({ id }) => ids.has(id));
}

function numberOf(numbers: ReadonlyMap<number, number>, id: number): number {
  const number = numbers.get(id);
  if (number === undefined) throw new StudioError('network-invalid', `the graph has no tensor ${id}`);
  return number;
}

function placeConstants(tensors: readonly DeviceTensor[]): { constants: Map<number, Placed>; size: number } {
  const constants = new Map<number, Placed>();
  let size = 0;
  for (const { id, role, name, data } of tensors) {
    if (role !== 'const') continue;
    if (!data) throw new StudioError('coefficient-missing', `constant ${name} has no data`);
    const offset = aligned(size);
    constants.set(id, { data, offset });
    size = offset + data.length;
  }
  return { constants, size };
}

function writeTensor(
  out: RecordWriter,
  tensor: DeviceTensor,
  placed: Placed | undefined,
  pools: Pools,
): void {
  const { name, role, type, quantization: q, size, order } = tensor;
  if (size.length < 1 || size.length > 8) {
    throw new StudioError(
      'shape-mismatch',
      `tensor ${name} has ${size.length} dimensions, 1 to 8 can be packed`,
    );
  }
  out.span(pools.strings.add(name)).u32(roles.indexOf(role));
  out.i32(deviceTypeInfo(type).value).u32(quantizationInfo(q.kind).value, size.length);
  for (let d = 0; d < 8; d++) out.u32(size[d] ?? 0);
  out.bytes(Uint8Array.from({ length: 8 }, (_, d) => (order.length === size.length ? (order[d] ?? 0) : d)));
  out.f32(q.kind === 'affine' ? q.scale : 0).i32(q.kind === 'affine' ? q.zeroPoint : 0);
  out.i32(q.kind === 'dfp' ? q.fl : 0).i32(q.kind === 'perchannel' ? q.channelDim : 0);
  out.span(q.kind === 'perchannel' ? pools.words.floats(q.scales) : NOTHING);
  out.u64(placed?.offset ?? 0).u64(placed?.data.length ?? 0);
}

function writeNode(
  out: RecordWriter,
  params: RecordWriter,
  node: DeviceNode,
  numbers: ReadonlyMap<number, number>,
  { strings, words }: Pools,
): void {
  const ids = (list: readonly number[]): Span =>
    words.ids(list.map((id) => (id < 0 ? -1 : numberOf(numbers, id))));
  const spec = toNodeSpec(node);
  const { fields } = opInfo(node.op);
  const [own, vx] = [Object.entries(spec.params), Object.entries(spec.vx ?? {})];
  const span = { first: params.size / sections.params, count: own.length + vx.length };
  for (const [name, value] of own) {
    const isFloat = fields[name].type.startsWith('f32');
    const values = typeof value === 'number' ? [value] : value;
    params.span(strings.add(name)).u32(0, isFloat ? 1 : 0);
    params.span(isFloat ? words.floats(values) : words.integers(values));
  }
  for (const [name, value] of vx)
    params
      .span(strings.add(name))
      .u32(1, 0)
      .span(words.integers([value]));
  out.i32(spec.op).u32(node.uid);
  out.span(strings.add(node.layer)).span(strings.add(node.operation));
  out.span(ids(node.inputs)).span(ids(node.outputs)).span(span);
}

function assemble(
  content: Record<Exclude<SectionName, 'constants'>, Uint8Array>,
  constants: { placed: readonly Placed[]; size: number },
  name: Span,
  pid: number,
): Uint8Array {
  let end = HEADER_BYTES + sectionNames.length * SECTION_BYTES;
  const places = sectionNames.map((section) => {
    const offset = aligned(end);
    end = offset + (section === 'constants' ? constants.size : content[section].length);
    return { section, offset, size: end - offset };
  });
  // Constants are most of the file: they are copied once.
  const file = new Uint8Array(end);
  const table = new RecordWriter();
  places.forEach(({ section, offset, size }, index) => {
    if (section === 'constants')
      for (const { data, offset: at } of constants.placed) file.set(data, offset + at);
    else file.set(content[section], offset);
    const crc = crc32(file.subarray(offset, offset + size));
    table
      .u32(index + 1, crc)
      .u64(offset)
      .u64(size)
      .u64(size / sections[section]);
  });
  file.set(headerBytes(name, pid, end, crc32(table.written())));
  file.set(table.written(), HEADER_BYTES);
  return file;
}

function headerBytes(name: Span, pid: number, fileBytes: number, tableCrc: number): Uint8Array {
  const text = new Uint8Array(TEXT_BYTES);
  text.set(new TextEncoder().encode(TEXT));
  const [major, minor, patch] = OVXLIB_VERSION.split('.').map(Number);
  const header = new RecordWriter().bytes(text).u32(MAGIC, VERSION.major | (VERSION.minor << 16));
  header.u32(HEADER_BYTES, pid, major * 10000 + minor * 100 + patch, sectionNames.length).u64(fileBytes);
  header.span(name).bytes(new Uint8Array(48)).u32(tableCrc);
  return header.u32(crc32(header.written())).written();
}
