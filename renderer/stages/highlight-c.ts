/** A piece of a line. */
export interface Token {
  text: string;
  kind: 'plain' | 'comment' | 'string' | 'number' | 'keyword' | 'directive' | 'call';
}

const KEYWORDS = new Set(
  (
    'auto break case char const continue default do double else enum extern float for goto if inline int long register ' +
    'return short signed sizeof static struct switch typedef union unsigned void volatile while NULL TRUE FALSE ' +
    'size_t uint8_t uint16_t uint32_t uint64_t int8_t int16_t int32_t int64_t vsi_bool vsi_status'
  ).split(' '),
);

const PARTS =
  /(?<comment>\/\*[^]*?(?:\*\/|$)|\/\/.*)|(?<string>"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?)|(?<number>\b(?:0[xX][\da-fA-F]+|\d+\.?\d*(?:[eE][-+]?\d+)?)[uUlLfF]*\b)|(?<word>[A-Za-z_]\w*)/g;

/** Which lines begin inside of a block comment. */
export function commentStarts(lines: readonly string[]): boolean[] {
  let inside = false;
  return lines.map((line) => {
    const before = inside;
    inside = endsInComment(line, inside);
    return before;
  });
}

function endsInComment(line: string, inside: boolean): boolean {
  let rest = line;
  if (inside) {
    const end = rest.indexOf('*/');
    if (end < 0) return true;
    rest = rest.slice(end + 2);
  }
  const comments = rest.match(PARTS)?.filter((part) => part.startsWith('/*')) ?? [];
  const last = comments.at(-1);
  return last !== undefined && (last.length < 4 || !last.endsWith('*/'));
}

/** A line of C in its parts. @param inside whether it begins inside of a block comment */
export function highlightC(line: string, inside: boolean): Token[] {
  if (inside) {
    const end = line.indexOf('*/');
    if (end < 0) return [{ text: line, kind: 'comment' }];
    return [{ text: line.slice(0, end + 2), kind: 'comment' }, ...codeTokens(line.slice(end + 2))];
  }
  const directive = /^\s*#\s*\w+/.exec(line)?.[0];
  if (directive !== undefined) {
    return [{ text: directive, kind: 'directive' }, ...codeTokens(line.slice(directive.length))];
  }
  return codeTokens(line);
}

function codeTokens(line: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (const match of line.matchAll(PARTS)) {
    if (match.index > at) tokens.push({ text: line.slice(at, match.index), kind: 'plain' });
    at = match.index + match[0].length;
    tokens.push({ text: match[0], kind: kindOf(match, line.charAt(at)) });
  }
  if (at < line.length) tokens.push({ text: line.slice(at), kind: 'plain' });
  return tokens;
}

function kindOf({ groups = {} }: RegExpExecArray, next: string): Token['kind'] {
  if (groups['comment'] !== undefined) return 'comment';
  if (groups['string'] !== undefined) return 'string';
  if (groups['number'] !== undefined) return 'number';
  if (KEYWORDS.has(groups['word'])) return 'keyword';
  return next === '(' ? 'call' : 'plain';
}
