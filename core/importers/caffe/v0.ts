import { layerError, type CaffeLayer } from './layer.ts';
import { Message, type Scalar } from './message.ts';

/** Types of the oldest format (`layers { layer { type: "conv" } }`) in today's words. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['accuracy', 'Accuracy'],
  ['bnll', 'BNLL'],
  ['concat', 'Concat'],
  ['conv', 'Convolution'],
  ['data', 'Data'],
  ['dropout', 'Dropout'],
  ['euclidean_loss', 'EuclideanLoss'],
  ['flatten', 'Flatten'],
  ['hdf5_data', 'HDF5Data'],
  ['hdf5_output', 'HDF5Output'],
  ['im2col', 'Im2col'],
  ['images', 'ImageData'],
  ['infogain_loss', 'InfogainLoss'],
  ['innerproduct', 'InnerProduct'],
  ['lrn', 'LRN'],
  ['multinomial_logistic_loss', 'MultinomialLogisticLoss'],
  ['pool', 'Pooling'],
  ['relu', 'ReLU'],
  ['sigmoid', 'Sigmoid'],
  ['softmax', 'Softmax'],
  ['softmax_loss', 'SoftmaxWithLoss'],
  ['split', 'Split'],
  ['tanh', 'TanH'],
  ['window_data', 'WindowData'],
]);

/** Where parameters of the oldest format are today: the message of the type, and new names of fields. */
const PARAMETERS: ReadonlyMap<string, readonly [message: string, renamed: Readonly<Record<string, string>>]> =
  new Map([
    ['conv', ['convolution_param', { biasterm: 'bias_term', kernelsize: 'kernel_size' }]],
    ['innerproduct', ['inner_product_param', { biasterm: 'bias_term' }]],
    ['pool', ['pooling_param', { kernelsize: 'kernel_size' }]],
    ['dropout', ['dropout_param', {}]],
    ['lrn', ['lrn_param', {}]],
    ['concat', ['concat_param', {}]],
    ['data', ['data_param', { cropsize: 'crop_size', batchsize: 'batch_size' }]],
    ['images', ['image_data_param', { cropsize: 'crop_size', batchsize: 'batch_size' }]],
    ['window_data', ['window_data_param', { cropsize: 'crop_size', batchsize: 'batch_size' }]],
    ['hdf5_data', ['hdf5_data_param', { batchsize: 'batch_size' }]],
  ]);

/** Fields of a layer itself, in every format. */
const OWN = new Set(['name', 'type', 'blobs', 'blobs_lr', 'weight_decay']);

/** Layers of the oldest format: parameters go into the message of their type, padding into the layer behind. */
export function upgradeV0(layers: readonly Message[]): CaffeLayer[] {
  return withoutPadding(layers.map(upgradeLayer));
}

function upgradeLayer(outer: Message): CaffeLayer {
  const old = outer.message('layer');
  const type = old.text('type', '');
  const body = new Message('layers', outer);
  ['include', 'exclude'].forEach((rule) => outer.messages(rule).forEach((one) => body.add(rule, one)));
  const [message, renamed] = PARAMETERS.get(type) ?? ['padding_param', {}];
  const parameters = new Message(message, old);
  for (const [name, value] of old.entries())
    if (!OWN.has(name)) parameters.add(Object.hasOwn(renamed, name) ? renamed[name] : name, value);
  body.add(message, parameters);
  return {
    name: old.text('name', ''),
    type: TYPES.get(type) ?? type,
    bottoms: outer.texts('bottom'),
    tops: outer.texts('top'),
    body,
  };
}

/** Padding layers of the oldest format are a number of the convolution or pooling that reads them. */
function withoutPadding(layers: readonly CaffeLayer[]): CaffeLayer[] {
  const padding = new Map<string, CaffeLayer>();
  return layers.flatMap((layer) => {
    const bottoms = layer.bottoms.map((blob) => {
      const source = padding.get(blob);
      return source ? unpadded(layer, source) : blob;
    });
    layer.tops.forEach((blob) => padding.delete(blob));
    if (layer.type !== 'padding') return [{ ...layer, bottoms }];
    layer.tops.forEach((blob) => padding.set(blob, { ...layer, bottoms }));
    return [];
  });
}

/** Gives the layer its padding. @returns the blob in front of the padding */
function unpadded(layer: CaffeLayer, padding: CaffeLayer): string {
  if (layer.type !== 'Convolution' && layer.type !== 'Pooling')
    throw layerError(layer, `it reads the padding layer "${padding.name}", which only conv and pool may`);
  const [source] = padding.bottoms;
  if (source === undefined || padding.bottoms.length > 1 || layer.bottoms.length > 1)
    throw layerError(layer, `it and the padding layer "${padding.name}" may read one blob only`);
  const pad = padding.body.message('padding_param').int('pad', 0);
  const { line, column } = padding.body;
  const value: Scalar = { text: String(pad), quoted: false, line, column };
  const parameters = layer.type === 'Pooling' ? 'pooling_param' : 'convolution_param';
  layer.body.messages(parameters).at(-1)?.add('pad', value);
  return source;
}
