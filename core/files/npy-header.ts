import { StudioError } from '../network/errors.ts';

/** What the header of a .npy file says. */
export interface NpyHeader {
  /** NumPy type text such as `<f4` or `|O`. */
  descr: string;
  fortranOrder: boolean;
  shape: number[];
  /** Where the payload starts. */
  offset: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** NumPy's own limit on what it trusts in a header. */
const MAX_HEADER = 65_536;
/** NumPy's limit on dimensions. */
const MAX_RANK = 64;

/**
 * Reads the header of a .npy file, format 1.0, 2.0 or 3.0.
 * @throws StudioError 'file-malformed'
 */
export function parseNpyHeader(bytes: Uint8Array): NpyHeader {
  if (!MAGIC.every((byte, index) => bytes[index] === byte))
    throw malformed('it does not start as an .npy file does');
  if (bytes.length < 12) throw malformed('the file ends inside its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = bytes[6];
  if (major < 1 || major > 3) throw malformed(`.npy format ${major}.${bytes[7]} is not known`);
  const start = major === 1 ? 10 : 12;
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER || start + length > bytes.length)
    throw malformed('the header is longer than the file');
  const text = new TextDecoder(major === 3 ? 'utf-8' : 'latin1').decode(
    bytes.subarray(start, start + length),
  );
  return { ...new HeaderParser(text).parse(), offset: start + length };
}

/** Bytes of a version 1.0 header whose payload starts on a multiple of 64, as NumPy 1.16 writes it. */
export function formatNpyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const total = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const header = new Uint8Array(total).fill(0x20);
  header.set([...MAGIC, 1, 0, (total - 10) & 0xff, (total - 10) >> 8]);
  header.set(Buffer.from(dict, 'latin1'), 10);
  header[total - 1] = 0x0a;
  return header;
}

/** Strict parser of the one dict a header may hold; nothing is evaluated. */
class HeaderParser {
  private position = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  parse(): Omit<NpyHeader, 'offset'> {
    const fields: { descr?: string; fortranOrder?: boolean; shape?: number[] } = {};
    this.expect('{');
    while (!this.accept('}')) {
      const key = this.string();
      this.expect(':');
      if (key === 'descr') fields.descr = this.descr();
      else if (key === 'fortran_order') fields.fortranOrder = this.boolean();
      else if (key === 'shape') fields.shape = this.tuple();
      else throw malformed(`the header has an unknown field "${key}"`);
      if (!this.accept(',')) {
        this.expect('}');
        break;
      }
    }
    if (this.text.slice(this.position).trim() !== '') throw malformed('something follows the header');
    const { descr, fortranOrder, shape } = fields;
    if (descr === undefined || fortranOrder === undefined || !shape)
      throw malformed('the header lacks a field');
    return { descr, fortranOrder, shape };
  }

  private descr(): string {
    this.skip();
    if (this.text[this.position] === '[')
      throw malformed('it holds records of several fields, not one array of numbers');
    return this.string();
  }

  private boolean(): boolean {
    const word = this.token(/(True|False)/y, 'True or False');
    return word === 'True';
  }

  /** Python 2 wrote `3L`. */
  private tuple(): number[] {
    const dims: number[] = [];
    this.expect('(');
    while (!this.accept(')')) {
      const dim = Number(this.token(/(\d{1,16})L?/y, 'a dimension'));
      if (!Number.isSafeInteger(dim) || dims.length >= MAX_RANK) throw malformed('the shape is too large');
      dims.push(dim);
      if (!this.accept(',')) {
        this.expect(')');
        break;
      }
    }
    return dims;
  }

  private string(): string {
    return this.token(/['"]([A-Za-z0-9_<>|=+.]{1,32})['"]/y, 'a text in quotes');
  }

  private token(pattern: RegExp, what: string): string {
    this.skip();
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (!match) throw malformed(`the header is damaged: expected ${what}`);
    this.position = pattern.lastIndex;
    return match[1];
  }

  private accept(mark: string): boolean {
    this.skip();
    if (this.text[this.position] !== mark) return false;
    this.position++;
    return true;
  }

  private expect(mark: string): void {
    if (!this.accept(mark)) throw malformed(`the header is damaged: expected "${mark}"`);
  }

  private skip(): void {
    while (this.text[this.position] === ' ' || this.text[this.position] === '\n') this.position++;
  }
}

function malformed(message: string): StudioError {
  return new StudioError('file-malformed', `not a readable .npy file: ${message}`);
}
