import { Layer } from '../../network/layer.ts';
import { Network, type NetworkMeta } from '../../network/network.ts';
import { coefficientKey, type QuantizeEntry } from '../../network/quantize-table.ts';
import { renameLayers, type LayerName } from '../../network/rename.ts';
import { HELPER_PERMUTE, type Draft } from './draft.ts';

/**
 * How the toolkit numbers the layers of a framework: from the outputs back, so with the inputs right behind the outputs,
 * or as they are computed.
 */
export type LayerNumbers = 'backward' | 'ends-first' | 'forward';

/**
 * Numbers the drafts and makes the network: outputs from 0, then breadth first towards the inputs, or the other way
 * round; then the helper permutes and other helpers. Drafts nothing depends on are left behind.
 * @param notes what of the model's own quantization is not as in the model
 */
export function finishNetwork(
  meta: NetworkMeta,
  outputs: readonly Draft[],
  notes: readonly string[] = [],
  numbered: LayerNumbers = 'backward',
): Network {
  const { layers, permutes, helpers } = arrangements[numbered](outputs);
  const drafts = [...layers, ...permutes, ...helpers];
  const numbers = new Map(drafts.map((draft, number) => [draft, number]));
  const keyOf = (draft: Draft): string => `${draft.stem ?? draft.name}_${numbers.get(draft) ?? 0}`;
  const network = new Network(meta);
  const entries = new Map<string, QuantizeEntry>();
  for (const draft of drafts) {
    const { name, op, parameters, outputs: ports } = draft;
    const key = keyOf(draft);
    const inputs = draft.inputs.map(({ draft: source, port }) => ({ layer: keyOf(source), port }));
    network.add(new Layer({ key, name, op, parameters, inputs, outputs: ports }));
    for (const [coefficient, tensor] of draft.coefficients) network.setCoefficient(key, coefficient, tensor);
    for (const [part, entry] of draft.entries) entries.set(coefficientKey(key, part), entry);
  }
  if (entries.size > 0 || notes.length > 0) network.quantization = { entries, notes: [...notes] };
  network.validate();
  return network;
}

/** Names the helper permutes after the first layer that reads them, as the toolkit does; after all rewrites. */
export function nameHelpers(network: Network): Network {
  const readers = new Map<string, Layer>();
  for (const layer of network.layers.values())
    for (const { layer: source } of layer.inputs) if (!readers.has(source)) readers.set(source, layer);
  const names = new Map<string, LayerName>();
  for (const { key, name, uid } of network.layers.values()) {
    const reader = readers.get(key);
    if (name !== HELPER_PERMUTE || !reader) continue;
    const helper = `${reader.key}_${HELPER_PERMUTE}`;
    names.set(key, { key: `${helper}_${uid}`, name: helper });
  }
  return renameLayers(network, names);
}

/** Drafts by kind; helpers do not take part in the numbering of the others. */
interface Arranged {
  layers: Draft[];
  permutes: Draft[];
  helpers: Draft[];
}

/** Every layer behind those it reads, outputs at the end. */
function computed(outputs: readonly Draft[]): Arranged {
  const order = new Set<Draft>();
  const pending = [...outputs].reverse();
  const entered = new Set<Draft>();
  for (let draft = pending.at(-1); draft; draft = pending.at(-1)) {
    const first = !entered.has(draft);
    entered.add(draft);
    const before = first ? draft.inputs.map((input) => input.draft).filter((input) => !order.has(input)) : [];
    if (before.length > 0) pending.push(...before.reverse());
    else order.add(pending.pop() ?? draft);
  }
  const ends = new Set(outputs);
  const kind = (wanted: Draft['kind']): Draft[] => [...order].filter((draft) => draft.kind === wanted);
  const inner = kind('layer').filter((draft) => !ends.has(draft));
  return { layers: [...inner, ...outputs], permutes: kind('permute'), helpers: kind('helper') };
}

/** {@link arrange} with the inputs in front of all other layers but the outputs. */
function endsFirst(outputs: readonly Draft[]): Arranged {
  const { layers, ...others } = arrange(outputs);
  const ends = new Set(outputs);
  const rank = (draft: Draft): number => (ends.has(draft) ? 0 : draft.op === 'input' ? 1 : 2);
  return { layers: layers.toSorted((a, b) => rank(a) - rank(b)), ...others };
}

const arrangements: Readonly<Record<LayerNumbers, (outputs: readonly Draft[]) => Arranged>> = {
  backward: arrange,
  'ends-first': endsFirst,
  forward: computed,
};

/** Breadth first from the outputs. */
function arrange(outputs: readonly Draft[]): Arranged {
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
