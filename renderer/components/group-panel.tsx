import { useMemo } from 'react';
import { membersOf, type Hierarchy } from '../graph/groups/hierarchy.ts';
import { summarizeGroup } from '../graph/groups/summary.ts';
import type { Scene } from '../graph/scene.ts';
import { formatCount } from '../graph/text.ts';
import { select } from '../state/actions.ts';
import { closeGroup, openGroup, selectGroup, useGraph } from '../state/graph.ts';
import { OpTable } from './op-table.tsx';

/** Children that are listed; the graph shows the others. */
const MOST = 200;

/** The selected group: its scope, what is in it and what flows through it. */
export function SelectedGroup({ scene, group }: { scene: Scene; group: number }) {
  const hierarchy = useGraph((state) => state.hierarchy);
  const inner = hierarchy?.groups[group];
  if (!hierarchy || !inner) return null;
  return (
    <>
      <h2 aria-live="polite">
        <bdi>{inner.path}</bdi>
      </h2>
      <Details scene={scene} hierarchy={hierarchy} group={group} />
    </>
  );
}

function Details({ scene, hierarchy, group }: { scene: Scene; hierarchy: Hierarchy; group: number }) {
  const open = useGraph((state) => state.open.has(group));
  const { groups, nodes } = hierarchy.groups[group];
  const summary = useMemo(() => summarizeGroup(scene, hierarchy, group), [scene, hierarchy, group]);
  const sums = useMemo(() => totals(scene, membersOf(hierarchy, group)), [scene, hierarchy, group]);
  return (
    <>
      <p>
        <button
          type="button"
          className="button"
          onClick={() => void (open ? closeGroup(group) : openGroup(group))}
        >
          {open ? 'Close the group' : 'Open the group'}
        </button>
      </p>
      <h3>In it</h3>
      <table className="facts">
        <tbody>
          {[
            ['layers', formatCount(summary.layers)],
            ['parameters', sums.parameters === null ? 'not known' : formatCount(sums.parameters)],
            ['multiply-accumulates', sums.macs === null ? 'not known' : formatCount(sums.macs)],
            ['comes in', summary.inputs.join(', ') || 'nothing'],
            ['goes out', summary.outputs.join(', ') || 'nothing'],
          ].map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="number">{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <OpTable ops={summary.ops} />
      <h3>Groups and layers</h3>
      <ul className="links">
        {groups.slice(0, MOST).map((inner) => (
          <li key={`group ${inner}`}>
            <button type="button" className="jump" onClick={() => selectGroup(inner)}>
              <b>
                <bdi>{hierarchy.groups[inner].name}</bdi>
              </b>
              <span className="tag">{formatCount(hierarchy.groups[inner].count)} layers</span>
            </button>
          </li>
        ))}
        {nodes.slice(0, MOST).map((node) => (
          <li key={node}>
            <button type="button" className="jump" onClick={() => void select(node)}>
              <b>{scene.nodes[node].op}</b>
              <span className="jump-name">
                <bdi>{scene.nodes[node].name}</bdi>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function totals({ nodes }: Scene, members: readonly number[]) {
  const sum = (what: 'parameters' | 'macs'): number | null => {
    const known = members.flatMap((node) => nodes[node][what] ?? []);
    return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
  };
  return { parameters: sum('parameters'), macs: sum('macs') };
}
