import { useMemo } from 'react';
import { ProblemList, type Problem } from '../components/problem-list.tsx';
import { opColouring, wordColouring } from '../graph/colouring.ts';
import { GraphView } from '../graph/graph-view.tsx';
import { select } from '../state/actions.ts';
import { cutAt } from '../state/source.ts';
import { useStudio, type OpenSource } from '../state/store.ts';
import { ImportForm } from './import-form.tsx';
import { SourceNode } from './source-node.tsx';

const REFUSED = 'can not be imported';

/** The model before its conversion: what of it is imported and how, and what stands in the way. */
export function ImportPage({ source }: { source: OpenSource }) {
  const selected = useStudio((state) => state.selected);
  const problems = useMemo(() => problemsOf(source), [source]);
  return (
    <div className="import-page">
      <ImportForm source={source} />
      <div className="import-graph">
        {source.drawn ? (
          <SourceGraph drawn={source.drawn} problems={problems} />
        ) : (
          <p className="empty">The graph appears as soon as the model can be read.</p>
        )}
      </div>
      <aside className="inspector import-side" aria-label="Problems and node" tabIndex={-1}>
        {problems.length > 0 && (
          <>
            <h2>What stands in the way</h2>
            <p className="dim">A line leads to its node. Cut there, and the part in front is imported.</p>
            <ProblemList
              label="Problems of the model"
              problems={problems}
              selected={selected}
              onSelect={(node) => void select(node)}
              renderAction={(lines) => <CutAll problems={lines} />}
            />
          </>
        )}
        {source.drawn && <SourceNode graph={source.drawn.graph} selected={selected} />}
      </aside>
    </div>
  );
}

function CutAll({ problems }: { problems: readonly Problem[] }) {
  const nodes = problems.map(({ node }) => node).filter((node) => node >= 0);
  if (nodes.length === 0) return null;
  return (
    <button
      type="button"
      className="button small"
      title="The network ends in front of all of these"
      onClick={() => void cutAt(nodes, 'end-before')}
    >
      Cut {nodes.length === 1 ? 'here' : 'in front of all'}
    </button>
  );
}

function problemsOf({ problem, drawn }: OpenSource): Problem[] {
  return (problem?.details?.nodes ?? []).map(({ node, tensor, op, reason }) => ({
    kind: reason === undefined ? `${op} is not known` : `${op}: ${reason}`,
    text: node,
    node: drawn?.scene.indexOf(tensor) ?? -1,
  }));
}

interface SourceGraphProps {
  drawn: NonNullable<OpenSource['drawn']>;
  problems: readonly Problem[];
}

function SourceGraph({ drawn: { scene }, problems }: SourceGraphProps) {
  const colouring = useMemo(() => {
    if (problems.length === 0) return opColouring(scene);
    const words: (string | null)[] = scene.nodes.map(() => null);
    for (const { node } of problems) if (node >= 0) words[node] = REFUSED;
    const marked = wordColouring('Import', words, new Map([[REFUSED, '--bad']]));
    const [other, ...refused] = marked.classes;
    const badges = scene.labels.map(({ badge }, node) => (words[node] === null ? badge : '✕ refused'));
    return { ...marked, classes: [{ ...other, label: 'in order' }, ...refused], badges };
  }, [scene, problems]);
  return <GraphView scene={scene} colouring={colouring} />;
}
