import { useRef } from 'react';

interface YamlAreaProps {
  label: string;
  text: string;
  /** Lines with a mistake, from 1. */
  wrong: readonly number[];
  onText: (text: string) => void;
}

/** YAML to type in, with line numbers; lines with a mistake are marked. */
export function YamlArea({ label, text, wrong, onText }: YamlAreaProps) {
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
        onChange={({ target }) => onText(target.value)}
        onScroll={({ currentTarget }) => {
          if (gutter.current) gutter.current.scrollTop = currentTarget.scrollTop;
        }}
      />
    </div>
  );
}
