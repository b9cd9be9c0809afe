import { useMemo } from 'react';
import { sentence } from '../api/client.ts';
import { editText, useInputs } from '../state/inputs.ts';
import { TextEditor } from './text-editor.tsx';
import { completeWords } from './yaml-complete.ts';

/** The input description as text. */
export function YamlEditor({ label }: { label: string }) {
  const text = useInputs((state) => state.meta?.text ?? '');
  const words = useInputs((state) => state.meta?.words);
  const problem = useInputs((state) => state.metaProblem);
  const complete = useMemo(() => words && completeWords(words), [words]);
  const line = problem?.place.line;
  return (
    <TextEditor
      label={label}
      text={text}
      problems={problem && line !== undefined ? [{ line, message: sentence({ ...problem, place: {} }) }] : []}
      {...(complete ? { complete } : {})}
      onChange={editText}
    />
  );
}
