import { useState } from 'react';
import type { WireError } from '../../core/worker/contract.ts';
import type { InputChoice, SourceTensor } from '../../core/worker/contract-model.ts';
import type { Suggestion } from '../components/suggestions.tsx';
import { choiceProblem } from '../state/source.ts';
import { NameField } from './name-field.tsx';

interface ImportInputProps {
  input: InputChoice;
  index: number;
  /** The model's own input of that name. */
  declared: SourceTensor | undefined;
  types: readonly string[];
  names: readonly Suggestion[];
  problem: WireError | null;
  onChange: (change: Partial<InputChoice>) => void;
  onRemove: () => void;
}

/** One input point: its name, its size and its type, each with what is wrong with it. */
export function ImportInput(props: ImportInputProps) {
  const { input, index, declared, types, names, problem, onChange, onRemove } = props;
  const { name, shape, type } = input;
  const wrong = {
    name: choiceProblem(problem, ['inputs'], name),
    shape: choiceProblem(problem, ['sizes'], name),
    type: choiceProblem(problem, ['types'], name),
  };
  const messages = Object.values(wrong).filter((message) => message !== undefined);
  const id = `input-problem-${index}`;
  return (
    <div className="import-point">
      <NameField
        label={`Input ${index + 1}`}
        value={name}
        names={names}
        invalid={wrong.name !== undefined}
        describedBy={messages.length > 0 ? id : undefined}
        onChange={(value) => onChange({ name: value, shape: null })}
      />
      <button
        type="button"
        className="button small"
        aria-label={`Take input ${name} off the list`}
        onClick={onRemove}
      >
        ×
      </button>
      <div className="import-details">
        <Shape
          key={name}
          name={name}
          shape={shape}
          declared={declared?.shape ?? null}
          invalid={wrong.shape !== undefined}
          onChange={(next) => onChange({ shape: next })}
        />
        <select
          aria-label={`Type of ${name}`}
          aria-invalid={wrong.type !== undefined}
          value={type ?? ''}
          onChange={({ target }) => onChange({ type: target.value === '' ? null : target.value })}
        >
          <option value="">{declared?.type ?? 'its own type'}</option>
          {types
            .filter((one) => one !== declared?.type)
            .map((one) => (
              <option key={one}>{one}</option>
            ))}
        </select>
      </div>
      {messages.length > 0 && (
        <p id={id} className="field-problem">
          {messages.join('; ')}
        </p>
      )}
    </div>
  );
}

interface ShapeProps {
  name: string;
  shape: InputChoice['shape'];
  declared: SourceTensor['shape'];
  invalid: boolean;
  onChange: (shape: InputChoice['shape']) => void;
}

/** A box for each dimension; an open one shows the name the model gives it. One text where the rank is not known. */
function Shape({ name, shape, declared, invalid, onChange }: ShapeProps) {
  const [typed, setTyped] = useState<string>();
  if (shape === null || typed !== undefined) {
    return (
      <input
        type="text"
        className="import-shape"
        aria-label={`Size of ${name}`}
        aria-invalid={invalid}
        placeholder="as declared, or e.g. 1,3,224,224"
        spellCheck={false}
        autoComplete="off"
        value={typed ?? ''}
        onChange={({ target }) => {
          setTyped(target.value);
          onChange(parseShape(target.value));
        }}
      />
    );
  }
  return (
    <span className="import-dims" role="group" aria-label={`Size of ${name}`}>
      {shape.map((size, axis) => {
        const dim = declared?.[axis];
        const open = typeof dim === 'string' ? dim : '';
        return (
          <input
            key={axis}
            type="text"
            inputMode="numeric"
            aria-label={axis === 0 ? 'Batch' : `Dimension ${axis}`}
            title={open === '' || open === '?' ? undefined : `${open} in the model`}
            aria-invalid={invalid && size === null}
            value={size ?? ''}
            placeholder={open}
            autoComplete="off"
            onChange={({ target }) =>
              onChange(shape.map((old, at) => (at === axis ? parseSize(target.value, old) : old)))
            }
          />
        );
      })}
    </span>
  );
}

/** Empty is open; what is no number changes nothing. */
function parseSize(text: string, before: number | null): number | null {
  if (text.trim() === '') return null;
  return /^\d{1,8}$/.test(text.trim()) ? Number(text) : before;
}

/** `1,3,224,224`, also with spaces or ×; null while it is none. */
function parseShape(text: string): number[] | null {
  const parts = text.trim().split(/[\s,x×]+/);
  return parts.every((part) => /^\d{1,8}$/.test(part)) ? parts.map(Number) : null;
}
