import { Layer } from '../../network/layer.ts';
import { Network, type NetworkMeta } from '../../network/network.ts';
import { coefficientKey, type QuantizeEntry } from '../../network/quantize-table.ts';
import type { Draft } from './draft.ts';

/**
 * Numbers the drafts and makes the network: outputs from 0, then breadth first towards the inputs, then the
 * helper permutes and other helpers. Drafts nothing depends on are left behind.
 * @param notes what of the model's own quantization is not as in the model
 */
export function finishNetwork(
  meta: NetworkMeta,
  outputs: readonly Draft[],
  notes: readonly string[] = [],
): Network {
  const { layers, permutes, helpers } = arrange(outputs);
  const drafts = [...layers, ...permutes, ...helpers];
  const numbers = numbered(drafts);
  const keys = new Map<Draft, string>();
  // A permute is named after the first layer that reads it.
  const neighbours = new Map<Draft, Draft>();
  for (const draft of [...drafts].reverse())
    for (const input of draft.inputs) neighbours.set(input.draft, draft);
  for (const draft of [...layers, ...helpers]) keys.set(draft, layerKey(draft, numbers));
  for (const draft of permutes) {
    const neighbour = keys.get(neighbours.get(draft) ?? draft);
    keys.set(draft, `${neighbour ?? draft.name}_acuity_mark_perm_${numbers.get(draft) ?? 0}`);
  }
  const network = new Network(meta);
  const entries = new Map<string, QuantizeEntry>();
  for (const draft of drafts) {
    const key = keys.get(draft) ?? '';
    const name =
      draft.kind === 'permute' ? key.replace(/_\d+$/, '') : draft.fusedWith ? draft.op : draft.name;
    const inputs = draft.inputs.map(({ draft: source, port }) => ({ layer: keys.get(source) ?? '', port }));
    network.add(
      new Layer({ key, name, op: draft.op, parameters: draft.parameters, inputs, outputs: draft.outputs }),
    );
    for (const [coefficient, tensor] of draft.coefficients) network.setCoefficient(key, coefficient, tensor);
    for (const [part, entry] of draft.entries) entries.set(coefficientKey(key, part), entry);
  }
  if (entries.size > 0 || notes.length > 0) network.quantization = { entries, notes: [...notes] };
  network.validate();
  return network;
}

/** A fused layer keeps two numbers: the one of the layer it swallowed comes from further inside. */
function numbered(drafts: readonly Draft[]): Map<Draft, number> {
  const numbers = new Map<Draft, number>();
  let next = 0;
  for (const draft of drafts) {
    numbers.set(draft, next++);
    if (draft.fusedWith) numbers.set(draft.fusedWith, next++);
  }
  return numbers;
}

function layerKey(draft: Draft, numbers: ReadonlyMap<Draft, number>): string {
  const { fusedWith } = draft;
  const key = `${draft.name}_${numbers.get(draft) ?? 0}`;
  return fusedWith ? `${fusedWith.name}_${numbers.get(fusedWith) ?? 0}_${key}` : key;
}

/** Breadth first from the outputs; helpers do not take part in the numbering of the others. */
function arrange(outputs: readonly Draft[]): { layers: Draft[]; permutes: Draft[]; helpers: Draft[] } {
  const layers = [...outputs];
  const permutes: Draft[] = [];
  const helpers: Draft[] = [];
  const seen = new Set<Draft>(outputs);
  // The toolkit numbers the producers of several outputs from the last output on.
  const queue = [...outputs].reverse();
  for (let next = 0; next < queue.length; next++) {
    const pending = queue[next].inputs.map(({ draft }) => draft).reverse();
    for (let draft = pending.pop(); draft; draft = pending.pop()) {
      if (seen.has(draft)) continue;
      seen.add(draft);
      if (draft.kind === 'layer') {
        layers.push(draft);
        queue.push(draft);
        continue;
      }
      (draft.kind === 'permute' ? permutes : helpers).push(draft);
      pending.push(...draft.inputs.map((input) => input.draft).reverse());
    }
  }
  return { layers, permutes, helpers };
}
