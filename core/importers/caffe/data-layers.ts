import type { CaffeLayer } from './layer.ts';
import type { Message } from './message.ts';

/** A blob that is fed from outside. */
export interface CaffeInput {
  name: string;
  /** Undefined when the file does not say it. */
  shape: number[] | undefined;
}

type Shapes = (layer: CaffeLayer) => (number[] | undefined)[];

const shapesOf = (parameters: Message): number[][] =>
  parameters.messages('shape').map((shape) => shape.ints('dim'));

/** Layers that read data, and the shapes of their blobs; the first is the picture, others are labels. */
export const DATA_LAYERS: Readonly<Record<string, Shapes>> = {
  Input: (layer) => {
    const shapes = shapesOf(layer.body.message('input_param'));
    return layer.tops.map((_, index) => (shapes.length === 1 ? shapes[0] : shapes[index]));
  },
  MemoryData: ({ body }) => {
    const data = body.message('memory_data_param');
    const dims = ['batch_size', 'channels', 'height', 'width'].map((name) => data.int(name, 0));
    return [dims, [dims[0]]];
  },
  ImageData: ({ body }) => {
    const data = body.message('image_data_param');
    const crop = cropOf(body, data);
    const height = crop || data.int('new_height', 0);
    const width = crop || data.int('new_width', 0);
    return [height > 0 && width > 0 ? [1, data.flag('is_color', true) ? 3 : 1, height, width] : undefined];
  },
  Data: croppedPicture('data_param'),
  AnnotatedData: croppedPicture('data_param'),
  WindowData: croppedPicture('window_data_param'),
  HDF5Data: () => [],
  DummyData: ({ body }) => {
    const dummy = body.message('dummy_data_param');
    if (dummy.has('shape')) return shapesOf(dummy);
    const [num, channels, height, width] = ['num', 'channels', 'height', 'width'].map((name) =>
      dummy.ints(name),
    );
    return num.map((batch, i) => [batch, channels[i] ?? 0, height[i] ?? 0, width[i] ?? 0]);
  },
};

/** Pictures of a data base: only where they are cut to one size is it in the file. */
function croppedPicture(parameters: string): Shapes {
  return ({ body }) => {
    const crop = cropOf(body, body.message(parameters));
    const gray = body.message('transform_param').flag('force_gray', false);
    return [crop > 0 ? [1, gray ? 1 : 3, crop, crop] : undefined];
  };
}

/** Older formats have the crop among the parameters of the layer. */
const cropOf = (body: Message, parameters: Message): number =>
  body.message('transform_param').int('crop_size', parameters.int('crop_size', 0));

/** Whether a layer only brings data in. */
export const isDataLayer = ({ type }: CaffeLayer): boolean => Object.hasOwn(DATA_LAYERS, type);

/** What the blobs of a data layer become: inputs of the network. */
export function inputsOf(layer: CaffeLayer): CaffeInput[] {
  const shapes = DATA_LAYERS[layer.type](layer);
  return layer.tops.map((name, index) => ({ name, shape: shapes[index] }));
}
