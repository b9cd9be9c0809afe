import { crc32 } from 'node:zlib';
import type { DeviceGraph, DeviceNode, DeviceQuantization, DeviceTensor } from '../device/graph.ts';
import { deviceTypeInfo } from '../device/vocabulary.ts';
import { StudioError } from '../network/errors.ts';
import { elementCount } from '../network/tensor.ts';
import type { Span } from './bytes.ts';
import {
  ABSENT,
  aligned,
  HEADER_BYTES,
  MAGIC,
  roles,
  SECTION_BYTES,
  sectionNames,
  sections,
  TEXT_BYTES,
  TITLE,
  VERSION,
  type SectionName,
} from './format.ts';
import { nodeParams, opOf, quantizationKind, typeOf, type StoredParam } from './names.ts';

/** What a packed file holds. */
export interface PackedContent {
  /** Device it is packed for; 0 = any. */
  pid: number;
  graph: DeviceGraph;
}

/**
 * Reads a packed network back into a device graph; constants are views of `file`.
 * @throws StudioError 'file-malformed' for files that are not packed networks of ours, and damaged ones
 */
export function readPacked(file: Uint8Array): PackedContent {
  return new PackedReader(file).read();
}

/** Whether a file begins as our packed networks do. */
export function isPacked(file: Uint8Array): boolean {
  return Buffer.from(file.subarray(0, TITLE.length)).toString('latin1') === TITLE;
}

const malformed = (what: string): StudioError =>
  new StudioError('file-malformed', `the packed network is damaged: ${what}`);

class PackedReader {
  private readonly file: Uint8Array;
  private readonly view: DataView;
  private readonly places = new Map<SectionName, { offset: number; size: number }>();

  constructor(file: Uint8Array) {
    this.file = file;
    this.view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  }

  read(): PackedContent {
    this.checkHeader();
    this.checkSections();
    const tensors = this.records('tensors', (at, index) => this.tensor(at, index));
    const nodes = this.records('nodes', (at) => this.node(at, tensors.length));
    const ports = this.records('ports', (at) => ({ tensor: this.u32(at), isOutput: this.u32(at + 4) }));
    const side = (isOutput: number, role: string): number[] => {
      const ids = ports.filter((port) => port.isOutput === isOutput).map(({ tensor }) => tensor);
      if (ids.some((id) => tensors.at(id)?.role !== role)) throw malformed('a port is no tensor of its role');
      return ids;
    };
    const [inputs, outputs] = [side(0, 'input'), side(1, 'output')];
    const name = this.text(this.span(192));
    const graph = { name, tensors, nodes, inputs, outputs, ports: [...outputs, ...inputs] };
    return { pid: this.u32(172), graph };
  }

  private checkHeader(): void {
    const { file } = this;
    if (!isPacked(file)) {
      throw new StudioError('file-malformed', 'this is not a packed network of Nibble Studio');
    }
    const table = HEADER_BYTES + sectionNames.length * SECTION_BYTES;
    if (file.length < table) throw malformed('it is cut off');
    if (this.u32(TEXT_BYTES) !== MAGIC) throw malformed('no magic number');
    const [major, minor] = [this.view.getUint16(164, true), this.view.getUint16(166, true)];
    if (major !== VERSION.major || minor > VERSION.minor) {
      const known = `${VERSION.major}.${VERSION.minor}`;
      throw new StudioError(
        'file-malformed',
        `the packed network has format version ${major}.${minor}, this program reads ${known}`,
        {},
        'Export it again.',
      );
    }
    if (this.u32(168) !== HEADER_BYTES || this.u32(180) !== sectionNames.length) {
      throw malformed('its header has another size');
    }
    if (crc32(file.subarray(0, 252)) !== this.u32(252)) throw malformed('the checksum of its header differs');
    if (this.u64(184) !== file.length) {
      throw malformed(`it has ${file.length} bytes, its header says ${this.u64(184)}`);
    }
    if (crc32(file.subarray(HEADER_BYTES, table)) !== this.u32(248)) {
      throw malformed('the checksum of its section table differs');
    }
  }

  private checkSections(): void {
    let end = HEADER_BYTES + sectionNames.length * SECTION_BYTES;
    sectionNames.forEach((name, index) => {
      const entry = HEADER_BYTES + index * SECTION_BYTES;
      const [offset, size, records] = [this.u64(entry + 8), this.u64(entry + 16), this.u64(entry + 24)];
      const fits = offset === aligned(end) && offset + size <= this.file.length;
      if (this.u32(entry) !== index + 1 || !fits) throw malformed(`its ${name} do not lie where they must`);
      if (records * sections[name] !== size) throw malformed(`its ${name} have an impossible size`);
      if (this.file.subarray(end, offset).some((byte) => byte !== 0)) throw malformed('padding is not zero');
      if (crc32(this.file.subarray(offset, offset + size)) !== this.u32(entry + 4)) {
        throw malformed(`the checksum of its ${name} differs`);
      }
      this.places.set(name, { offset, size });
      end = offset + size;
    });
    if (end !== this.file.length) throw malformed('it does not end with its last section');
  }

