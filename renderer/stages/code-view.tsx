import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useScrollBox } from '../components/use-scroll-box.ts';
import { findInLines, type Hit } from './find-in-lines.ts';
import { commentStarts, highlightC, type Token } from './highlight-c.ts';

const LINE = 18;
/** Lines drawn beyond the visible ones. */
const SPARE = 20;
/** Characters of a line that are drawn. */
const WIDEST = 2000;

interface CodeViewProps {
  /** Names the file, for screen readers. */
  name: string;
  text: string;
  /** Whether it is C. */
  isC: boolean;
}

/** A text to read: line numbers, search, colours for C. Only what can be seen is drawn. */
export function CodeView({ name, text, isC }: CodeViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const { scroll, onScroll } = useScrollBox(box);
  const lines = useMemo(() => text.replace(/\n$/, '').split(/\r\n|\n/), [text]);
  const starts = useMemo(() => (isC ? commentStarts(lines) : []), [isC, lines]);
  const [query, setQuery] = useState('');
  const hits = useMemo(() => findInLines(lines, query), [lines, query]);
  const [at, setAt] = useState(0);
  const current = hits[at];
  useEffect(() => {
    const element = box.current;
    if (!element || !current) return;
    const top = current.line * LINE;
    if (top < element.scrollTop + LINE || top > element.scrollTop + element.clientHeight - 2 * LINE) {
      element.scrollTop = top - element.clientHeight / 2;
    }
  }, [current]);
  const step = (by: number): void => {
    if (hits.length > 0) setAt((at + by + hits.length) % hits.length);
  };
  const onKey = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape') setQuery('');
    else return;
    event.preventDefault();
  };
  const first = Math.max(0, Math.floor(scroll.top / LINE) - SPARE);
  const last = Math.min(lines.length, Math.ceil((scroll.top + scroll.height) / LINE) + SPARE);
  const digits = String(lines.length).length;
  return (
    <div className="code">
      <div className="code-search">
        <input
          id="code-search"
          type="search"
          placeholder="Search in this file"
          aria-label="Search in this file"
          title="Enter goes to the next one, Shift + Enter back"
          value={query}
          spellCheck={false}
          autoComplete="off"
          onChange={({ target }) => {
            setQuery(target.value);
            setAt(0);
          }}
          onKeyDown={onKey}
        />
        <output className="dim">
          {query !== '' && (hits.length === 0 ? 'not found' : `${at + 1} of ${hits.length}`)}
        </output>
      </div>
      <div ref={box} className="code-box" tabIndex={0} role="region" aria-label={name} onScroll={onScroll}>
        <div
          className="code-space"
          style={{ height: lines.length * LINE, '--digits': `${digits}ch` } as object}
        >
          <div style={{ transform: `translateY(${first * LINE}px)` }}>
            {lines.slice(first, last).map((line, index) => {
              const number = first + index;
              const shown = line.length > WIDEST ? `${line.slice(0, WIDEST)} …` : line;
              const tokens: Token[] = isC
                ? highlightC(shown, starts[number])
                : [{ text: shown, kind: 'plain' }];
              return (
                <div key={number} className="code-line" data-current={current?.line === number || undefined}>
                  <span className="code-number" aria-hidden="true">
                    {number + 1}
                  </span>
                  <code>{marked(tokens, hits, number, current)}</code>
                </div>
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}

/** The parts of a line, with what was searched marked. */
function marked(
  tokens: readonly Token[],
  hits: readonly Hit[],
  line: number,
  current: Hit | undefined,
): ReactNode[] {
  const here = hits.filter((hit) => hit.line === line);
  let column = 0;
  return tokens.map(({ text, kind }, index) => {
    const start = column;
    column += text.length;
    const cuts = here.flatMap(({ from, to }) => [from, to]).filter((cut) => cut > start && cut < column);
    const edges = [start, ...cuts, column];
    return (
      <span key={index} data-kind={kind === 'plain' ? undefined : kind}>
        {edges.slice(1).map((end, piece) => {
          const part = text.slice(edges[piece] - start, end - start);
          const hit = here.find(({ from, to }) => edges[piece] >= from && end <= to);
          return hit ? (
            <mark key={piece} data-current={hit === current || undefined}>
              {part}
            </mark>
          ) : (
            part
          );
        })}
      </span>
    );
  });
}
