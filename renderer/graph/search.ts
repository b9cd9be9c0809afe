import type { GraphNode, GraphView } from '../../core/worker/contract.ts';
import { formatShape } from './text.ts';

/** What a query may be made of, for the help beside the search box. */
export const SEARCH_HELP: readonly (readonly [example: string, meaning: string])[] = [
  ['block3', 'in the name, the key or the op'],
  ['op:conv', 'in the op'],
  ['shape:1x*x32', 'shape of an output, * = anything'],
  ['ksize_h=3', 'a parameter, * = anything'],
  ['@conv1_8:out0', 'the layer that makes this tensor'],
];

/** Parameters by node, name and value in lower case; see {@link indexParameters}. */
export type ParameterIndex = readonly ReadonlyMap<string, string>[];

/** One word of a query. */
export type Term =
  | { kind: 'text' | 'op' | 'shape'; text: string }
  | { kind: 'parameter'; name: string; value: string }
  | { kind: 'tensor'; layer: string; port: number | undefined };

/** Words of a query, all of which a node must match. Case does not matter. */
export function parseQuery(query: string): Term[] {
  return query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(parseWord);
}

function parseWord(word: string): Term {
  if (word.startsWith('op:')) return { kind: 'op', text: word.slice('op:'.length) };
  if (word.startsWith('shape:')) return { kind: 'shape', text: shapeText(word.slice('shape:'.length)) };
  // As the graph writes it, to be pasted.
  if (word.includes('×')) return { kind: 'shape', text: shapeText(word) };
  if (word.startsWith('@')) {
    const [, layer, port] = /^@(.*?)(?::(?:out(\d*)|o|ou)?)?$/.exec(word) ?? [];
    return {
      kind: 'tensor',
      layer: layer ?? '',
      port: port === undefined || port === '' ? undefined : Number(port),
    };
  }
  const equals = word.indexOf('=');
  if (equals > 0)
    return { kind: 'parameter', name: word.slice(0, equals), value: word.slice(equals + 1) || '*' };
  return { kind: 'text', text: word };
}

const shapeText = (text: string): string => text.replaceAll(/[×,]/g, 'x');

/** Whether the query asks for parameters, which the page fetches only then. */
export function asksParameters(query: string): boolean {
  return parseQuery(query).some((term) => term.kind === 'parameter');
}

/** Makes lists of names and values ready for {@link findNodes}. */
export function indexParameters(
  parameters: readonly (readonly { name: string; value: string }[])[],
): ParameterIndex {
  return parameters.map(
    (list) => new Map(list.map(({ name, value }) => [name.toLowerCase(), compact(value.toLowerCase())])),
  );
}

/** Words hold no spaces, so that values must not either: `[1, 2]` is found by `[1,2]`. */
const compact = (value: string): string => value.replaceAll(/\s+/g, '');

/** Nodes that match every word of the query, see {@link SEARCH_HELP}, in the given order. */
export function findNodes(
  { nodes }: GraphView,
  order: ArrayLike<number>,
  query: string,
  parameters: ParameterIndex = [],
): number[] {
  const terms = parseQuery(query);
  return Array.from(order).filter((index) =>
    terms.every((term) => matches(term, nodes[index], parameters[index])),
  );
}

function matches(
  term: Term,
  { key, name, op, shapes }: GraphNode,
  parameters: ReadonlyMap<string, string> | undefined,
): boolean {
  switch (term.kind) {
    case 'text':
      return `${name} ${key} ${op}`.toLowerCase().includes(term.text);
    case 'op':
      return op.toLowerCase().includes(term.text);
    case 'shape':
      return shapes.some((shape) => shape && glob(term.text, shapeText(formatShape(shape)).toLowerCase()));
    case 'parameter': {
      const value = parameters?.get(term.name);
      return value !== undefined && glob(term.value, value);
    }
    case 'tensor':
      // Until the port is typed the key may be incomplete too.
      return term.port === undefined
        ? key.toLowerCase().startsWith(term.layer)
        : key.toLowerCase() === term.layer && term.port < shapes.length;
  }
}

/**
 * Whether a pattern, in which `*` stands for any text, covers a whole text. Not a regular expression:
 * one with many stars can take very long.
 */
export function glob(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  if (parts.length === 1) return pattern === text;
  const [first, last] = [parts[0], parts[parts.length - 1]];
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
    return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
