import { scalarOf } from '../onnx/numeric.ts';
import type { Tensor } from '../../network/tensor.ts';
import { constOf, isConst } from './graph.ts';
import { splitTensor, type SourceNode } from './source.ts';

/** Steps back to the constant behind a condition. */
const MAX_STEPS = 64;
/** Nodes that are looked at to find the conditions of all merges; more would be no model of ours. */
const MAX_VISITS = 20_000_000;

/** Operators that hand a truth value on. */
const COPIES = new Set(['Identity', 'PlaceholderWithDefault', 'StopGradient', 'Squeeze', 'Reshape']);

/**
 * Resolves the branches of TensorFlow 1 (Switch and Merge, outside of loops): of a known condition only one is left, of
 * others both are computed and the condition picks.
 */
export function resolveBranches(
  nodes: readonly SourceNode[],
  constants: ReadonlyMap<string, () => Tensor>,
): SourceNode[] {
  if (!nodes.some(({ op }) => op === 'Switch')) return [...nodes];
  return new Branches(nodes, constants).resolved();
}

class Branches {
  private readonly nodes: readonly SourceNode[];
  private readonly constants: ReadonlyMap<string, () => Tensor>;
  private readonly byName: ReadonlyMap<string, SourceNode>;
  /** Of Switch nodes outside of loops: what is known of their condition. */
  private readonly conditions = new Map<SourceNode, { root: string; value: boolean | undefined }>();
  private readonly dead: ReadonlySet<string>;
  private visits = 0;

  constructor(nodes: readonly SourceNode[], constants: ReadonlyMap<string, () => Tensor>) {
    this.nodes = nodes;
    this.constants = constants;
    this.byName = new Map(nodes.map((node) => [node.name, node]));
    for (const node of nodes) {
      if (node.op !== 'Switch' || this.producer(node.inputs[1])?.op === 'LoopCond') continue;
      this.conditions.set(node, this.condition(node.inputs[1] ?? ''));
    }
    this.dead = this.deadTensors();
  }

  resolved(): SourceNode[] {
    return this.nodes.map((node) => {
      // Whatever reads the branch that is not taken is dead; its other output is the same tensor.
      if (this.conditions.has(node))
        return { ...node, op: 'IdentityN', inputs: [node.inputs[0] ?? '', node.inputs[0] ?? ''] };
      return node.op === 'Merge' && !this.ofLoop(node) ? this.merged(node) : node;
    });
  }

  private producer(tensor: string | undefined): SourceNode | undefined {
    return this.byName.get(splitTensor(tensor ?? '').node);
  }

  private ofLoop(merge: SourceNode): boolean {
    return merge.inputs.some((tensor) => /^(Enter|NextIteration)$/.test(this.producer(tensor)?.op ?? ''));
  }

  private merged(node: SourceNode): SourceNode {
    const live = node.inputs.filter((tensor) => !this.dead.has(tensor));
    if (live.length === 1) return { ...node, op: 'Identity', inputs: live };
    const [first, second] = node.inputs;
    if (live.length !== 2 || node.inputs.length !== 2) return node;
    const [a, b] = [this.sides(first), this.sides(second)];
    for (const [root, side] of a) {
      const other = b.get(root);
      if (side === 'both' || other === 'both' || other === undefined || other === side) continue;
      return {
        ...node,
        op: 'BranchMerge',
        inputs: side === 0 ? [root, first, second] : [root, second, first],
      };
    }
    return node;
  }

  /** Which outputs of which conditions a tensor depends on. */
  private sides(tensor: string): Map<string, 0 | 1 | 'both'> {
    const sides = new Map<string, 0 | 1 | 'both'>();
    const seen = new Set<string>();
    const pending = [tensor];
    for (let name = pending.pop(); name !== undefined && this.visits < MAX_VISITS; name = pending.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      this.visits += 1;
      const { node: of, port } = splitTensor(name);
      const node = this.byName.get(of);
      if (!node) continue;
      const condition = this.conditions.get(node);
      if (condition) {
        const side = port === 0 ? 0 : 1;
        const known = sides.get(condition.root);
        sides.set(condition.root, known === undefined || known === side ? side : 'both');
      }
      pending.push(...node.inputs, ...node.controls);
    }
    return sides;
  }

  /** The tensor behind copies and negations is not followed past negations: they are conditions of their own. */
  private condition(tensor: string): { root: string; value: boolean | undefined } {
    let [root, flipped] = [tensor, false];
    let turns = false;
    for (let i = 0; i < MAX_STEPS; i++) {
      const node = this.producer(root);
      const known = this.valueOf(root, node);
      if (known !== undefined) return { root: tensor, value: (known !== 0) !== flipped };
      if (!node) break;
      if (node.op === 'LogicalNot') flipped = !flipped;
      else if (!COPIES.has(node.op)) break;
      turns ||= node.op === 'LogicalNot';
      const [next] = node.inputs;
      if (next === undefined) break;
      root = next;
    }
    return { root: turns ? tensor : root, value: undefined };
  }

  private valueOf(tensor: string, node: SourceNode | undefined): number | undefined {
    const given = this.constants.get(tensor);
    if (given) return scalarOf(given());
    return node && isConst(node) ? scalarOf(constOf(node)) : undefined;
  }

  /** Tensors of branches that are not taken, found by passing on from their switches. */
  private deadTensors(): Set<string> {
    const dead = new Set<string>();
    const readers = this.readers();
    const pending: string[] = [];
    const kill = (tensor: string): void => {
      if (dead.has(tensor)) return;
      dead.add(tensor);
      pending.push(tensor);
    };
    for (const [{ name }, { value }] of this.conditions)
      if (value !== undefined) kill(value ? name : `${name}:1`);
    for (let tensor = pending.pop(); tensor !== undefined; tensor = pending.pop()) {
      for (const node of readers.get(tensor) ?? []) {
        if (node.op === 'Merge' && !node.inputs.every((input) => dead.has(input))) continue;
        kill(node.name);
        for (let port = 1; readers.has(`${node.name}:${port}`) || port < 2; port++)
          kill(`${node.name}:${port}`);
      }
    }
    return dead;
  }

  private readers(): Map<string, SourceNode[]> {
    const readers = new Map<string, SourceNode[]>();
    for (const node of this.nodes) {
      for (const tensor of [...node.inputs, ...node.controls]) {
        const list = readers.get(tensor);
        if (list) list.push(node);
        else readers.set(tensor, [node]);
      }
    }
    return readers;
  }
}
