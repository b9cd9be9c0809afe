import { JsonObject, type JsonValue } from '../../files/json-text.ts';
import { StudioError } from '../../network/errors.ts';
import { Config, numberOf, recordOf, textIn } from './config.ts';
import { readCalls, readRefs, TensorRef, type Call } from './inbound.ts';

/** A layer as the model file has it, in the terms of Keras 2 and 3. */
export interface KerasLayer {
  /** Class name; `ops.Add` for an operation of Keras 3, `tf.math.add` for one of TensorFlow. */
  type: string;
  /** Class name as the file has it. */
  className: string;
  name: string;
  config: Config;
  /** One entry per use. */
  calls: readonly Call[];
  /** Layers of a nested model. */
  model?: KerasModel;
  /** The layer inside a wrapper. */
  inner?: KerasLayer;
  /** Of Bidirectional: the layer that reads backwards, where the file has one. */
  backward?: KerasLayer;
}

/** A model: layers and how its inputs and outputs are bound to them. */
export interface KerasModel {
  name: string;
  layers: readonly KerasLayer[];
  inputs: readonly TensorRef[];
  outputs: readonly TensorRef[];
}

/** What tells how a configuration is to be read. */
export interface Dialect {
  /** Major version of Keras that wrote the file. */
  major: number;
}

/** Models in models in models. */
const MAX_DEPTH = 24;

/** Classes whose layers are in their configuration. */
const SEQUENTIAL = 'Sequential';

/** Reads the configuration of a whole model. @throws StudioError file-malformed or op-unsupported */
export function readModel(object: JsonValue | undefined, dialect: Dialect, depth = 0): KerasModel {
  const record = recordOf(object, 'model');
  if (depth > MAX_DEPTH) throw new StudioError('file-malformed', 'models are nested too deep');
  if (dialect.major < 2) throw outdated();
  const type = textIn(record, 'class_name');
  const given = record.members.get('config');
  // Before Keras 2.2.3, the configuration of a Sequential is its list of layers.
  const config = new JsonObject();
  if (Array.isArray(given)) config.members.set('layers', given);
  else for (const [key, value] of recordOf(given, 'settings').members) config.members.set(key, value);
  const settings = new Config(config, type);
  const layers = settings.value('layers');
  if (!Array.isArray(layers)) throw subclassed(type);
  const name = settings.text('name', type.toLowerCase());
  const read = layers.map((layer) => readLayer(layer, dialect, depth + 1));
  if (type === SEQUENTIAL || !settings.has('output_layers')) {
    if (type !== SEQUENTIAL) throw subclassed(type);
    return chained(name, read, settings);
  }
  return {
    name,
    layers: read,
    inputs: readRefs(settings.value('input_layers')),
    outputs: readRefs(settings.value('output_layers')).map((ref) => outputRef(ref, read, dialect)),
  };
}

/** In its lists of outputs, but not elsewhere, Keras 3 counts the uses of a functional model from 1. */
function outputRef(ref: TensorRef, layers: readonly KerasLayer[], { major }: Dialect): TensorRef {
  const layer = layers.find(({ name }) => name === ref.layer);
  if (major < 3 || !layer?.model || layer.className === SEQUENTIAL) return ref;
  return new TensorRef(ref.layer, Math.max(0, ref.node - 1), ref.index);
}

/** Keras 1 named layers and settings otherwise and stored weights in other orders. */
function outdated(): StudioError {
  return new StudioError(
    'op-unsupported',
    'the model was written by Keras 1',
    {},
    'Load it with Keras 2.0 to 2.3, which convert it, and save it again.',
  );
}

function subclassed(type: string): StudioError {
  return new StudioError(
    'op-unsupported',
    `"${type}" is a class of the model's own: what it computes is in a Python program, not in the file`,
    {},
    'Build the model with keras.Sequential or keras.Model(inputs, outputs) and save it again, or export it as ONNX.',
  );
}

