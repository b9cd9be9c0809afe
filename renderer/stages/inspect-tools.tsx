import type { Scene } from '../graph/scene.ts';
import { redo, setLayers, show, undo, useInspect } from '../state/inspect.ts';
import { arrange, between, unitOf, type InspectRow } from './inspect-rows.ts';

/** Layers that "the worst" takes. */
const WORST = [1, 2, 3, 5, 10, 20];

/** Ways to choose many layers at once, and back. */
export function PlanTools({ rows, scene }: { rows: readonly InspectRow[]; scene: Scene }) {
  const { layers, ranges } = useInspect((state) => state.draft);
  const past = useInspect((state) => state.past.length);
  const future = useInspect((state) => state.future.length);
  const format = useInspect((state) => state.format);
  const formats = useInspect((state) => state.formats);
  const analysis = useInspect((state) => state.analysis);
  const count = Object.keys(layers).length;
  const take = (many: number): void => {
    if (!analysis) return;
    const computing = rows.filter(({ node }) => scene.nodes[node].role === 'layer');
    const worst = arrange(computing, { by: 'entropy', reversed: false, filter: '' });
    const units = [...new Set(worst.map(({ key }) => unitOf(analysis, key).join('\0')))].slice(0, many);
    setLayers(
      units.flatMap((unit) => unit.split('\0')),
      format,
    );
  };
  return (
    <div className="plan-tools">
      <h3>
        Changes <span className="tag">{count + Object.keys(ranges).length}</span>
      </h3>
      <label>
        <span className="sr-only">Type for chosen layers</span>
        <select
          value={format}
          title="Type that ticked layers get"
          onChange={({ target }) => show({ format: target.value })}
        >
          {formats.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <select
        aria-label="Take the worst layers"
        title="Layers with the highest entropy; what shares a range with them comes along"
        value=""
        onChange={({ target }) => take(Number(target.value))}
      >
        <option value="" disabled>
          Worst…
        </option>
        {WORST.map((many) => (
          <option key={many} value={many}>
            {many} worst by entropy
          </option>
        ))}
      </select>
      <button
        type="button"
        className="button small"
        disabled={count < 2}
        title="All layers on the ways between those chosen, so that they are one connected part"
        onClick={() => setLayers(between(scene, Object.keys(layers)), format)}
      >
        Fill between
      </button>
      <button
        type="button"
        className="button small"
        disabled={count === 0}
        onClick={() => setLayers(Object.keys(layers), null)}
      >
        Clear
      </button>
      <span className="spring" />
      <button
        type="button"
        className="button small"
        disabled={past === 0}
        aria-label="Undo"
        title="Undo (Ctrl + Z)"
        onClick={undo}
      >
        ↶
      </button>
      <button
        type="button"
        className="button small"
        disabled={future === 0}
        aria-label="Redo"
        title="Redo (Ctrl + Y)"
        onClick={redo}
      >
        ↷
      </button>
    </div>
  );
}
