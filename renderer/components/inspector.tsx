import { useMemo } from 'react';
import type { CoefficientView, ConnectionView, LayerView, PortSummary } from '../../core/worker/contract.ts';
import { formatCount, formatReal, formatShape } from '../graph/text.ts';
import { select, selectKey } from '../state/actions.ts';
import { useGraph } from '../state/graph.ts';
import { showSource } from '../state/source.ts';
import { useStudio, type OpenModel } from '../state/store.ts';
import { ChannelCharts } from './channel-chart.tsx';
import { SelectedGroup } from './group-panel.tsx';
import { Histogram } from './histogram.tsx';
import { ProblemList } from './problem-list.tsx';
import { LayerFacts } from './layer-facts.tsx';
import { NodeTitle } from './node-title.tsx';
import { OpTable } from './op-table.tsx';

/** What is selected, in full; the model itself when nothing is. */
export function Inspector({ model }: { model: OpenModel }) {
  const selected = useStudio((state) => state.selected);
  const layer = useStudio((state) => state.layer);
  const group = useGraph((state) => state.group);
  const node = model.graph.nodes[selected];
  return (
    <aside className="inspector" aria-label="Inspector" tabIndex={-1}>
      <div aria-live="polite">
        {node ? (
          <NodeTitle name={node.name} op={node.op}>
            {node.shapes[0] && <span className="tag">{formatShape(node.shapes[0])}</span>}
            {node.parameters !== null && node.parameters > 0 && (
              <span className="tag">{formatCount(node.parameters)} values</span>
            )}
          </NodeTitle>
        ) : (
          group < 0 && <h2>{model.summary.name}</h2>
        )}
      </div>
      {node ? (
        layer && layer.key === node.key && <LayerDetails layer={layer} />
      ) : group >= 0 ? (
        <SelectedGroup scene={model.scene} group={group} />
      ) : (
        <ModelDetails model={model} />
      )}
    </aside>
  );
}

function LayerDetails({ layer }: { layer: LayerView }) {
  const table = useStudio((state) => state.project?.tableVersion);
  return (
    <>
      <h3>Key</h3>
      <p className="mono wrap">
        <bdi>{layer.key}</bdi>
      </p>
      <h3>Parameters</h3>
      {layer.parameters.length === 0 ? (
        <p className="dim">This layer has none.</p>
      ) : (
        <Parameters parameters={layer.parameters} />
      )}
      <h3>Reads</h3>
      {layer.inputs.length === 0 && <p className="dim">Nothing: data starts here.</p>}
      <ul className="links">
        {layer.inputs.map((input, index) => (
          <li key={index}>
            <Jump connection={input} label={`in ${index}`} />
          </li>
        ))}
      </ul>
      <h3>Read by</h3>
      {layer.outputs.every((output) => output.readers.length === 0) && (
        <p className="dim">Nobody: data ends here.</p>
      )}
      <ul className="links">
        {layer.outputs.flatMap((output) =>
          output.readers.map((reader, index) => (
            <li key={`${output.port}-${index}`}>
              <Jump connection={{ ...reader, shape: output.shape }} label={`out ${output.port}`} />
            </li>
          )),
        )}
      </ul>
      <LayerFacts layer={layer.key} />
      {layer.coefficients.map((coefficient) => (
        <Coefficient key={coefficient.name} coefficient={coefficient} />
      ))}
      {layer.coefficients.length > 0 && <ChannelCharts layer={layer.key} version={table} />}
    </>
  );
}

function Parameters({ parameters }: { parameters: LayerView['parameters'] }) {
  return (
    <table>
      <tbody>
        {parameters.map(({ name, value }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value === '' ? <span className="dim">empty</span> : <bdi>{value}</bdi>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Jump({
  connection: { key, name, op, shape },
  label,
}: {
  connection: ConnectionView;
  label: string;
}) {
  return (
    <button type="button" className="jump" title={`Go to ${key}`} onClick={() => selectKey(key)}>
      <small>{label}</small>
      <b>{op}</b>
      {shape && <span className="tag">{formatShape(shape)}</span>}
      <span className="jump-name">
        <bdi>{name}</bdi>
      </span>
    </button>
  );
}

function Coefficient({ coefficient }: { coefficient: CoefficientView }) {
  const { name, type, shape, count, min, max, histogram } = coefficient;
  return (
    <section className="coefficient">
      <h3>
        <bdi>{name}</bdi>
      </h3>
      <p className="tags">
        <span className="tag">{type}</span>
        <span className="tag">{formatShape(shape)}</span>
        <span className="tag">{formatCount(count)} values</span>
      </p>
      {min !== null && max !== null && (
        <dl className="range">
          <div>
            <dt>Smallest</dt>
            <dd>{formatReal(min)}</dd>
          </div>
          <div>
            <dt>Largest</dt>
            <dd>{formatReal(max)}</dd>
          </div>
        </dl>
      )}
      {histogram.length > 0 && min !== null && max !== null && (
        <Histogram counts={histogram} min={min} max={max} label={name} />
      )}
    </section>
  );
}

function ModelDetails({ model: { summary } }: { model: OpenModel }) {
  return (
    <>
      <p className="dim">Select a layer in the graph or in the list to see its parameters.</p>
      <Import />
      <h3>Inputs</h3>
      <Ports ports={summary.inputs} />
      <h3>Outputs</h3>
      <Ports ports={summary.outputs} />
      <h3>Coefficients</h3>
      <p>
        {summary.parameters === null ? (
          <span className="dim">Not opened: the network file holds the structure only.</span>
        ) : (
          `${formatCount(summary.parameters)} values`
        )}
      </p>
      <OpTable ops={summary.ops} />
    </>
  );
}

/** The way back to the model that the network was made from, and what is to be known about the result. */
function Import() {
  const selected = useStudio((state) => state.selected);
  const notes = useStudio((state) => state.notes);
  const scene = useStudio((state) => state.model?.scene);
  const source = useStudio(({ project }) => project?.source ?? null);
  const problems = useMemo(
    () =>
      notes.map(({ kind, layer, text }) => ({
        kind,
        text,
        node: layer === null || !scene ? -1 : scene.indexOf(layer),
      })),
    [notes, scene],
  );
  return (
    <>
      {source !== null && (
        <>
          <h3>Imported from</h3>
          <p className="import-again">
            <bdi>{source}</bdi>
            <button type="button" className="button" onClick={() => void showSource()}>
              Import again…
            </button>
          </p>
        </>
      )}
      {problems.length > 0 && (
        <>
          <h3>Notes</h3>
          <ProblemList
            label="Notes about the network"
            problems={problems}
            selected={selected}
            onSelect={(node) => void select(node)}
          />
        </>
      )}
    </>
  );
}

function Ports({ ports }: { ports: readonly PortSummary[] }) {
  if (ports.length === 0) return <p className="dim">The file names none.</p>;
  return (
    <ul className="links">
      {ports.map(({ key, name, shape }) => (
        <li key={key}>
          <button type="button" className="jump" onClick={() => selectKey(key)}>
            <b>
              <bdi>{name}</bdi>
            </b>
            {shape && <span className="tag">{formatShape(shape)}</span>}
          </button>
        </li>
      ))}
    </ul>
  );
}