/** Whether a record stands for a model and not for a layer. */
function isModel(type: string, config: JsonValue | undefined): boolean {
  if (['Sequential', 'Functional', 'Model'].includes(type)) return true;
  return config instanceof JsonObject && config.members.has('layers') && config.members.has('output_layers');
}

function readLayer(value: JsonValue | undefined, dialect: Dialect, depth: number): KerasLayer {
  const record = recordOf(value, 'layer');
  if (depth > MAX_DEPTH) throw new StudioError('file-malformed', 'layers are nested too deep');
  const className = textIn(record, 'class_name');
  const given = record.members.get('config');
  const inside = given instanceof JsonObject ? textIn(given, 'name') : '';
  const name = textIn(record, 'name') || inside || className;
  const calls = readCalls(record.members.get('inbound_nodes'), name);
  if (isModel(className, given)) {
    const model = readModel(record, dialect, depth);
    return { type: 'Model', className, name, config: settingsOf(given, name), calls, model };
  }
  const config = settingsOf(given, name);
  const layer: KerasLayer = {
    type: typeOf(className, record, config),
    className,
    name,
    config,
    calls,
  };
  const inner = config.value('layer');
  if (inner instanceof JsonObject) layer.inner = readLayer(inner, dialect, depth + 1);
  const backward = config.value('backward_layer');
  if (backward instanceof JsonObject) layer.backward = readLayer(backward, dialect, depth + 1);
  return layer;
}

function settingsOf(given: JsonValue | undefined, name: string): Config {
  return new Config(given instanceof JsonObject ? given : new JsonObject(), name);
}

/** Operations are told from layers of the same name by their module. */
function typeOf(type: string, record: JsonObject, config: Config): string {
  const module = textIn(record, 'module');
  if (/^keras(\.src)?\.ops(\.|$)/.test(module)) return `ops.${type}`;
  if (type === 'TFOpLambda') return `tf.${config.text('function', '')}`;
  if (type === 'SlicingOpLambda') return 'tf.getitem';
  return type;
}

/** A Sequential: each layer reads the one before it; its input may only be a shape in the first layer. */
function chained(name: string, layers: readonly KerasLayer[], settings: Config): KerasModel {
  const first = layers.at(0);
  if (!first) throw new StudioError('network-invalid', 'the model has no layers');
  const all = first.type === 'InputLayer' ? [...layers] : [impliedInput(first, settings), ...layers];
  const chain = all.map((layer, index): KerasLayer => {
    if (index === 0) return { ...layer, calls: [] };
    return { ...layer, calls: [{ args: [new TensorRef(all[index - 1].name, 0, 0)], kwargs: new Map() }] };
  });
  return {
    name,
    layers: chain,
    inputs: [new TensorRef(all[0].name, 0, 0)],
    outputs: [new TensorRef(all[all.length - 1].name, 0, 0)],
  };
}

const SHAPE_KEYS = ['batch_shape', 'batch_input_shape'];

function impliedInput(first: KerasLayer, settings: Config): KerasLayer {
  const config = new JsonObject();
  const name = `${first.name}_input`;
  const inside = first.model?.layers.find(({ type }) => type === 'InputLayer')?.config;
  const shape =
    [first.config, inside].flatMap((from) => SHAPE_KEYS.map((key) => from?.value(key))).find(Array.isArray) ??
    settings.value('build_input_shape');
  if (Array.isArray(shape)) config.members.set('batch_shape', shape);
  const type = inside?.value('dtype') ?? (first.type === 'Embedding' ? 'int32' : undefined);
  if (type !== undefined) config.members.set('dtype', type);
  return { type: 'InputLayer', className: 'InputLayer', name, config: new Config(config, name), calls: [] };
}

/** The declared shape of an InputLayer; 0 and null are open dimensions. undefined = not declared. */
export function declaredShape({ config }: KerasLayer): (number | '?')[] | undefined {
  const shape = SHAPE_KEYS.map((key) => config.value(key)).find(Array.isArray);
  return shape?.map((dim) => {
    const size = numberOf(dim);
    return size !== undefined && Number.isSafeInteger(size) && size > 0 && size <= 2 ** 24 ? size : '?';
  });
}
