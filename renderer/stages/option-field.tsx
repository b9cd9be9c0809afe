import { useId } from 'react';
import type { OptionView } from '../../core/worker/contract-project.ts';
import { NumberField } from './number-field.tsx';

interface OptionFieldProps {
  option: OptionView;
  label: string;
  /** What stands below it. */
  help: string;
  value: string | number | boolean | undefined;
  /** What a choice without default says while nothing is chosen. */
  none: string;
  /** Undefined takes it back to its default. */
  onChange: (value: string | number | boolean | undefined) => void;
}

/** One option of a job, with what it does. */
export function OptionField({ help, ...field }: OptionFieldProps) {
  const id = useId();
  return (
    <div className="option">
      <Field {...field} describedBy={id} />
      <p id={id} className="dim">
        {help}
      </p>
    </div>
  );
}

type FieldProps = Omit<OptionFieldProps, 'help'> & { describedBy: string };

/** The option as what it is: a check box, a choice, a text or a number. */
function Field({ option, label, value, describedBy, none, onChange }: FieldProps) {
  const { kind, choices } = option;
  if (kind === 'flag') {
    return (
      <label className="check">
        <input
          type="checkbox"
          aria-describedby={describedBy}
          checked={(value ?? option.default) === true}
          onChange={({ target }) =>
            onChange(target.checked === (option.default === true) ? undefined : target.checked)
          }
        />
        {label}
      </label>
    );
  }
  if (choices) {
    return (
      <label className="field">
        <span>{label}</span>
        <select
          aria-describedby={describedBy}
          value={String(value ?? option.default ?? '')}
          onChange={({ target }) =>
            onChange(target.value === (option.default ?? '') ? undefined : target.value)
          }
        >
          {option.default === null && <option value="">{none}</option>}
          {choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      </label>
    );
  }
  if (kind === 'text') {
    return (
      <label className="field">
        <span>{label}</span>
        <input
          type="text"
          aria-describedby={describedBy}
          value={String(value ?? '')}
          spellCheck={false}
          onChange={({ target }) => onChange(target.value === '' ? undefined : target.value)}
        />
      </label>
    );
  }
  return (
    <NumberField
      label={label}
      value={typeof value === 'number' ? value : undefined}
      placeholder={option.default === null ? 'default' : String(option.default)}
      onChange={(number) => onChange(number)}
    />
  );
}
