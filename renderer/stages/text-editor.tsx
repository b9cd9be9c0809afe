import { useRef } from 'react';

interface TextEditorProps {
  label: string;
  text: string;
  /** Lines with a mistake, from 1. */
  wrong: readonly number[];
  onChange: (text: string) => void;
}

/** A text with line numbers; lines with a mistake are marked. */
export function TextEditor({ label, text, wrong, onChange }: TextEditorProps) {
  const gutter = useRef<HTMLDivElement>(null);
  const lines = text.split('\n').length;
  return (
    <div className="yaml">
      <div ref={gutter} className="yaml-gutter" aria-hidden="true">
        {Array.from({ length: lines }, (_, index) => (
          <div key={index} data-wrong={wrong.includes(index + 1) || undefined}>
            {index + 1}
          </div>
        ))}
      </div>
      <textarea
        aria-label={label}
        aria-invalid={wrong.length > 0}
        value={text}
        wrap="off"
        spellCheck={false}
        autoComplete="off"
        onChange={({ target }) => onChange(target.value)}
        onScroll={({ currentTarget }) => {
          if (gutter.current) gutter.current.scrollTop = currentTarget.scrollTop;
        }}
      />
    </div>
  );
}
