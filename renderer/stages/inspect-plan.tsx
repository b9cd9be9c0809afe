import { useMemo } from 'react';
import type { Scene } from '../graph/scene.ts';
import { formatReal, shorten } from '../graph/text.ts';
import { selectKey } from '../state/actions.ts';
import { editText, setLayers, setRange, useInspect } from '../state/inspect.ts';
import { useStudio } from '../state/store.ts';
import { InspectEffect } from './inspect-effect.tsx';
import type { InspectRow } from './inspect-rows.ts';
import { PlanTools } from './inspect-tools.tsx';
import { TextEditor } from './text-editor.tsx';
import { completeCustomized } from './yaml-complete.ts';

/** What is to be changed: as a table, as YAML, and what it does. */
export function InspectPlan({ rows, scene }: { rows: readonly InspectRow[]; scene: Scene }) {
  return (
    <section className="inspect-plan" aria-label="Changes">
      <Chosen rows={rows} scene={scene} />
      <Yaml scene={scene} />
      <InspectEffect />
    </section>
  );
}

function Chosen({ rows, scene }: { rows: readonly InspectRow[]; scene: Scene }) {
  const { layers, ranges } = useInspect((state) => state.draft);
  const formats = useInspect((state) => state.formats);
  const entries = Object.entries(layers);
  return (
    <div className="plan-part">
      <PlanTools rows={rows} scene={scene} />
      {entries.length + Object.keys(ranges).length === 0 && (
        <p className="dim">
          Nothing is to be changed. Tick layers in the list, or take the worst ones with the button above.
        </p>
      )}
      <ul className="plan-layers">
        {entries.map(([key, type]) => (
          <li key={key}>
            <button type="button" className="link" title={key} onClick={() => selectKey(key)}>
              <bdi>{shorten(key, 28)}</bdi>
            </button>
            <select
              aria-label={`Type of ${key}`}
              value={type}
              onChange={({ target }) => setLayers([key], target.value)}
            >
              {!formats.some(({ value }) => value === type) && <option value={type}>{type}</option>}
              {formats.map(({ value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
            <button
              type="button"
              className="button small"
              aria-label={`Take ${key} off the list`}
              onClick={() => setLayers([key], null)}
            >
              ×
            </button>
          </li>
        ))}
        {Object.entries(ranges).map(([ref, { min, max }]) => (
          <li key={ref}>
            <button
              type="button"
              className="link"
              title={ref}
              onClick={() => selectKey(ref.slice(1, ref.lastIndexOf(':')))}
            >
              <bdi>{shorten(ref, 28)}</bdi>
            </button>
            <span>
              range {formatReal(min)} to {formatReal(max)}
            </span>
            <button
              type="button"
              className="button small"
              aria-label={`Range of ${ref} as it was`}
              onClick={() => setRange(ref, undefined)}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Yaml({ scene }: { scene: Scene }) {
  const text = useInspect((state) => state.text);
  const problems = useInspect((state) => state.textProblems);
  const saving = useInspect((state) => state.saving);
  const formats = useInspect((state) => state.formats);
  const name = useStudio((state) => state.project?.name ?? '');
  const complete = useMemo(
    () =>
      completeCustomized(
        scene.nodes.map(({ key }) => key),
        formats.map(({ value, label }) => ({ text: value, note: label, alias: label })),
      ),
    [scene, formats],
  );
  return (
    <div className="plan-part">
      <div className="plan-tools">
        <h3>In {name}.quantize</h3>
        <span className="spring" />
        <output className="dim">
          {problems.length > 0 ? 'not saved' : saving === 'no' ? 'saved' : 'saving'}
        </output>
      </div>
      <TextEditor
        label="customized_quantize_layers as YAML"
        text={text}
        problems={problems}
        complete={complete}
        onChange={editText}
      />
      <ul className="plan-problems" role="status">
        {problems.slice(0, 3).map(({ line, message }) => (
          <li key={`${line} ${message}`}>
            <b>Line {line}:</b> {message}
          </li>
        ))}
      </ul>
    </div>
  );
}
