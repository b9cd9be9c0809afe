import type { SourceGraphView } from '../../core/worker/contract-model.ts';
import { formatShape } from '../graph/text.ts';
import { cutAt } from '../state/source.ts';
import { NodeTitle } from '../components/node-title.tsx';

/** The selected node of the model as its file has it, and where it can be cut. */
export function SourceNode({ graph, selected }: { graph: SourceGraphView; selected: number }) {
  const node = graph.nodes[selected];
  if (!node) return <p className="dim">Select a node to see it, or to cut the network there.</p>;
  const { reads, makes } = graph.tensors[selected];
  const computes = node.role === 'layer';
  return (
    <>
      <NodeTitle name={node.name} op={node.op}>
        {node.shapes[0] && <span className="tag">{formatShape(node.shapes[0])}</span>}
      </NodeTitle>
      {computes && (
        <div className="import-cuts" role="group" aria-label="Cut here">
          <button type="button" className="button" onClick={() => void cutAt([selected], 'end-before')}>
            End in front of it
          </button>
          <button type="button" className="button" onClick={() => void cutAt([selected], 'begin-after')}>
            Begin behind it
          </button>
        </div>
      )}
      <Tensors title="Reads" names={reads} />
      <Tensors title="Makes" names={makes} />
      {graph.parameters[selected].length > 0 && (
        <>
          <h3>Attributes</h3>
          <table>
            <tbody>
              {graph.parameters[selected].map(({ name, value }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>
                    <bdi>{value}</bdi>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </>
  );
}

function Tensors({ title, names }: { title: string; names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul>
        {names.map((name, index) => (
          <li key={index} className="mono wrap">
            <bdi>{name}</bdi>
          </li>
        ))}
      </ul>
    </>
  );
}
