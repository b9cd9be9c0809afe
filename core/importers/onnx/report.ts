import { StudioError } from '../../network/errors.ts';
import type { OnnxNode } from './node.ts';

/** How many nodes of a kind a message names. */
const SHOWN = 3;

/** Collects everything of a model that can not be imported, to say it all at once. */
export class UnsupportedReport {
  private readonly kinds = new Map<string, { nodes: string[]; count: number }>();

  /** @param reason what exactly, or undefined when the operator as a whole is unknown. */
  add(node: OnnxNode, reason: string | undefined): void {
    const kind = `${node.label} (opset ${node.opset})${reason === undefined ? '' : `: ${reason}`}`;
    const entry = this.kinds.get(kind) ?? { nodes: [], count: 0 };
    entry.count += 1;
    if (entry.nodes.length < SHOWN) entry.nodes.push(`"${node.name}"`);
    this.kinds.set(kind, entry);
  }

  /** Throws one error that lists every kind, with count and first nodes; nothing when all went well. */
  throwIfAny(): void {
    if (this.kinds.size === 0) return;
    const lines = [...this.kinds].map(([kind, { nodes, count }]) => {
      const more = count > nodes.length ? ', ...' : '';
      return `${kind}, ${count} ${count === 1 ? 'node' : 'nodes'} (${nodes.join(', ')}${more})`;
    });
    throw new StudioError('op-unsupported', `the model uses what can not be imported: ${lines.join('; ')}`);
  }
}
