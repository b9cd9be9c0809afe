import { StudioError } from '../../network/errors.ts';

/** FlexBuffers types of single numbers: stored in place, or behind an offset. */
const KINDS: Readonly<Record<number, { kind: 'int' | 'uint' | 'float'; indirect: boolean }>> = {
  1: { kind: 'int', indirect: false },
  2: { kind: 'uint', indirect: false },
  3: { kind: 'float', indirect: false },
  6: { kind: 'int', indirect: true },
  7: { kind: 'uint', indirect: true },
  8: { kind: 'float', indirect: true },
  26: { kind: 'uint', indirect: false },
};

const MAP = 9;

/** More entries than any operator has options. */
const MOST = 64;

/** Reads numbers of 1, 2, 4 or 8 bytes, checked against the length. */
class FlexBytes {
  private readonly view: DataView;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  number(at: number, width: number, kind: 'int' | 'uint' | 'float'): number {
    if (at < 0 || at + width > this.view.byteLength)
      throw new StudioError('file-malformed', 'the options of a custom operator point outside of themselves');
    const { view } = this;
    if (kind === 'float')
      return width === 8 ? view.getFloat64(at, true) : width === 4 ? view.getFloat32(at, true) : NaN;
    if (width === 8) return Number(kind === 'int' ? view.getBigInt64(at, true) : view.getBigUint64(at, true));
    if (kind === 'int')
      return width === 4 ? view.getInt32(at, true) : width === 2 ? view.getInt16(at, true) : view.getInt8(at);
    return width === 4
      ? view.getUint32(at, true)
      : width === 2
        ? view.getUint16(at, true)
        : view.getUint8(at);
  }

  /** Where the offset at a place points to: backwards. */
  follow(at: number, width: number): number {
    return at - this.number(at, width, 'uint');
  }

  text(at: number): string {
    const end = this.bytes.indexOf(0, at);
    return new TextDecoder().decode(this.bytes.subarray(at, end < 0 ? at : end));
  }
}

/**
 * The numbers of a FlexBuffers map, as custom operators keep their options; other values are left out.
 * @throws StudioError file-malformed
 */
export function readFlexMap(bytes: Uint8Array): Record<string, number> {
  const flex = new FlexBytes(bytes);
  const rootWidth = flex.number(bytes.length - 1, 1, 'uint');
  const type = flex.number(bytes.length - 2, 1, 'uint');
  if (type >> 2 !== MAP || ![1, 2, 4, 8].includes(rootWidth)) return {};
  const width = 1 << (type & 3);
  const map = flex.follow(bytes.length - 2 - rootWidth, rootWidth);
  const count = flex.number(map - width, width, 'uint');
  if (count > MOST) throw new StudioError('file-malformed', `a custom operator has ${count} options`);
  const keys = flex.follow(map - 3 * width, width);
  const keyWidth = flex.number(map - 2 * width, width, 'uint');
  if (![1, 2, 4, 8].includes(keyWidth)) throw new StudioError('file-malformed', 'options without names');
  const found: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const name = flex.text(flex.follow(keys + i * keyWidth, keyWidth));
    const packed = flex.number(map + count * width + i, 1, 'uint');
    const stored = KINDS[packed >> 2];
    if (!stored) continue;
    const place = map + i * width;
    const { kind, indirect } = stored;
    found[name] = indirect
      ? flex.number(flex.follow(place, width), 1 << (packed & 3), kind)
      : flex.number(place, width, kind);
  }
  return found;
}
