import { looksLikeHdf5, openHdf5, type Hdf5Group } from '../../files/hdf5/file.ts';
import { JsonObject, parseJson } from '../../files/json-text.ts';
import { looksLikeZip, readZip } from '../../files/zip.ts';
import { StudioError } from '../../network/errors.ts';
import type { Translation } from '../onnx/translate.ts';
import type { ImportOptions } from '../options.ts';
import { readArchiveWeights } from './archive.ts';
import { kerasFamily } from './family.ts';
import { flatten } from './flatten.ts';
import { readModel, type KerasModel } from './model.ts';
import { readLegacyWeights, type ModelWeights } from './weights.ts';

/** A model with its weights, and the version of Keras that wrote it. */
interface Source {
  model: KerasModel;
  weights: ModelWeights;
  major: number;
}

/**
 * Reads a Keras model: an .h5 file of Keras 2 or 3 that holds the whole model, or a .keras archive. Code in the file
 * is never looked at. Tensors keep Keras' shapes; the weights are views of `bytes`.
 * @throws StudioError file-malformed, network-invalid or op-unsupported
 */
export async function readKeras(bytes: Uint8Array, _options: ImportOptions): Promise<Translation> {
  const { model, weights, major } = looksLikeZip(bytes) ? await readArchive(bytes) : readLegacy(bytes);
  const { graph, uses } = flatten(model, weights);
  return { graph, framework: 'keras', endings: /\.(h5|hdf5|keras)$/i, family: kerasFamily(uses, major) };
}

/** Versions are "2.4.0" or "2.13.1-tf"; Keras 1 files may say none. */
const majorOf = (version: string | undefined): number => Number(/^\d+/.exec(version ?? '')?.[0] ?? 1);

function readLegacy(bytes: Uint8Array): Source {
  if (!looksLikeHdf5(bytes))
    throw new StudioError(
      'file-malformed',
      'neither an HDF5 file nor a .keras archive',
      {},
      'Give the file that model.save() of Keras wrote.',
    );
  const root = openHdf5(bytes);
  const [text] = root.attributes.get('model_config') ?? [];
  if (text === undefined) throw withoutModel(root);
  const group = root.group('model_weights') ?? root;
  const version = root.attributes.get('keras_version') ?? group.attributes.get('keras_version');
  const major = majorOf(version?.[0]);
  const model = readModel(parseJson(text), { major });
  return { model, weights: readLegacyWeights(model, group), major };
}

/** Weights alone do not say what is computed with them. */
function withoutModel(root: Hdf5Group): StudioError {
  const isWeights =
    root.attributes.has('layer_names') ||
    root.attributes.has('layer_names0') ||
    ['layers', 'vars', '_layer_checkpoint_dependencies'].some((name) => root.names.includes(name));
  if (!isWeights) return new StudioError('file-malformed', 'the HDF5 file does not hold a Keras model');
  return new StudioError(
    'file-malformed',
    'the file holds only the weights of a model, not its layers',
    {},
    'Load them into the model in Python and save it whole: model.save("model.h5").',
  );
}

async function readArchive(bytes: Uint8Array): Promise<Source> {
  const archive = await readZip(bytes);
  for (const name of ['config.json', 'model.weights.h5'])
    if (!archive.has(name))
      throw new StudioError('file-malformed', `the archive has no ${name}: it is not a .keras model`);
  const text = (name: string): string => new TextDecoder().decode(archive.bytes(name));
  const metadata = archive.has('metadata.json') ? parseJson(text('metadata.json')) : undefined;
  const version = metadata instanceof JsonObject ? metadata.members.get('keras_version') : undefined;
  const major = majorOf(typeof version === 'string' ? version : '3');
  const model = readModel(parseJson(text('config.json')), { major });
  return { model, weights: readArchiveWeights(model, openHdf5(archive.bytes('model.weights.h5'))), major };
}
