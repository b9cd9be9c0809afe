import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { findInLines, type Hit } from './find-in-lines.ts';

interface EditorSearchProps {
  lines: readonly string[];
  onHits: (hits: readonly Hit[]) => void;
  onGo: (hit: Hit) => void;
  onClose: () => void;
}

/** Finds a text in an editor; Enter goes on, Shift + Enter back, Escape ends it. */
export function EditorSearch({ lines, onHits, onGo, onClose }: EditorSearchProps) {
  const box = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(-1);
  const hits = findInLines(lines, query);
  useEffect(() => {
    box.current?.focus();
  }, []);
  const go = (to: number): void => {
    if (hits.length === 0) return;
    const next = (to + hits.length) % hits.length;
    setAt(next);
    onGo(hits[next]);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') go(event.shiftKey ? at - 1 : at + 1);
    else if (event.key === 'Escape') onClose();
    else return;
    event.preventDefault();
  };
  return (
    <div className="editor-search">
      <input
        ref={box}
        type="search"
        aria-label="Find in this text"
        placeholder="Find"
        value={query}
        spellCheck={false}
        autoComplete="off"
        onChange={({ target }) => {
          setQuery(target.value);
          setAt(-1);
          onHits(findInLines(lines, target.value));
        }}
        onKeyDown={onKeyDown}
      />
      <output className="dim">
        {query === '' ? '' : hits.length === 0 ? 'not found' : `${at < 0 ? '–' : at + 1} of ${hits.length}`}
      </output>
      <button type="button" className="button small" aria-label="End the search" onClick={onClose}>
        ×
      </button>
    </div>
  );
}
