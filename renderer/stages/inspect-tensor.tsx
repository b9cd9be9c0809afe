import { useMemo, useState } from 'react';
import type { AnalysisView, EntryView, TensorReport } from '../../core/worker/contract-inspect.ts';
import { ChannelCharts } from '../components/channel-chart.tsx';
import { Histogram } from '../components/histogram.tsx';
import { LayerFacts } from '../components/layer-facts.tsx';
import { formatReal } from '../graph/text.ts';
import { setLayers, setRange, useInspect } from '../state/inspect.ts';
import { useStudio, type OpenModel } from '../state/store.ts';
import { costOf, spellBytes } from './inspect-cost.ts';
import { InspectHistogram } from './inspect-histogram.tsx';
import { NextLayers } from './inspect-next-layer.tsx';
import { decibels, shortType, unitOf } from './inspect-rows.ts';
import { percent, reasons } from './inspect-why.ts';
import { expectedError, gridOf, stretches } from './tensor-error.ts';
import { NodeTitle } from '../components/node-title.tsx';

/** SQNR below this is worth a look. */
const POOR = 20;

/** The selected layer: how bad is it, why, what can be done. */
export function InspectTensor({ model, analysis }: { model: OpenModel; analysis: AnalysisView }) {
  const selected = useStudio((state) => state.selected);
  const version = useStudio((state) => state.project?.tableVersion);
  const node = model.graph.nodes[selected];
  const own = analysis.tensors.filter(({ layer }) => layer === node?.key);
  const output = own.find(({ kind }) => kind === 'activation');
  const weights = own.find(({ kind }) => kind === 'weight');
  if (!node) return null;
  return (
    <>
      <NodeTitle name={node.name} op={node.op}>
        {output && <span className="tag">{shortType(output.delivered)}</span>}
        {weights && <span className="tag">weights {shortType(weights.delivered)}</span>}
      </NodeTitle>
      {output ? (
        <>
          <Measures output={output} />
          <h3>Why</h3>
          {reasons(output, weights, analysis.entries[output.ref]).map((reason) => (
            <p key={reason} className="inspect-why">
              {reason}
            </p>
          ))}
          <h3>Output, float values</h3>
          <Thresholds key={output.ref} output={output} entry={analysis.entries[output.ref]} />
        </>
      ) : (
        <p className="dim">This layer has no error of its own: it only passes on what it reads.</p>
      )}
      <Remedies analysis={analysis} layerKey={node.key} />
      {weights && <Weights weights={weights} />}
      {weights && <ChannelCharts layer={node.key} version={version} />}
      <LayerFacts layer={node.key} />
    </>
  );
}

function Measures({ output }: { output: TensorReport }) {
  const { single, entire, entropy } = output;
  return (
    <table className="inspect-measures">
      <thead>
        <tr>
          <th scope="col">Error</th>
          <th scope="col" title="Only this layer is quantized">
            single
          </th>
          <th scope="col" title="Everything is quantized">
            entire
          </th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row" title="Signal to quantization noise; 20 dB: the noise has a tenth of the amplitude">
            SQNR
          </th>
          {[single, entire].map((measure, index) => (
            <td key={index} data-poor={decibels(measure) < POOR || undefined}>
              {Number.isFinite(decibels(measure)) ? `${decibels(measure).toFixed(1)} dB` : 'no error'}
            </td>
          ))}
        </tr>
        <tr>
          <th scope="row" title="1 = same direction">
            Cosine
          </th>
          <td>{single?.cosine.toFixed(5)}</td>
          <td>{entire?.cosine.toFixed(5)}</td>
        </tr>
        <tr>
          <th scope="row">Largest error</th>
          <td>{formatReal(single?.maxError ?? 0)}</td>
          <td>{formatReal(entire?.maxError ?? 0)}</td>
        </tr>
        <tr>
          <th scope="row" title="Share of the values at an end of the type">
            Cut off
          </th>
          <td>{percent(single?.clipped ?? 0)}</td>
          <td>{percent(entire?.clipped ?? 0)}</td>
        </tr>
        <tr>
          <th scope="row" title="Share of 16 bits that is lost: 0 nothing, 1 all">
            Entropy
          </th>
          <td>{entropy.toFixed(3)}</td>
          <td>–</td>
        </tr>
      </tbody>
    </table>
  );
}

