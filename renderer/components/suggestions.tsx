import { useEffect, useRef, type CSSProperties } from 'react';

/** One line of a list of suggestions. */
export interface Suggestion {
  /** What is put in. */
  text: string;
  /** What it is, in a word or two. */
  note?: string;
  /** Another name that finds it. */
  alias?: string;
}

/** Lines offered at once; whoever sees more types on. */
export const MOST_SUGGESTIONS = 50;

interface SuggestionsProps {
  id: string;
  label: string;
  items: readonly Suggestion[];
  /** The line that Enter takes. */
  active: number;
  onChoose: (item: Suggestion) => void;
  style?: CSSProperties;
}

/** A list below a field; the field keeps the focus and the keys. */
export function Suggestions({ id, label, items, active, onChoose, style }: SuggestionsProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  return (
    <div ref={list} id={id} className="suggestions" role="listbox" aria-label={label} style={style}>
      {items.map((item, index) => (
        <div
          key={item.text}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === active}
          // The field must not lose the focus.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onChoose(item)}
        >
          <bdi>{item.text}</bdi>
          {item.note !== undefined && <small>{item.note}</small>}
        </div>
      ))}
    </div>
  );
}

/** The lines that fit what was typed: those that begin with it first, then those that hold it. */
export function suggest(all: readonly Suggestion[], typed: string): Suggestion[] {
  const wanted = typed.toLowerCase();
  const begin: Suggestion[] = [];
  const hold: Suggestion[] = [];
  for (const item of all) {
    const text = item.text.toLowerCase();
    if (text.startsWith(wanted)) begin.push(item);
    else if (hold.length < MOST_SUGGESTIONS && (text.includes(wanted) || item.alias?.includes(wanted)))
      hold.push(item);
    if (begin.length === MOST_SUGGESTIONS) break;
  }
  return [...begin, ...hold].slice(0, MOST_SUGGESTIONS);
}
