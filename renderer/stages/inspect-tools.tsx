import type { Scene } from '../graph/scene.ts';
import { redo, setLayers, show, undo, useInspect } from '../state/inspect.ts';
import { useStudio } from '../state/store.ts';
import { arrange, between, connected, unitOf, type InspectRow } from './inspect-rows.ts';

/** Layers that "the worst" takes. */
const WORST = [1, 2, 3, 5, 10, 20];
/** SQNR in dB below which a connected part goes on, as the colours divide it; below 20 a layer needs care. */
const LIMITS = [20, 25, 30, 35, 40];
/** The choice of what lies between. */
const BETWEEN = 'between';

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
      <ConnectedTool rows={rows} scene={scene} />
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

/** Makes one connected part of the choice, or of the selected layer where nothing is chosen. */
function ConnectedTool({ rows, scene }: { rows: readonly InspectRow[]; scene: Scene }) {
  const layers = useInspect((state) => state.draft.layers);
  const format = useInspect((state) => state.format);
  const analysis = useInspect((state) => state.analysis);
  const selected = useStudio((state) => state.selected);
  const chosen = Object.keys(layers);
  const start = chosen.length > 0 || selected < 0 ? chosen : [scene.nodes[selected].key];
  const take = (way: string): void => {
    if (way === BETWEEN) setLayers(between(scene, chosen), format);
    else if (analysis) setLayers(connected(scene, rows, analysis, start, Number(way)), format);
  };
  return (
    <select
      className="wide"
      aria-label="Take what is connected"
      disabled={start.length === 0}
      title="Takes all layers between those chosen; or the whole connected part around them (or around the selected layer): it goes on through every neighbour whose single SQNR is below the limit"
      value=""
      onChange={({ target }) => take(target.value)}
    >
      <option value="" disabled>
        Connected…
      </option>
      <option value={BETWEEN} disabled={chosen.length < 2}>
        All between those chosen
      </option>
      {LIMITS.map((limit) => (
        <option key={limit} value={limit}>
          All around, single below {limit} dB
        </option>
      ))}
    </select>
  );
}
