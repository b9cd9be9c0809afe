import {
  EVENT_ID,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  YAMLException,
  type Event,
  type ScalarEvent,
} from 'js-yaml';
import { StudioError, type ErrorCode } from '../network/errors.ts';
import { clipped } from '../network/clip.ts';

/** A scalar with its text as written; types are the reader's business (YAML 1.1 and 1.2 disagree on them). */
export interface YamlScalar {
  kind: 'scalar';
  line: number;
  text: string;
  /** Quoted scalars are never null, numbers or booleans. */
  quoted: boolean;
}

/** A block or flow sequence. */
export interface YamlList {
  kind: 'list';
  line: number;
  items: YamlNode[];
}

/** A block or flow mapping, in file order. */
export interface YamlMap {
  kind: 'map';
  line: number;
  entries: Map<string, YamlNode>;
}

/** A value of a YAML file together with its 1-based line. */
export type YamlNode = YamlScalar | YamlList | YamlMap;

/** The largest real files have some 50,000 lines. */
const MAX_NODES = 2_000_000;

/** Real files nest 7 deep. */
const MAX_DEPTH = 40;

/** A collection being filled. */
interface Frame {
  node: YamlList | YamlMap;
  key: string | undefined;
}

/**
 * Parses one YAML document to plain nodes with lines. Anchors, aliases and tags are refused: no file of the
 * family has them, and they are how YAML files attack their readers. Duplicate keys are errors.
 * @param code of the errors that are thrown
 * @throws StudioError with the line
 */
export function parseYaml(text: string, code: ErrorCode, file?: string): YamlNode {
  const source = text.startsWith('\ufeff') ? text.slice(1) : text;
  return new TreeBuilder(source, code, file).build(eventsOf(source, code, file));
}

function eventsOf(source: string, code: ErrorCode, file: string | undefined): Event[] {
  // Every node costs a parser event, far bigger than its text, and needs at least one of these marks.
  const nodes = source.match(/[\n,:[{]/g)?.length ?? 0;
  if (nodes > MAX_NODES) throw new StudioError(code, 'the file has too many entries', { file });
  try {
    return parseEvents(source, { maxDepth: MAX_DEPTH });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark ? error.mark.line + 1 : undefined;
    throw new StudioError(code, `not valid YAML: ${error.reason}`, {
      file,
      ...(line !== undefined && { line }),
    });
  }
}

/** Turns the parser's flat event list into nodes, counting lines as it goes. */
class TreeBuilder {
  private readonly stack: Frame[] = [];
  private root: YamlNode | undefined;
  private line = 1;
  private counted = 0;
  private readonly source: string;
  private readonly code: ErrorCode;
  private readonly file: string | undefined;

  constructor(source: string, code: ErrorCode, file: string | undefined) {
    this.source = source;
    this.code = code;
    this.file = file;
  }

  build(events: readonly Event[]): YamlNode {
    let documents = 0;
    for (const event of events) {
      if (event.type === EVENT_ID.DOCUMENT) documents++;
      else this.take(event);
    }
    if (documents > 1) throw this.fail('the file holds several documents');
    if (!this.root) throw this.fail('the file is empty');
    return this.root;
  }

  private take(event: Exclude<Event, { type: typeof EVENT_ID.DOCUMENT }>): void {
    if (event.type === EVENT_ID.POP) {
      this.stack.pop();
      return;
    }
    if (event.type === EVENT_ID.ALIAS)
      throw this.failAt(event.anchorStart, 'aliases are not used in these files');
    if (event.anchorStart >= 0) throw this.failAt(event.anchorStart, 'anchors are not used in these files');
    if (event.tagStart >= 0) throw this.failAt(event.tagStart, 'tags are not used in these files');
    if (event.type === EVENT_ID.SCALAR) this.scalar(event);
    else if (event.type === EVENT_ID.MAPPING)
      this.open({ kind: 'map', line: this.lineAt(event.start), entries: new Map() });
    else this.open({ kind: 'list', line: this.lineAt(event.start), items: [] });
  }

  private scalar(event: ScalarEvent): void {
    const line = this.lineAt(event.valueStart);
    const text = event.valueStart < 0 ? '' : getScalarValue(this.source, event);
    const frame = this.stack.at(-1);
    if (frame?.node.kind === 'map' && frame.key === undefined) {
      if (frame.node.entries.has(text)) throw this.fail(`the key "${text}" occurs twice`);
      frame.key = text;
    } else {
      this.attach({ kind: 'scalar', line, text, quoted: event.style !== SCALAR_STYLE.PLAIN });
    }
  }

  private open(node: YamlList | YamlMap): void {
    this.attach(node);
    this.stack.push({ node, key: undefined });
  }

  private attach(node: YamlNode): void {
    const frame = this.stack.at(-1);
    if (!frame) {
      this.root ??= node;
    } else if (frame.node.kind === 'list') {
      frame.node.items.push(node);
    } else {
      if (frame.key === undefined) throw this.fail('a list or mapping as a key');
      frame.node.entries.set(frame.key, node);
      frame.key = undefined;
    }
  }

  /** Events come in file order, so counting resumes where it stopped. Blank scalars have no position. */
  private lineAt(offset: number): number {
    for (; this.counted < offset; this.counted++) {
      if (this.source.charCodeAt(this.counted) === 10) this.line++;
    }
    return this.line;
  }

  private failAt(offset: number, problem: string): StudioError {
    this.lineAt(offset);
    return this.fail(problem);
  }

  private fail(problem: string): StudioError {
    return new StudioError(this.code, clipped(problem), { file: this.file, line: this.line });
  }
}
