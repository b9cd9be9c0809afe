import { useState } from 'react';

interface NumberFieldProps {
  label: string;
  /** Undefined shows an empty field. */
  value: number | undefined;
  placeholder?: string;
  hideLabel?: boolean;
  onChange: (value: number | undefined) => void;
}

/** A number as people type it: also `1/255`. What is no number stays on the screen and changes nothing. */
export function NumberField({ label, value, placeholder, hideLabel, onChange }: NumberFieldProps) {
  const [typed, setTyped] = useState<string>();
  const text = typed ?? (value === undefined ? '' : String(Number(value.toPrecision(7))));
  const valid = typed === undefined || typed.trim() === '' || parseNumber(typed) !== undefined;
  return (
    <label className="field-number">
      <span className={hideLabel ? 'sr-only' : undefined}>{label}</span>
      <input
        type="text"
        inputMode="decimal"
        value={text}
        placeholder={placeholder}
        aria-invalid={!valid}
        title={valid ? (value === undefined ? undefined : String(value)) : 'This is not a number'}
        spellCheck={false}
        autoComplete="off"
        onChange={({ target }) => {
          setTyped(target.value);
          const number = parseNumber(target.value);
          if (number !== undefined) onChange(number);
          else if (target.value.trim() === '') onChange(undefined);
        }}
        onBlur={() => setTyped(undefined)}
      />
    </label>
  );
}

/** `0.5`, `-3`, `1/255`, with a comma too; undefined when it is none of these. */
export function parseNumber(text: string): number | undefined {
  const parts = text.trim().replaceAll('−', '-').replaceAll(',', '.').split('/');
  if (parts.length > 2 || parts.some((part) => !/^-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(part.trim()))) {
    return undefined;
  }
  const [over, under = 1] = parts.map(Number);
  const number = over / under;
  return Number.isFinite(number) ? number : undefined;
}
