import type { OptionView } from '../../core/worker/contract-project.ts';
import { ONLY_WITH, setOption, useQuantize } from '../state/quantize.ts';
import { OptionField } from './option-field.tsx';
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
  const value = useQuantize((state) => state.custom[option.key]);
  return (
    <OptionField
      option={option}
      label={label}
      help={`${option.help.charAt(0).toUpperCase()}${option.help.slice(1)}.`}
      value={value}
      none="the scheme’s own"
      onChange={(changed) => setOption(option.key, changed)}
    />
  );
}
