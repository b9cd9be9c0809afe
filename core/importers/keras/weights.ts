import type { Hdf5Group } from '../../files/hdf5/file.ts';
import { StudioError } from '../../network/errors.ts';
import type { Tensor } from '../../network/tensor.ts';
import { weightNames } from './family.ts';
import type { KerasLayer, KerasModel } from './model.ts';

/** Weights of every layer that has some, in the order of its kind. */
export type ModelWeights = Map<KerasLayer, Tensor[]>;

/** A weight that a layer has, in the order in which a model keeps them together. */
interface Slot {
  layer: KerasLayer;
  trained: boolean;
}

/** The layers inside a layer that have weights of their own; none for a plain layer. */
export function partsOf(layer: KerasLayer): readonly KerasLayer[] {
  if (layer.model) return layer.model.layers;
  return layer.type === 'TimeDistributed' && layer.inner ? [layer.inner] : [];
}

function ownSlots(layer: KerasLayer): { trained: Slot[]; frozen: Slot[] } {
  const { trained, frozen } = weightNames(layer);
  return {
    trained: trained.map(() => ({ layer, trained: true })),
    frozen: frozen.map(() => ({ layer, trained: false })),
  };
}

/**
 * Keras keeps the weights of a layer together: first those that training changes, of all layers inside, then the
 * others. A layer that is set not to be trained has all of its weights among the others.
 */
export function slotsOf(layer: KerasLayer): { trained: Slot[]; frozen: Slot[] } {
  const parts = partsOf(layer).map(slotsOf);
  const own = ownSlots(layer);
  const trained = [...own.trained, ...parts.flatMap((part) => part.trained)];
  const frozen = [...own.frozen, ...parts.flatMap((part) => part.frozen)];
  if (layer.config.flag('trainable', true)) return { trained, frozen };
  const all = parts.flatMap((part) => [...part.trained, ...part.frozen]);
  return { trained: [], frozen: [...own.trained, ...own.frozen, ...all] };
}

/** Hands the weights that a file keeps for `layer` to it and to the layers inside. */
export function distribute(layer: KerasLayer, tensors: readonly Tensor[], weights: ModelWeights): void {
  const { trained, frozen } = slotsOf(layer);
  const slots = [...trained, ...frozen];
  if (slots.length !== tensors.length)
    throw new StudioError(
      'network-invalid',
      `the file has ${tensors.length} weights for it, but a layer of class ${layer.type} with these settings has ${slots.length}`,
      { layer: layer.name },
    );
  slots.forEach((slot, index) => {
    const list = weights.get(slot.layer) ?? [];
    list.push(tensors[index]);
    weights.set(slot.layer, list);
  });
}

/** A list of names that is an attribute, or several when it is long: `layer_names0`, `layer_names1` ... */
export function namesOf(group: Hdf5Group, attribute: string): string[] | undefined {
  const whole = group.attributes.get(attribute);
  if (whole) return [...whole];
  const parts: string[] = [];
  for (let i = 0; ; i++) {
    const part = group.attributes.get(`${attribute}${i}`);
    if (!part) return i === 0 ? undefined : parts;
    parts.push(...part);
  }
}

/** Reads the weights of a whole-model .h5 file: a group per layer, which names its arrays in order. */
export function readLegacyWeights(model: KerasModel, group: Hdf5Group): ModelWeights {
  const weights: ModelWeights = new Map();
  for (const layer of model.layers) {
    const { trained, frozen } = slotsOf(layer);
    const own = group.group(layer.name);
    const names = (own && namesOf(own, 'weight_names')) ?? [];
    if (names.length === 0 && trained.length + frozen.length === 0) continue;
    const tensors = names.map((name) => {
      const dataset = own?.dataset(name);
      if (!dataset)
        throw new StudioError('file-malformed', `the file has no array "${name}"`, { layer: layer.name });
      return dataset.tensor();
    });
    distribute(layer, tensors, weights);
  }
  return weights;
}
