import { editText, useInputs } from '../state/inputs.ts';
import { YamlArea } from './yaml-area.tsx';

/** The input description as text. */
export function YamlEditor({ label }: { label: string }) {
  const text = useInputs((state) => state.meta?.text ?? '');
  const wrong = useInputs((state) => state.metaProblem?.place.line);
  return <YamlArea label={label} text={text} wrong={wrong === undefined ? [] : [wrong]} onText={editText} />;
}
