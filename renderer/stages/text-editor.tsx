import { useRef } from 'react';

interface TextEditorProps {
  label: string;
  text: string;
  /** Line of a mistake, from 1. */
  wrong: number | undefined;
  onChange: (text: string) => void;
}

/** A text with line numbers; the line of a mistake is marked. */
export function TextEditor({ label, text, wrong, onChange }: TextEditorProps) {
  const gutter = useRef<HTMLDivElement>(null);
  const lines = text.split('\n').length;
  return (
    <div className="yaml">
      <div ref={gutter} className="yaml-gutter" aria-hidden="true">
        {Array.from({ length: lines }, (_, index) => (
          <div key={index} data-wrong={index + 1 === wrong || undefined}>
            {index + 1}
          </div>
        ))}
      </div>
      <textarea
        aria-label={label}
        aria-invalid={wrong !== undefined}
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
