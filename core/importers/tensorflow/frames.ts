import type { Tensor } from '../../network/tensor.ts';
import { makePart, type Part } from './part.ts';
import type { ProtoAttr } from './schema.ts';
import { splitTensor, tensorName, type SourceNode } from './source.ts';

/** A loop of TensorFlow 1 as two parts, each reading the variables and then what is captured. */
export interface LoopPlan {
  variables: number;
  condition: Part;
  body: Part;
}

/** A variable of a loop: where it starts, is tested, changed and left. */
interface LoopVariable {
  enter: SourceNode;
  merge: SourceNode;
  branch: SourceNode;
  next: SourceNode;
  exits: SourceNode[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const frameOf = (node: SourceNode): string => decoder.decode(node.attrs.get('frame_name')?.s);

const textAttribute = (text: string): ProtoAttr => ({
  s: encoder.encode(text),
  i: 0,
  f: 0,
  b: 0,
  type: 0,
  placeholder: '',
});

/** The nodes with an index of who reads whom. */
class Index {
  private readonly byName: ReadonlyMap<string, SourceNode>;
  private readonly readers = new Map<string, SourceNode[]>();

  constructor(nodes: readonly SourceNode[]) {
    this.byName = new Map(nodes.map((node) => [node.name, node]));
    for (const node of nodes) {
      for (const tensor of node.inputs) {
        const { node: name } = splitTensor(tensor);
        const list = this.readers.get(name);
        if (list) list.push(node);
        else this.readers.set(name, [node]);
      }
    }
  }

  producer(tensor: string | undefined): SourceNode | undefined {
    return this.byName.get(splitTensor(tensor ?? '').node);
  }

  readersOf(node: SourceNode, op: string): SourceNode[] {
    return (this.readers.get(node.name) ?? []).filter((reader) => reader.op === op);
  }

  /** Everything that tensors depend on, up to the given nodes. */
  behind(tensors: readonly string[], until: ReadonlySet<SourceNode>): Set<SourceNode> {
    const found = new Set<SourceNode>();
    const pending = [...tensors];
    for (let tensor = pending.pop(); tensor !== undefined; tensor = pending.pop()) {
      const node = this.producer(tensor);
      if (!node || found.has(node) || until.has(node)) continue;
      found.add(node);
      pending.push(...node.inputs);
    }
    return found;
  }
}

function variableOf(index: Index, enter: SourceNode): LoopVariable | undefined {
  const [merge] = index.readersOf(enter, 'Merge');
  const next = merge?.inputs
    .map((tensor) => index.producer(tensor))
    .find((node) => node?.op === 'NextIteration');
  const branch =
    merge &&
    index.readersOf(merge, 'Switch').find(({ inputs }) => index.producer(inputs[1])?.op === 'LoopCond');
  if (!next || !branch) return undefined;
  return { enter, merge, branch, next, exits: index.readersOf(branch, 'Exit') };
}

/**
 * Finds the loops of TensorFlow 1 (Enter, Merge, Switch, NextIteration, Exit) and puts one node in the place of each,
 * inner loops first. What is no whole loop stays as it is.
 */
export function collapseLoops(
  nodes: readonly SourceNode[],
  constants: ReadonlyMap<string, () => Tensor>,
): { nodes: readonly SourceNode[]; loops: Map<string, LoopPlan> } {
  const loops = new Map<string, LoopPlan>();
  let current = nodes;
  const left = new Set(nodes.filter(({ op }) => op === 'Enter').map(frameOf));
  for (let before = -1; before !== left.size && left.size > 0;) {
    before = left.size;
    for (const frame of left) {
      const collapsed = collapse(current, frame, constants);
      if (!collapsed) continue;
      left.delete(frame);
      loops.set(frame, collapsed.plan);
      current = collapsed.nodes;
    }
  }
  return { nodes: current, loops };
}

function collapse(
  nodes: readonly SourceNode[],
  frame: string,
  constants: ReadonlyMap<string, () => Tensor>,
): { nodes: SourceNode[]; plan: LoopPlan } | undefined {
  const index = new Index(nodes);
  const enters = nodes.filter((node) => node.op === 'Enter' && frameOf(node) === frame);
  const variables = enters.flatMap((enter) => variableOf(index, enter) ?? []);
  const captured = enters.filter((enter) => index.readersOf(enter, 'Merge').length === 0);
  const test = variables[0] && index.producer(variables[0].branch.inputs[1]);
  if (!test || variables.length + captured.length !== enters.length) return undefined;
  const own = new Set([
    test,
    ...enters,
    ...variables.flatMap(({ merge, branch, next, exits }) => [merge, branch, next, ...exits]),
  ]);
  const results = variables.map(({ next }) => next.inputs[0] ?? '');
  const inside = index.behind([test.inputs[0] ?? '', ...results], own);
  // An inner loop has to be collapsed first.
  if ([...inside].some(({ op }) => op === 'Enter')) return undefined;
  const pool = [...inside];
  const outside = captured.map(({ name }) => name);
  const plan: LoopPlan = {
    variables: variables.length,
    condition: makePart(
      pool,
      [...variables.map(({ merge }) => merge.name), ...outside],
      [test.inputs[0] ?? ''],
      constants,
    ),
    body: makePart(
      pool,
      [...variables.map(({ branch }) => tensorName(branch.name, 1)), ...outside],
      results,
      constants,
    ),
  };
  return {
    nodes: [...nodes.filter((node) => !own.has(node)), ...replacement(frame, variables, captured)],
    plan,
  };
}

/** The node that stands for the loop, and its exits under their names. */
function replacement(
  frame: string,
  variables: readonly LoopVariable[],
  captured: readonly SourceNode[],
): SourceNode[] {
  const starts = [...variables.map(({ enter }) => enter), ...captured];
  const loop: SourceNode = {
    name: frame,
    op: 'LoopFrame',
    inputs: starts.map(({ inputs }) => inputs[0] ?? ''),
    controls: [],
    attrs: new Map([['plan', textAttribute(frame)]]),
  };
  const exits = variables.flatMap((variable, i) =>
    variable.exits.map((exit) => ({ ...exit, op: 'Identity', inputs: [tensorName(frame, i)] })),
  );
  return [loop, ...exits];
}
