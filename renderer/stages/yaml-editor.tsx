import { useRef } from 'react';
import { editText, useInputs } from '../state/inputs.ts';

/** The input description as text, with line numbers; the line of a mistake is marked. */
export function YamlEditor({ label }: { label: string }) {
  const text = useInputs((state) => state.meta?.text ?? '');
  const wrong = useInputs((state) => state.metaProblem?.place.line);
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
        onChange={({ target }) => editText(target.value)}
        onScroll={({ currentTarget }) => {
          if (gutter.current) gutter.current.scrollTop = currentTarget.scrollTop;
        }}
      />
    </div>
  );
}
