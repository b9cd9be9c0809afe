import { useId } from 'react';
import type { OptionView } from '../../core/worker/contract-project.ts';
import { ONLY_WITH, setOption, useQuantize } from '../state/quantize.ts';
import { OptionField } from './option-field.tsx';
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
      <OptionField
        option={option}
        label={label}
        value={value}
        describedBy={id}
        none="the scheme’s own"
        onChange={(changed) => setOption(option.key, changed)}
      />
      <p id={id} className="dim">
        {option.help}
      </p>
    </div>
  );
}
