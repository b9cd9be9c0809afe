import { StudioError } from '../network/errors.ts';
import { formatRef, parseRef } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import { sameFormat } from '../network/number-format.ts';
import type { QuantizeEntry, QuantizeTable } from '../network/quantize-table.ts';
import { rangeRule } from '../ops/registry.ts';
import { isFloat, tensorEntry, type Range } from './entries.ts';
import { portsOf } from './hybrid-plan.ts';
import { unitOf } from './suggest.ts';

/**
 * A table in which tensors have other ranges. What shares the range goes along: the activation fused with a producer
 * (or the other way round), and layers behind that only copy.
 * @param ranges by `@layer:out0`
 * @throws StudioError 'quantize-invalid' where a tensor has no range to change
 */
export function withRanges(
  network: Network,
  table: QuantizeTable,
  ranges: ReadonlyMap<string, Range>,
): QuantizeTable {
  const entries = new Map(table.entries);
  const changed = new Map<string, QuantizeEntry>();
  for (const [ref, range] of ranges) {
    for (const member of membersOf(network, table, ref)) {
      const before = rangedEntry(table, member);
      const entry = tensorEntry(before, range);
      entries.set(member, entry);
      changed.set(member, entry);
    }
  }
  for (const layer of network.topologicalOrder()) {
    if (layer.inputs.length === 0 || rangeRule(layer) !== 'same') continue;
    const source = formatRef(layer.inputs[0]);
    const entry = changed.get(source);
    const old = table.entries.get(source);
    for (const ref of portsOf(layer)) {
      const before = table.entries.get(ref);
      if (!entry || !old || !before || changed.has(ref)) continue;
      if (!sameFormat(before, old) || before.min !== old.min || before.max !== old.max) continue;
      entries.set(ref, entry);
      changed.set(ref, entry);
    }
  }
  return { ...table, entries };
}

/** The tensors that share the range: those of the unit that are stored alike. */
function membersOf(network: Network, table: QuantizeTable, ref: string): string[] {
  const own = rangedEntry(table, ref);
  const { layer, port } = parseRef(ref);
  return unitOf(network, layer)
    .map((key) => formatRef({ layer: key, port: key === layer ? port : 0 }))
    .filter((member) => {
      const entry = table.entries.get(member);
      return entry !== undefined && sameFormat(entry, own);
    });
}

function rangedEntry(table: QuantizeTable, ref: string): QuantizeEntry {
  const entry = table.entries.get(ref);
  if (entry && !isFloat(entry) && !entry.scales) return entry;
  throw new StudioError('quantize-invalid', `"${ref}" has no range that could be changed`);
}
