import { editText, useInputs } from '../state/inputs.ts';
import { TextEditor } from './text-editor.tsx';

/** The input description as text. */
export function YamlEditor({ label }: { label: string }) {
  const text = useInputs((state) => state.meta?.text ?? '');
  const wrong = useInputs((state) => state.metaProblem?.place.line);
  return (
    <TextEditor label={label} text={text} wrong={wrong === undefined ? [] : [wrong]} onChange={editText} />
  );
}