  private tensor(at: number, id: number): DeviceTensor {
    const rank = this.u32(at + 20);
    if (rank < 1 || rank > 8) throw malformed(`tensor ${id} has ${rank} dimensions`);
    const dims = Array.from({ length: rank }, (_, d) => d);
    const size = dims.map((d) => this.u32(at + 24 + d * 4));
    const role = roles.at(this.u32(at + 8));
    if (!role) throw malformed(`tensor ${id} has an unknown role`);
    const type = typeOf(this.view.getInt32(at + 12, true));
    const tensor: DeviceTensor = {
      id,
      name: this.text(this.span(at)),
      size,
      type,
      quantization: this.quantization(at),
      role,
      order: dims.map((d) => this.file[at + 56 + d]),
    };
    const [first, count] = [this.u64(at + 88), this.u64(at + 96)];
    if (role !== 'const') {
      if (first !== 0 || count !== 0) throw malformed(`tensor ${id} has data but is no constant`);
      return tensor;
    }
    if (count !== elementCount(size) * deviceTypeInfo(type).bytes) {
      throw malformed(`constant ${id} has ${count} bytes, which does not fit its shape`);
    }
    const offset = this.inside('constants', { first, count });
    return { ...tensor, data: this.file.subarray(offset, offset + count) };
  }

  private quantization(at: number): DeviceQuantization {
    const kind = quantizationKind(this.u32(at + 16));
    switch (kind) {
      case 'none':
        return { kind };
      case 'affine':
        return {
          kind,
          scale: this.view.getFloat32(at + 64, true),
          zeroPoint: this.view.getInt32(at + 68, true),
        };
      case 'dfp':
        return { kind, fl: this.view.getInt32(at + 72, true) };
      case 'perchannel':
        return {
          kind,
          scales: this.floats(this.span(at + 80)),
          channelDim: this.view.getInt32(at + 76, true),
        };
    }
  }

  private node(at: number, tensorCount: number): DeviceNode {
    const op = opOf(this.view.getInt32(at, true));
    const ids = (span: Span): number[] =>
      this.words(span).map((id) => {
        if (id !== ABSENT && id >= tensorCount)
          throw malformed(`a node uses tensor ${id}, which does not exist`);
        return id === ABSENT ? -1 : id;
      });
    return {
      layer: this.text(this.span(at + 8)),
      operation: this.text(this.span(at + 16)),
      uid: this.u32(at + 4),
      op,
      params: nodeParams(op, this.params(this.span(at + 40))),
      inputs: ids(this.span(at + 24)),
      outputs: ids(this.span(at + 32)),
    };
  }

  private params(span: Span): StoredParam[] {
    const first = this.inside('params', span);
    return Array.from({ length: span.count }, (_, index) => {
      const at = first + index * sections.params;
      const isFloat = this.u32(at + 12) !== 0;
      const values = this.span(at + 16);
      return {
        name: this.text(this.span(at)),
        isVx: this.u32(at + 8) !== 0,
        values: isFloat ? this.floats(values) : this.words(values),
      };
    });
  }

  private records<Result>(name: SectionName, read: (at: number, index: number) => Result): Result[] {
    const { offset, size } = this.place(name);
    return Array.from({ length: size / sections[name] }, (_, index) =>
      read(offset + index * sections[name], index),
    );
  }

  /** Offset of a list in the file. */
  private inside(name: SectionName, { first, count }: Span): number {
    const { offset, size } = this.place(name);
    if ((first + count) * sections[name] > size) throw malformed(`a list lies outside of the ${name}`);
    return offset + first * sections[name];
  }

  private place(name: SectionName): { offset: number; size: number } {
    return this.places.get(name) ?? { offset: 0, size: 0 };
  }

  private text(span: Span): string {
    const at = this.inside('strings', span);
    return new TextDecoder().decode(this.file.subarray(at, at + span.count));
  }

  private words(span: Span): number[] {
    const at = this.inside('words', span);
    return Array.from({ length: span.count }, (_, index) => this.u32(at + index * 4));
  }

  private floats(span: Span): number[] {
    const at = this.inside('words', span);
    return Array.from({ length: span.count }, (_, index) => this.view.getFloat32(at + index * 4, true));
  }

  private span(at: number): Span {
    return { first: this.u32(at), count: this.u32(at + 4) };
  }

  private u32(at: number): number {
    return this.view.getUint32(at, true);
  }

  private u64(at: number): number {
    return Number(this.view.getBigUint64(at, true));
  }
}
