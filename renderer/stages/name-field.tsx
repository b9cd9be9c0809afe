import { useId, useMemo, useState, type KeyboardEvent } from 'react';
import { Suggestions, suggest, type Suggestion } from '../components/suggestions.tsx';

interface NameFieldProps {
  label: string;
  value: string;
  /** Names that can be chosen. */
  names: readonly Suggestion[];
  invalid: boolean;
  describedBy?: string | undefined;
  onChange: (value: string) => void;
}

/** A name that is typed or chosen from a list that narrows while typing. */
export function NameField({ label, value, names, invalid, describedBy, onChange }: NameFieldProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const items = useMemo(() => (open ? suggest(names, value) : []), [open, names, value]);
  const shown = open && items.length > 0 && !(items.length === 1 && items[0].text === value);
  const choose = ({ text }: Suggestion): void => {
    onChange(text);
    setOpen(false);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const step = event.key === 'ArrowDown' ? 1 : -1;
      if (shown) setActive((active + step + items.length) % items.length);
      else setOpen(true);
    } else if (event.key === 'Enter' && shown) choose(items[Math.min(active, items.length - 1)]);
    else if (event.key === 'Escape' && shown) setOpen(false);
    else return;
    event.preventDefault();
  };
  return (
    <div className="name-field">
      <input
        type="text"
        role="combobox"
        aria-label={label}
        aria-expanded={shown}
        aria-controls={shown ? id : undefined}
        aria-autocomplete="list"
        aria-activedescendant={shown ? `${id}-${Math.min(active, items.length - 1)}` : undefined}
        aria-invalid={invalid}
        aria-describedby={describedBy}
        value={value}
        spellCheck={false}
        autoComplete="off"
        onChange={({ target }) => {
          onChange(target.value);
          setActive(0);
          setOpen(true);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => setOpen(false)}
      />
      {shown && (
        <Suggestions
          id={id}
          label={`Names for ${label}`}
          items={items}
          active={Math.min(active, items.length - 1)}
          onChoose={choose}
        />
      )}
    </div>
  );
}
