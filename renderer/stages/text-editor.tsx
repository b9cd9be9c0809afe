import { useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type MouseEvent } from 'react';
import { Suggestions, type Suggestion } from '../components/suggestions.tsx';
import { EditorSearch } from './editor-search.tsx';
import type { Hit } from './find-in-lines.ts';
import type { Completer, Completion } from './yaml-complete.ts';

/** Of the text, in pixels; the style sheet has the same. */
const LINE = 19;
const PADDING = 8;

interface TextEditorProps {
  label: string;
  text: string;
  /** Mistakes with their lines, from 1. */
  problems: readonly { line: number; message: string }[];
  complete?: Completer;
  onChange: (text: string) => void;
}

/**
 * A text with line numbers, marks for mistakes, search (Ctrl + F) and completion (while typing, or Ctrl + Space).
 * The text itself stays a text area: its undo, its spelling of every language and its screen reader support.
 */
export function TextEditor({ label, text, problems, complete, onChange }: TextEditorProps) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const [scroll, setScroll] = useState({ top: 0, left: 0 });
  const [open, setOpen] = useState<(Completion & { active: number; caret: number }) | undefined>();
  const [searching, setSearching] = useState(false);
  const [hits, setHits] = useState<readonly Hit[]>([]);
  const [hovered, setHovered] = useState(0);
  /** Where the caret goes once the text is in. */
  const caretAfter = useRef<number | undefined>(undefined);
  useLayoutEffect(() => {
    if (caretAfter.current === undefined) return;
    area.current?.setSelectionRange(caretAfter.current, caretAfter.current);
    caretAfter.current = undefined;
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- the new text moves the caret
  }, [text]);
  const lines = text.split('\n');
  const wrong = new Map(problems.map(({ line, message }) => [line, message]));

  const offer = (now: string, caret: number): void => {
    const found = complete?.(now, caret);
    setOpen(found && { ...found, active: 0, caret });
  };
  const take = ({ text: chosen }: Suggestion): void => {
    if (!open) return;
    caretAfter.current = open.from + chosen.length;
    onChange(text.slice(0, open.from) + chosen + text.slice(open.caret));
    setOpen(undefined);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === 'f') {
      setSearching(true);
      event.stopPropagation();
    } else if (event.ctrlKey && event.key === ' ') {
      offer(text, event.currentTarget.selectionStart);
    } else if (!open) return;
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setOpen({ ...open, active: (open.active + step + open.items.length) % open.items.length });
    } else if (event.key === 'Enter' || event.key === 'Tab') take(open.items[open.active]);
    else if (event.key === 'Escape') setOpen(undefined);
    else return;
    event.preventDefault();
  };
  const onHover = (event: MouseEvent<HTMLTextAreaElement>): void => {
    const y = event.clientY - event.currentTarget.getBoundingClientRect().top;
    setHovered(1 + Math.floor((y - PADDING + scroll.top) / LINE));
  };
  const goTo = ({ line, from, to }: Hit): void => {
    const start = lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);
    const element = area.current;
    if (!element) return;
    element.setSelectionRange(start + from, start + to);
    element.scrollTop = Math.max(0, line * LINE - element.clientHeight / 2);
  };
  const place = (line: number): { top: number } => ({ top: PADDING + line * LINE - scroll.top });
  const message = wrong.get(hovered);

  return (
    <div className="editor">
      {searching && (
        <EditorSearch
          lines={lines}
          onHits={setHits}
          onGo={goTo}
          onClose={() => {
            setSearching(false);
            setHits([]);
            area.current?.focus();
          }}
        />
      )}
      <div className="yaml">
        <div className="yaml-gutter" aria-hidden="true">
          <div style={{ marginTop: -scroll.top }}>
            {lines.map((_, index) => (
              <div key={index} data-wrong={wrong.has(index + 1) || undefined} title={wrong.get(index + 1)}>
                {index + 1}
              </div>
            ))}
          </div>
        </div>
        <div className="yaml-area">
          <div className="yaml-marks" aria-hidden="true">
            {problems.map(({ line }, index) => (
              <i key={index} className="mark-wrong" style={place(line - 1)} />
            ))}
            {hits.map(({ line, from, to }, index) => (
              <i
                key={index}
                className="mark-hit"
                style={{
                  ...place(line),
                  left: `calc(${PADDING - scroll.left}px + ${from}ch)`,
                  width: `${to - from}ch`,
                }}
              />
            ))}
          </div>
          <textarea
            ref={area}
            aria-label={label}
            aria-invalid={problems.length > 0}
            aria-autocomplete={complete ? 'list' : undefined}
            aria-controls={open ? id : undefined}
            aria-activedescendant={open ? `${id}-${open.active}` : undefined}
            value={text}
            wrap="off"
            spellCheck={false}
            autoComplete="off"
            onChange={({ target }) => {
              onChange(target.value);
              offer(target.value, target.selectionStart);
            }}
            onKeyDown={onKeyDown}
            onPointerDown={() => setOpen(undefined)}
            onBlur={() => setOpen(undefined)}
            onMouseMove={onHover}
            onMouseLeave={() => setHovered(0)}
            onScroll={({ currentTarget }) =>
              setScroll({ top: currentTarget.scrollTop, left: currentTarget.scrollLeft })
            }
          />
          {open && (
            <Suggestions
              id={id}
              label={`Suggestions for ${label}`}
              items={open.items}
              active={open.active}
              onChoose={take}
              style={popupPlace(text, open.from, scroll)}
            />
          )}
          {message !== undefined && (
            <p className="yaml-tip" role="tooltip" style={place(hovered)}>
              {message}
            </p>
          )}
        </div>
      </div>
    </div>
  );
}

/** Below the beginning of what is typed. */
function popupPlace(
  text: string,
  from: number,
  scroll: { top: number; left: number },
): { top: number; left: string } {
  const before = text.slice(0, from).split('\n');
  const column = before.at(-1)?.length ?? 0;
  return {
    top: PADDING + before.length * LINE - scroll.top,
    left: `calc(${PADDING - scroll.left}px + ${column}ch)`,
  };
}
