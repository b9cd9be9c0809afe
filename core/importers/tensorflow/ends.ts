import { StudioError } from '../../network/errors.ts';
import { summarize } from '../../network/network.ts';
import { splitTensor, type SourceNode } from './source.ts';

/** Nodes that nobody has to read: they train, save, check or only hold numbers. */
const SILENT =
  /^(Const|NoOp|Assert|Print(V2)?|Assign.*|Save.*|Restore.*|.*Summary.*|VarHandleOp|VariableV2|Variable|ReadVariableOp|VarIsInitializedOp|MergeV2Checkpoints|ShardedFilename|StringJoin|Placeholder.*|LoopCond|NextIteration|Apply.*|ResourceApply.*)$/;

/** A graph with more loose ends is no network that was cut out for inference. */
const MOST_ENDS = 32;

/**
 * The results of a graph that does not name them: nodes that nobody reads and that depend on an input.
 * @throws StudioError usage when there are none, or so many that they can not all be meant
 */
export function looseEnds(nodes: readonly SourceNode[]): string[] {
  const read = new Set(
    nodes.flatMap(({ inputs, controls }) => [
      ...inputs.map((tensor) => splitTensor(tensor).node),
      ...controls,
    ]),
  );
  const fed = dependents(nodes);
  const switches = new Set(nodes.filter(({ op }) => op === 'Switch').map(({ name }) => name));
  // Each branch of a condition has a node that tells when it is taken.
  const tells = ({ op, inputs }: SourceNode): boolean =>
    op === 'Identity' && switches.has(splitTensor(inputs[0] ?? '').node);
  const ends = nodes.filter(
    (node) => !read.has(node.name) && !SILENT.test(node.op) && fed.has(node.name) && !tells(node),
  );
  // Loops leave counters behind.
  const results = ends.some(({ op }) => op !== 'Exit') ? ends.filter(({ op }) => op !== 'Exit') : ends;
  const names = results.map(({ name }) => name);
  if (names.length > 0 && names.length <= MOST_ENDS) return names;
  throw new StudioError(
    'usage',
    names.length === 0
      ? 'the graph does not say which nodes are its outputs'
      : `the graph does not say which of its ${names.length} ends are its outputs: ${summarize(names)}`,
    {},
    'Name them with --outputs.',
  );
}

/** Nodes that depend on a placeholder. */
function dependents(nodes: readonly SourceNode[]): Set<string> {
  const readers = new Map<string, string[]>();
  for (const { name, inputs } of nodes) {
    for (const tensor of inputs) {
      const { node } = splitTensor(tensor);
      const list = readers.get(node);
      if (list) list.push(name);
      else readers.set(node, [name]);
    }
  }
  const pending = nodes.filter(({ op }) => op.startsWith('Placeholder')).map(({ name }) => name);
  const found = new Set(pending);
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    for (const reader of readers.get(name) ?? []) {
      if (found.has(reader)) continue;
      found.add(reader);
      pending.push(reader);
    }
  }
  return found;
}
