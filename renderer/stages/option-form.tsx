import { useId } from 'react';
import type { OptionView } from '../../core/worker/contract-project.ts';
import { ONLY_WITH, setOption, useQuantize } from '../state/quantize.ts';
import { NumberField } from './number-field.tsx';
import { GROUPS } from './recipes.ts';

/** All options of quantization, grouped, each with what it does. */
export function OptionForm() {
  const options = useQuantize((state) => state.options);
  const known = new Set(GROUPS.flatMap(({ labels }) => Object.keys(labels)));
  const rest = options.filter(({ key }) => !known.has(key));
  return (
    <div className="option-groups">
      {GROUPS.map(({ title, labels }) => (
        <fieldset key={title} className="option-group">
          <legend>{title}</legend>
          {Object.entries(labels).map(([key, label]) => {
            const option = options.find((candidate) => candidate.key === key);
            return option && <Option key={key} option={option} label={label} />;
          })}
        </fieldset>
      ))}
      {rest.length > 0 && (
        <fieldset className="option-group">
          <legend>More</legend>
          {rest.map((option) => (
            <Option key={option.key} option={option} label={option.name} />
          ))}
        </fieldset>
      )}
    </div>
  );
}

function Option({ option, label }: { option: OptionView; label: string }) {
  const id = useId();
  const value = useQuantize((state) => state.custom[option.key]);
  const algorithm = useQuantize((state) => state.custom['algorithm'] ?? 'normal');
  const wanted = ONLY_WITH[option.key];
  if (wanted !== undefined && !wanted.includes(String(algorithm))) return null;
  return (
    <div className="option">
      <Field option={option} label={label} value={value} describedBy={id} />
      <p id={id} className="dim">
        {option.help}
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
