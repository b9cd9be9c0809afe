import { StudioError, type NodeProblem } from '../../network/errors.ts';
import { outputsInFront } from './cut.ts';
import type { OnnxNode } from './node.ts';
import type { Selection } from './select.ts';

/** How many nodes of a kind a message names. */
const SHOWN = 3;

/** Collects everything of a model that can not be imported, to say it all at once. */
export class UnsupportedReport {
  private readonly kinds = new Map<string, { nodes: string[]; count: number }>();
  private readonly problems: NodeProblem[] = [];
  private readonly selection: Selection;
  private readonly cuttable = new Set<OnnxNode>();

  constructor(selection: Selection) {
    this.selection = selection;
  }

  /**
   * @param reason what exactly, or undefined when the operator as a whole is unknown
   * @param cuttable whether the network could end in front of the node
   */
  add(node: OnnxNode, reason: string | undefined, cuttable = false): void {
    const version = node.opset > 0 ? ` (opset ${node.opset})` : '';
    const kind = `${node.label}${version}${reason === undefined ? '' : `: ${reason}`}`;
    const entry = this.kinds.get(kind) ?? { nodes: [], count: 0 };
    entry.count += 1;
    if (entry.nodes.length < SHOWN) entry.nodes.push(`"${node.name}"`);
    this.kinds.set(kind, entry);
    const tensor = node.outputs.find((name) => name !== '') ?? node.name;
    this.problems.push({ node: node.name, tensor, op: node.label, reason });
    if (cuttable) this.cuttable.add(node);
  }

  /**
   * Throws one error that lists every kind, with count and first nodes, and has every node in its details; nothing when all went well.
   * @param isComputed whether a tensor is the result of a layer
   */
  throwIfAny(isComputed: (name: string) => boolean): void {
    if (this.kinds.size === 0) return;
    const lines = [...this.kinds].map(([kind, { nodes, count }]) => {
      const more = count > nodes.length ? ', ...' : '';
      return `${kind}, ${count} ${count === 1 ? 'node' : 'nodes'} (${nodes.join(', ')}${more})`;
    });
    throw new StudioError(
      'op-unsupported',
      `the model uses what can not be imported: ${lines.join('; ')}`,
      {},
      this.cutHint(isComputed),
      { nodes: this.problems },
    );
  }

  /** The outputs of a network that ends in front of unknown operators and results of unknown size. */
  private cutHint(isComputed: (name: string) => boolean): string | undefined {
    if (this.cuttable.size === 0) return undefined;
    const { nodes, inputs, outputs } = this.selection;
    const fed = new Set(inputs);
    const kept = outputsInFront(nodes, outputs, this.cuttable, (name) => isComputed(name) && !fed.has(name));
    if (kept.length === 0) return undefined;
    return `Import the part in front of it with --outputs "${kept.join(' ')}" and do the rest on the CPU.`;
  }
}
