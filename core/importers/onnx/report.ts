import { StudioError } from '../../network/errors.ts';
import type { OnnxNode } from './node.ts';
import type { Selection } from './select.ts';

/** How many nodes of a kind a message names. */
const SHOWN = 3;

/** Collects everything of a model that can not be imported, to say it all at once. */
export class UnsupportedReport {
  private readonly kinds = new Map<string, { nodes: string[]; count: number }>();
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
    if (cuttable) this.cuttable.add(node);
  }

  /**
   * Throws one error that lists every kind, with count and first nodes; nothing when all went well.
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
    );
  }

  /** The outputs of a network that ends in front of unknown operators and results of unknown size. */
  private cutHint(isComputed: (name: string) => boolean): string | undefined {
    if (this.cuttable.size === 0) return undefined;
    const { nodes, inputs, outputs } = this.selection;
    const fed = new Set(inputs);
    const behind = new Set<string>();
    const cuts = new Set<string>();
    for (const node of nodes) {
      const follows = node.reads.some((name) => behind.has(name));
      if (!follows && !this.cuttable.has(node)) continue;
      node.outputs.forEach((name) => behind.add(name));
      node.reads.filter((name) => isComputed(name) && !fed.has(name)).forEach((name) => cuts.add(name));
    }
    const kept = [...outputs, ...cuts].filter((name) => !behind.has(name));
    if (kept.length === 0) return undefined;
    const list = [...new Set(kept)].join(' ');
    return `Import the part in front of it with --outputs "${list}" and do the rest on the CPU.`;
  }
}
