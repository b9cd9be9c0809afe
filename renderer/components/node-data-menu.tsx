import { useRef, useState, type KeyboardEvent } from 'react';
import {
  exportNodeData,
  importNodeData,
  loadQuantities,
  showExtra,
  useExtraColours,
} from '../state/extra-colours.ts';

/** Values of other programs on this graph, and ours for them. */
export function NodeDataMenu() {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const mode = useExtraColours((state) => state.mode);
  const toggle = (): void => {
    if (!open) void loadQuantities();
    setOpen(!open);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !open) return;
    event.stopPropagation();
    setOpen(false);
    button.current?.focus();
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- Escape closes from anywhere in it
    <div className="node-data" onKeyDown={onKey}>
      <button
        ref={button}
        type="button"
        className="button"
        aria-expanded={open}
        aria-controls="node-data-panel"
        data-active={typeof mode === 'number'}
        title="Node data: times of a board, values from and for Netron and Model Explorer"
        onClick={toggle}
      >
        Data {open ? '▴' : '▾'}
      </button>
      {open && <Panel />}
    </div>
  );
}

function Panel() {
  const input = useRef<HTMLInputElement>(null);
  const mode = useExtraColours((state) => state.mode);
  const imported = useExtraColours((state) => state.imported);
  const quantities = useExtraColours((state) => state.quantities);
  const [chosen, setChosen] = useState<string>();
  const name = chosen ?? quantities?.[0]?.name ?? null;
  return (
    <section id="node-data-panel" className="node-data-panel" aria-label="Node data">
      <h3>From a file</h3>
      {imported.map((data, index) => (
        <label key={index}>
          <input
            type="radio"
            name="node-data"
            checked={mode === index}
            onChange={() => void showExtra(index)}
          />{' '}
          {data.name}{' '}
          <small className="dim">
            {data.values.length} layers
            {data.unmatched > 0 && `, ${data.unmatched} names of other models`}
          </small>
        </label>
      ))}
      <button type="button" className="button small" onClick={() => input.current?.click()}>
        Open node data…
      </button>
      <input
        ref={input}
        type="file"
        hidden
        accept=".json,.log,.txt"
        data-testid="node-data-input"
        onChange={({ target }) => {
          void importNodeData(target.files?.[0]);
          target.value = '';
        }}
      />
      <h3>For other programs</h3>
      <button type="button" className="button small" onClick={() => void exportNodeData('netron', null)}>
        Save for Netron
      </button>
      <div className="node-data-row">
        <select
          aria-label="Values for Model Explorer"
          value={name ?? ''}
          onChange={({ target }) => setChosen(target.value)}
        >
          {(quantities ?? []).map((quantity) => (
            <option key={quantity.name} value={quantity.name}>
              {quantity.name} ({quantity.layers})
            </option>
          ))}
        </select>
        <button
          type="button"
          className="button small"
          disabled={name === null}
          onClick={() => void exportNodeData('model-explorer', name)}
        >
          Save for Model Explorer
        </button>
      </div>
    </section>
  );
}
