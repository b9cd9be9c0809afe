import { useId } from 'react';
import type { OptionView } from '../../core/worker/contract-project.ts';
import { ONLY_WITH, setOption, useQuantize } from '../state/quantize.ts';
import { NumberField } from './number-field.tsx';
import { GROUPS } from './recipes.ts';

/** All options of quantization, grouped, each with what it does. */
export function OptionForm() {
  const options = useQuantize((state) => state.options);
  const algorithm = useQuantize((state) => String(state.custom['algorithm'] ?? 'normal'));
  const known = new Set(GROUPS.flatMap(({ labels }) => Object.keys(labels)));
  const rest = options.filter(({ key }) => !known.has(key));
  const more = { title: 'More', labels: Object.fromEntries(rest.map(({ key, name }) => [key, name])) };
  return (
    <div className="option-groups">
      {[...GROUPS, more].map(({ title, labels }) => {
        const fitting = options.filter(
          ({ key }) => labels[key] !== undefined && (ONLY_WITH[key]?.includes(algorithm) ?? true),
        );
        if (fitting.length === 0) return null;
        return (
          <fieldset key={title} className="option-group">
            <legend>{title}</legend>
            {fitting.map((option) => (
              <Option key={option.key} option={option} label={labels[option.key]} />
            ))}
          </fieldset>
        );
      })}
    </div>
  );
}

function Option({ option, label }: { option: OptionView; label: string }) {
  const id = useId();
  const value = useQuantize((state) => state.custom[option.key]);
  return (
    <div className="option">
      <Field option={option} label={label} value={value} describedBy={id} />
      <p id={id} className="dim">
        {option.help.charAt(0).toUpperCase()}
        {option.help.slice(1)}.
      </p>
    </div>
  );
}

interface FieldProps {
  option: OptionView;
  label: string;
  value: string | number | boolean | undefined;
  describedBy: string;
}

function Field({ option, label, value, describedBy }: FieldProps) {
  const { key, kind, choices } = option;
  if (kind === 'flag') {
    return (
      <label className="check">
        <input
          type="checkbox"
          aria-describedby={describedBy}
          checked={value === true}
          onChange={({ target }) => setOption(key, target.checked || undefined)}
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
            setOption(key, target.value === (option.default ?? '') ? undefined : target.value)
          }
        >
          {option.default === null && <option value="">the scheme’s own</option>}
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
          onChange={({ target }) => setOption(key, target.value === '' ? undefined : target.value)}
        />
      </label>
    );
  }
  return (
    <NumberField
      label={label}
      value={typeof value === 'number' ? value : undefined}
      placeholder={option.default === null ? 'default' : String(option.default)}
      onChange={(number) => setOption(key, number)}
    />
  );
}
