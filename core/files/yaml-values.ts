import { StudioError, type ErrorCode } from '../network/errors.ts';
import { clipped } from '../network/clip.ts';
import { parseFloatText } from './float-text.ts';
import type { YamlMap, YamlNode } from './yaml-tree.ts';

/** Typed access to the members of one mapping; problems name the file, the member and its line. */
export class YamlReader {
  readonly map: YamlMap;
  private readonly code: ErrorCode;
  private readonly file: string | undefined;

  constructor(node: YamlNode, what: string, code: ErrorCode, file?: string) {
    this.code = code;
    this.file = file;
    if (node.kind !== 'map') throw this.fail(`${what} must be a mapping ("key: value" lines)`, node.line);
    this.map = node;
  }

  /** The member's node; undefined when it is absent or blank. */
  node(key: string): YamlNode | undefined {
    const node = this.map.entries.get(key);
    return node && !isBlank(node) ? node : undefined;
  }

  has(key: string): boolean {
    return this.map.entries.has(key);
  }

  /** Reader of a member that is a mapping. */
  child(key: string): YamlReader | undefined {
    const node = this.node(key);
    return node && new YamlReader(node, `"${key}"`, this.code, this.file);
  }

  /** Readers of a member that is a list of mappings. */
  children(key: string): YamlReader[] {
    const node = this.node(key);
    if (!node) return [];
    if (node.kind !== 'list') throw this.fail(`"${key}" must be a list`, node.line);
    return node.items.map((item) => new YamlReader(item, `an item of "${key}"`, this.code, this.file));
  }

  /** A text, or the fallback when blank or absent. */
  text<T>(key: string, fallback: T): string | T {
    const node = this.node(key);
    return node ? this.scalarText(key, node) : fallback;
  }

  /** `true`/`false` and the YAML 1.1 words for them. */
  flag(key: string, fallback: boolean): boolean {
    const node = this.node(key);
    if (!node) return fallback;
    const word = this.scalarText(key, node).toLowerCase();
    if (['true', 'yes', 'on', '1'].includes(word)) return true;
    if (['false', 'no', 'off', '0'].includes(word)) return false;
    throw this.fail(`"${key}" is "${word}", expected true or false`, node.line);
  }

  /** Numbers of a scalar or a list; undefined when blank or absent. Blank items of a list count as absent. */
  numbers(key: string): number[] | undefined {
    const node = this.node(key);
    if (!node) return undefined;
    const items = (node.kind === 'list' ? node.items : [node]).filter((item) => !isBlank(item));
    return items.length === 0 ? undefined : items.map((item) => this.numberOf(key, item));
  }

  /** Numbers of a list of lists; undefined when blank or absent. */
  numberGroups(key: string): number[][] | undefined {
    const node = this.node(key);
    if (!node) return undefined;
    if (node.kind !== 'list') throw this.fail(`"${key}" must be a list of lists`, node.line);
    return node.items.map((item) => {
      if (item.kind !== 'list') throw this.fail(`"${key}" must be a list of lists`, item.line);
      return item.items.map((number) => this.numberOf(key, number));
    });
  }

  /** Texts of a scalar or a list; none when blank or absent. */
  texts(key: string): string[] {
    const node = this.node(key);
    if (!node) return [];
    return (node.kind === 'list' ? node.items : [node]).map((item) => this.scalarText(key, item));
  }

  /** Integers of a scalar or a list. */
  integers(key: string): number[] | undefined {
    const numbers = this.numbers(key);
    const odd = numbers?.find((value) => !Number.isSafeInteger(value));
    if (odd !== undefined) throw this.failAt(key, `"${key}" holds ${odd}, expected whole numbers`);
    return numbers;
  }

  private numberOf(key: string, node: YamlNode): number {
    const text = this.scalarText(key, node);
    const value = parseFloatText(text.replace(/(?<=\d)_(?=\d)/g, ''));
    if (value === undefined) throw this.fail(`"${key}" holds "${text}", expected a number`, node.line);
    return value;
  }

  private scalarText(key: string, node: YamlNode): string {
    if (node.kind !== 'scalar') throw this.fail(`"${key}" must be a single value`, node.line);
    return node.text;
  }

  /** An error at the member's line. */
  failAt(key: string, message: string): StudioError {
    return this.fail(message, this.map.entries.get(key)?.line ?? this.map.line);
  }

  private fail(message: string, line: number): StudioError {
    return new StudioError(this.code, clipped(message), { file: this.file, line });
  }
}

/** Nothing, `~` or `null`. */
export function isBlank(node: YamlNode): boolean {
  return node.kind === 'scalar' && !node.quoted && /^(~|null|Null|NULL)?$/.test(node.text);
}

/** Texts that a YAML 1.1 reader would take for something else than a text, or that have syntax in them. */
const plainText = /^[A-Za-z0-9_./(][ -~]*$/;
const needsQuotes = /: |:$| #|^\.\.\.$|^\s|\s$/;
const otherType =
  /^(y|n|yes|no|true|false|on|off|null|nan|inf)$|^[-+.]?[\d.][\d_.,:xoabcdef]*([e][-+]?\d+)?$|^\.(inf|nan)$|^\d{4}-\d\d?-\d\d?/i;

/** A text as a plain scalar where every YAML reader takes it for a text, else quoted. */
export function yamlText(text: string): string {
  const isPlain = plainText.test(text) && !needsQuotes.test(text) && !otherType.test(text);
  return isPlain ? text : yamlQuoted(text);
}

/** Single quotes; double quotes with escapes when there is anything but printable ASCII. */
export function yamlQuoted(text: string): string {
  if (/^[ -~]*$/.test(text)) return `'${text.replaceAll("'", "''")}'`;
  const escaped = text.replace(/["\\]/g, '\\$&').replace(/[^ -~]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}
