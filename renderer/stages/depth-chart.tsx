import type { DepthPoint } from '../../core/worker/contract-export.ts';
import { shorten } from '../graph/text.ts';
import { selectKey, showStage } from '../state/actions.ts';
import { setThreshold, useVerify } from '../state/verify.ts';

const HEIGHT = 118;
/** 1 − cosine at the bottom and the top of the chart. */
const SPAN = { least: 1e-6, most: 1 };
/** Cosines with a line of their own. */
const TICKS = [0.9, 0.99, 0.999, 0.9999, 0.99999];
const THRESHOLDS = [0.9, 0.95, 0.99, 0.999];
/** Layers named below the chart. */
const NAMED = 4;

/** Shows a layer where it is in the network. */
function goTo(layer: string): void {
  selectKey(layer);
  showStage('model');
}

interface DepthProps {
  points: readonly DepthPoint[];
  /** Of the region. */
  label: string;
  title: string;
  /** What the layers are compared with, as "further from ..." has it. */
  reference: string;
}

/** How far each layer has drifted from a reference, from the input on; the first one that is off is marked. */
export function DepthChart({ points, label, title, reference }: DepthProps) {
  const threshold = useVerify((state) => state.threshold);
  const first = points.findIndex(({ cosine }) => cosine < threshold);
  const width = 1000;
  const step = width / points.length;
  return (
    <section className="panel depth" aria-label={label}>
      <header>
        <h3>{title}</h3>
        <span className="spring" />
        <label className="chip-choice">
          <span>Off below a cosine of</span>
          <select value={threshold} onChange={({ target }) => setThreshold(Number(target.value))}>
            {THRESHOLDS.map((value) => (
              <option key={value}>{value}</option>
            ))}
          </select>
        </label>
      </header>
      <Verdict points={points} first={first} threshold={threshold} />
      <div className="depth-chart">
        <div className="depth-axis" aria-hidden="true">
          {TICKS.map((cosine) => (
            <span key={cosine} style={{ top: HEIGHT - heightOf(cosine) }}>
              {cosine}
            </span>
          ))}
        </div>
        <svg
          viewBox={`0 0 ${width} ${HEIGHT}`}
          preserveAspectRatio="none"
          style={{ height: HEIGHT, minWidth: Math.min(points.length * 3, 6000) }}
          role="img"
          aria-label={`Cosine of ${points.length} layers; the higher a bar, the further from ${reference}`}
        >
          {TICKS.map((cosine) => (
            <line
              key={cosine}
              x1={0}
              x2={width}
              y1={HEIGHT - heightOf(cosine)}
              y2={HEIGHT - heightOf(cosine)}
            />
          ))}
          <line
            className="depth-limit"
            x1={0}
            x2={width}
            y1={HEIGHT - heightOf(threshold)}
            y2={HEIGHT - heightOf(threshold)}
          />
          {points.map((point, index) => {
            const height = Math.max(1.5, heightOf(point.cosine));
            return (
              <g key={point.layer} className="depth-bar" onClick={() => goTo(point.layer)}>
                <rect x={index * step} y={0} width={step} height={HEIGHT} className="depth-hit">
                  <title>{describe(point)}</title>
                </rect>
                <rect
                  x={index * step + step * 0.12}
                  y={HEIGHT - height}
                  width={step * 0.76}
                  height={height}
                  data-off={point.cosine < threshold || undefined}
                  data-first={index === first || undefined}
                />
              </g>
            );
          })}
        </svg>
      </div>
      <p className="dim depth-foot">
        <span>input</span>
        <span>
          higher bar = further from {reference}, logarithmic; click a bar to see the layer in the graph
        </span>
        <span>output</span>
      </p>
      <Worst points={points} />
    </section>
  );
}

interface VerdictProps {
  points: readonly DepthPoint[];
  first: number;
  threshold: number;
}

function Verdict({ points, first, threshold }: VerdictProps) {
  const point = points[first];
  if (!point) {
    return (
      <p className="match">
        <span className="mark mark-ok" aria-hidden="true">
          ✓
        </span>
        <span>
          All {points.length} layers stay above a cosine of {threshold}.
        </span>
      </p>
    );
  }
  const below = points.filter(({ cosine }) => cosine < threshold).length;
  return (
    <p className="match">
      <span className="mark mark-warn" aria-hidden="true">
        !
      </span>
      <span>
        First layer below {threshold}:{' '}
        <button type="button" className="link" title={point.layer} onClick={() => goTo(point.layer)}>
          {shorten(point.layer, 48)}
        </button>{' '}
        ({point.op}, cosine {point.cosine.toFixed(4)}), layer {first + 1} of {points.length}. {below} in all
        are below.
      </span>
    </p>
  );
}

function Worst({ points }: { points: readonly DepthPoint[] }) {
  const worst = points.toSorted((a, b) => a.cosine - b.cosine).slice(0, NAMED);
  return (
    <p className="depth-worst">
      <span className="dim">Furthest:</span>
      {worst.map((point) => (
        <button
          key={point.layer}
          type="button"
          className="button small"
          title={describe(point)}
          onClick={() => goTo(point.layer)}
        >
          {shorten(point.layer, 30)} {point.cosine.toFixed(4)}
        </button>
      ))}
    </p>
  );
}

function describe({ layer, op, cosine, sqnr }: DepthPoint): string {
  const noise = sqnr === null ? 'no error' : `${sqnr.toFixed(1).replace('-', '−')} dB`;
  return `${layer} (${op}): cosine ${cosine.toFixed(5)}, ${noise}`;
}

/** Height of a bar: the logarithm of what is missing to 1. */
function heightOf(cosine: number): number {
  const missing = Math.min(SPAN.most, Math.max(SPAN.least, 1 - cosine));
  return (HEIGHT * Math.log(missing / SPAN.least)) / Math.log(SPAN.most / SPAN.least);
}