/** The histogram with the range of the table, which can be moved; what that does is computed here. */
function Thresholds({ output, entry }: { output: TensorReport; entry: EntryView | undefined }) {
  const edited = useInspect((state) => state.draft.ranges[output.ref]);
  const [moving, setMoving] = useState<{ min: number; max: number } | undefined>();
  const { histogram, min, max, ref } = output;
  const spread = useMemo(() => (histogram ? stretches(histogram, min, max) : []), [histogram, min, max]);
  if (!histogram) return <p className="dim">No values were counted.</p>;
  const stored =
    entry && entry.min !== null && entry.max !== null ? { min: entry.min, max: entry.max } : undefined;
  const range = moving ?? edited ?? stored;
  const grid = entry && range && gridOf(entry, range);
  const before = entry && stored && gridOf(entry, stored);
  return (
    <>
      <InspectHistogram
        histogram={histogram}
        spread={spread}
        seen={{ min, max }}
        range={grid ? range : undefined}
        grid={grid}
        onRange={(next, done) => {
          setMoving(done ? undefined : next);
          if (done) setRange(ref, next);
        }}
      />
      {grid && before ? (
        <p className="inspect-expected" role="status">
          Steps of {formatReal(grid.step)}; {percent(expectedError(spread, histogram.zeros, grid).clipped)}{' '}
          cut off. Storing alone keeps <b>{expected(spread, histogram.zeros, grid)}</b>
          {range !== stored && <> (before {expected(spread, histogram.zeros, before)})</>}.{' '}
          {edited && (
            <button type="button" className="link" onClick={() => setRange(ref, undefined)}>
              As it was
            </button>
          )}
        </p>
      ) : (
        <p className="dim">{shortType(output.delivered)} has no range to choose.</p>
      )}
      {grid && range !== stored && <NextLayers tensor={ref} min={range.min} max={range.max} />}
    </>
  );
}

function expected(...given: Parameters<typeof expectedError>): string {
  const { sqnr } = expectedError(...given);
  return sqnr === null ? 'everything' : `${sqnr.toFixed(1).replace('-', '−')} dB`;
}

function Weights({ weights }: { weights: TensorReport }) {
  const layer = useStudio((state) => state.layer);
  const own =
    layer?.key === weights.layer ? layer.coefficients.find(({ name }) => name === 'weight') : undefined;
  return (
    <>
      <h3>Weights</h3>
      {own && own.histogram.length > 0 && own.min !== null && own.max !== null && (
        <Histogram counts={own.histogram} min={own.min} max={own.max} label="the weights" />
      )}
      <p>
        Stored as {shortType(weights.delivered)}:{' '}
        {Number.isFinite(decibels(weights.stored)) ? `${decibels(weights.stored).toFixed(1)} dB` : 'no error'}
        , entropy {weights.entropy.toFixed(3)}.
      </p>
    </>
  );
}

/** Types that are offered as buttons. */
const OFFERED = ['dynamic_fixed_point-i16', 'float16'];

/** Buttons with what they cost. */
function Remedies({ analysis, layerKey }: { analysis: AnalysisView; layerKey: string }) {
  const layer = useStudio((state) => state.layer);
  const formats = useInspect((state) => state.formats);
  const chosen = useInspect((state) => state.draft.layers[layerKey]);
  const unit = unitOf(analysis, layerKey);
  const offered = formats.filter(({ value }) => OFFERED.includes(value));
  return (
    <>
      <h3>What can be done</h3>
      <div className="inspect-remedies" role="group" aria-label="Type of this layer">
        <button type="button" aria-pressed={chosen === undefined} onClick={() => setLayers(unit, null)}>
          <b>Keep</b>
          <small>as the other layers</small>
        </button>
        {offered.map((format) => {
          const cost = layer?.key === layerKey ? costOf(layer, format, analysis.entries) : undefined;
          return (
            <button
              key={format.value}
              type="button"
              aria-pressed={chosen === format.value}
              onClick={() => setLayers(unit, format.value)}
            >
              <b>{format.label}</b>
              <small>{cost ? `weights ${spellBytes(cost.weights)}` : ''}</small>
              <small>{cost && cost.output !== null ? `output ${spellBytes(cost.output)}` : ''}</small>
            </button>
          );
        })}
      </div>
      {unit.length > 1 && (
        <p className="dim">
          Together with {unit.filter((key) => key !== layerKey).join(', ')}, which shares its range.
        </p>
      )}
    </>
  );
}
