import type { Hdf5Group } from '../../files/hdf5/file.ts';
import { StudioError } from '../../network/errors.ts';
import type { Tensor } from '../../network/tensor.ts';
import { weightNames } from './family.ts';
import type { KerasLayer, KerasModel } from './model.ts';
import { cellsOf } from './layers/recurrent-cells.ts';
import type { ModelWeights } from './weights.ts';

/** The projections of an attention, under the names of Keras 3 and 2. */
const HEADS = [
  ['query_dense', '_query_dense'],
  ['key_dense', '_key_dense'],
  ['value_dense', '_value_dense'],
  ['output_dense', '_output_dense'],
];

/** Class names of parts and the members that hold their weights, in the order of the layer's weights. */
const MEMBERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  Bidirectional: [['forward_layer'], ['backward_layer']],
  GroupQueryAttention: HEADS,
  MultiHeadAttention: HEADS,
};

/** Classes that Keras publishes under another name. */
const PYTHON_NAMES: Readonly<Record<string, string | undefined>> = {
  GroupQueryAttention: 'GroupedQueryAttention',
};

/** Reads the weights of a .keras archive: groups nested like the layers, arrays numbered. */
export function readArchiveWeights(model: KerasModel, root: Hdf5Group): ModelWeights {
  const weights: ModelWeights = new Map();
  addModel(model, root, weights);
  return weights;
}

/** `BatchNormalization` as `batch_normalization`: how the archive names a layer, whatever its own name. */
function snakeCase(type: string): string {
  return type
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** Names of things in a list: by class, numbered from the second on. */
function numbered(types: readonly string[]): string[] {
  const used = new Map<string, number>();
  return types.map((type) => {
    const name = snakeCase(type);
    const count = used.get(name) ?? 0;
    used.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  });
}

function addModel(model: KerasModel, group: Hdf5Group, weights: ModelWeights): void {
  const layers = model.layers.filter(({ type }) => !type.startsWith('ops.'));
  const list = group.group('layers') ?? group.group('_layer_checkpoint_dependencies');
  const names = numbered(layers.map(({ className }) => PYTHON_NAMES[className] ?? className));
  layers.forEach((layer, index) => {
    const own = list?.group(names[index]);
    if (own) addLayer(layer, own, weights);
    else requireNone(layer);
  });
}

function addLayer(layer: KerasLayer, group: Hdf5Group, weights: ModelWeights): void {
  if (layer.model) return addModel(layer.model, group, weights);
  if (layer.type === 'TimeDistributed' && layer.inner) {
    const inner = group.group('layer');
    return inner ? addLayer(layer.inner, inner, weights) : requireNone(layer.inner);
  }
  const { trained, frozen } = weightNames(layer);
  const wanted = trained.length + frozen.length;
  if (wanted === 0) return;
  const tensors = gather(layer, group);
  if (tensors.length !== wanted) throw missing(layer, tensors.length, wanted);
  weights.set(layer, tensors);
}

function requireNone(layer: KerasLayer): void {
  const { trained, frozen } = weightNames(layer);
  if (trained.length + frozen.length > 0) throw missing(layer, 0, trained.length + frozen.length);
  if (layer.model) layer.model.layers.forEach(requireNone);
}

function missing(layer: KerasLayer, found: number, wanted: number): StudioError {
  return new StudioError(
    'network-invalid',
    `the file has ${found} weights for it, but a layer of class ${layer.type} with these settings has ${wanted}`,
    { layer: layer.name },
  );
}

/** The arrays of a layer and of its parts. */
function gather(layer: KerasLayer, group: Hdf5Group): Tensor[] {
  const own = arraysOf(group);
  const stack = group.group('cell/cells');
  if (layer.type === 'RNN' && stack) {
    const names = numbered(cellsOf(layer).map(({ type }) => type));
    return names.flatMap((name) => {
      const cell = stack.group(name);
      return cell ? arraysOf(cell) : [];
    });
  }
  const parts = MEMBERS[layer.type]?.map((names) => names.map((name) => group.group(name)).find(Boolean)) ?? [
    group.group('cell'),
  ];
  return [...own, ...parts.flatMap((part) => (part ? gatherPart(part) : []))];
}

/** The arrays of a part: its own, its cell's, or those of its cells in the order of their numbers. */
function gatherPart(group: Hdf5Group): Tensor[] {
  const cell = group.group('cell');
  return [...arraysOf(group), ...(cell ? gatherPart(cell) : [])];
}

/** The numbered arrays of a group, in order. */
function arraysOf(group: Hdf5Group): Tensor[] {
  const vars = group.group('vars');
  if (!vars) return [];
  return vars.names
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(a) - Number(b))
    .flatMap((name) => vars.dataset(name)?.tensor() ?? []);
}
