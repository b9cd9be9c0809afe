import { readActivation } from '../activation-names.ts';
import {
  extentOf,
  listOf,
  pictureOf,
  type LayerOutput,
  type Picture,
  type SectionContext,
  type Step,
} from '../layer.ts';

/** The layers that a key lists. */
function layersOf(context: SectionContext, key: string): LayerOutput[] {
  const list = context.options.ints(key);
  if (!list) throw context.options.invalid(`has no ${key}=`);
  return list.map((index) => context.layerAt(index, key));
}

const isSamePlane = (a: Picture, b: Picture): boolean => a.height === b.height && a.width === b.width;

/** [route]: layers one behind the other in the channels, or part `group_id` of `groups` of each. */
export function route(context: SectionContext): Step {
  const { options } = context;
  const layers = layersOf(context, 'layers');
  const groups = options.count('groups', 1);
  const group = options.count('group_id', 0, 0);
  if (group >= groups) throw options.invalid(`has group_id ${group} of ${groups} groups`, 'group_id');
  const attributes = { groups, group };
  const inputs = layers.map(({ tensor }) => tensor);
  const pictures = layers.flatMap(({ extent }) => extent.picture ?? []);
  const [first] = pictures;
  const isPicture = pictures.length === layers.length && pictures.every((one) => isSamePlane(one, first));
  if (groups > 1 && pictures.some(({ channels }) => channels % groups !== 0))
    throw options.invalid(`takes part ${group} of ${groups} of channels that can't be divided so`, 'groups');
  if (isPicture) {
    const channels = pictures.reduce((sum, one) => sum + one.channels, 0) / groups;
    return { type: 'route', inputs, attributes, extent: extentOf(options, { ...first, channels }) };
  }
  // Darknet goes on with a list of numbers.
  if (groups > 1) throw options.invalid('takes parts of layers that are not pictures of one size', 'groups');
  const size = layers.reduce((sum, { extent }) => sum + extent.size, 0);
  return { type: 'route_lists', inputs, extent: listOf(options, size) };
}

/** How the weights of a shortcut are made to have the sum 1. */
const NORMALIZATIONS: Readonly<Record<string, string>> = {
  none: 'none', relu: 'relu', avg_relu: 'relu', softmax: 'softmax',
}; // prettier-ignore

/** [shortcut]: the sum of the layer in front and others, with factors or learned weights. */
export function shortcut(context: SectionContext): Step {
  const { options, previous } = context;
  const picture = pictureOf(context);
  const layers = layersOf(context, 'from');
  const type = options.text('weights_type', 'none');
  const normalization = NORMALIZATIONS[options.text('weights_normalization', 'none')];
  if (!['none', 'per_feature', 'per_layer', 'per_channel'].includes(type))
    throw options.invalid(`weights_type=${type} is not known`, 'weights_type');
  if (type !== 'none' && normalization === undefined)
    throw options.invalid('has an unknown weights_normalization', 'weights_normalization');
  for (const { extent } of layers)
    checkSizes(context, picture, extent.picture, layers.length === 1 && type === 'none');
  const perLayer = type === 'per_channel' ? picture.channels : 1;
  const weights = type === 'none' ? [] : [{ name: 'weights', shape: [layers.length + 1, perLayer] }];
  return {
    type: 'shortcut',
    inputs: [previous.tensor, ...layers.map(({ tensor }) => tensor), ...context.weights(weights)],
    attributes: {
      layers: layers.length,
      normalization: type === 'none' ? 'none' : normalization,
      alpha: options.float('alpha', 1),
      beta: options.float('beta', 1),
      activation: readActivation(context, 'linear'),
    },
    extent: previous.extent,
  };
}

/**
 * One picture of another size is added pixel by pixel: every so many-th of a larger one; those of a smaller one to every
 * so many-th.
 */
function checkSizes(context: SectionContext, to: Picture, from: Picture | undefined, isPlain: boolean): void {
  const { options } = context;
  if (!from) throw options.invalid('adds a layer that gives no picture', 'from');
  if (isSamePlane(to, from)) return;
  const shown = `from ${from.width} x ${from.height} to ${to.width} x ${to.height}`;
  if (!isPlain) throw options.invalid(`adds pictures of different sizes with weights, ${shown}`, 'from');
  const [rows, columns] = [from.height / to.height, from.width / to.width];
  const isLarger = rows >= 1 && columns >= 1 && Math.floor(rows) === Math.floor(columns);
  const isSmaller = rows < 1 && rows === columns && Number.isInteger(1 / rows);
  if (!isLarger && !isSmaller) throw options.invalid(`adds a picture of another size, ${shown}`, 'from');
  // Where the pixels come to is marked by a constant.
  if (isSmaller) context.spend(1, to.width * to.height);
  if (isSmaller && options.float('alpha', 1) !== 1)
    throw options.invalid(`has alpha for some pixels only, ${shown}`, 'alpha');
}

/** [scale_channels]: another layer times one factor per channel, or per pixel with `scale_wh`. */
export function scaleChannels(context: SectionContext): Step {
  const { options, previous } = context;
  const factors = pictureOf(context);
  const [from] = layersOf(context, 'from');
  const picture = from.extent.picture;
  const perPixel = options.flag('scale_wh');
  const fits =
    picture !== undefined &&
    (perPixel
      ? factors.channels === 1 && isSamePlane(factors, picture)
      : factors.channels === picture.channels && factors.height * factors.width === 1);
  if (!fits) throw options.invalid('has factors that do not fit the layer they scale', 'from');
  return joined(context, 'scale_channels', [previous.tensor, from.tensor], from.extent);
}

/** [sam]: the product with another layer of the same size. */
export function sam(context: SectionContext): Step {
  const { options, previous } = context;
  const picture = pictureOf(context);
  const [from] = layersOf(context, 'from');
  const other = from.extent.picture;
  if (!other || other.channels !== picture.channels || !isSamePlane(other, picture))
    throw options.invalid('multiplies a layer of another size', 'from');
  return joined(context, 'sam', [previous.tensor, from.tensor], from.extent);
}

/** [shift_channels] and [control_channels]: the layer in front plus or times one number per channel of another. */
export function byChannel(type: 'shift_channels' | 'control_channels') {
  return (context: SectionContext): Step => {
    const { options, previous } = context;
    const picture = pictureOf(context);
    const [from] = layersOf(context, 'from');
    const other = from.extent.picture;
    const isPerChannel = other && other.channels === picture.channels && other.height * other.width === 1;
    if (!isPerChannel) throw options.invalid('needs one number per channel', 'from');
    return joined(context, type, [previous.tensor, from.tensor], previous.extent);
  };
}

function joined(
  context: SectionContext,
  type: string,
  inputs: string[],
  extent: LayerOutput['extent'],
): Step {
  return { type, inputs, attributes: { activation: readActivation(context, 'linear') }, extent };
}

/** [implicit]: learned constants, [filters, atoms, 1]. */
export function implicit(context: SectionContext): Step {
  const { options } = context;
  const channels = options.count('filters', 128);
  const height = options.count('atoms', 1);
  const extent = extentOf(options, { channels, height, width: 1 });
  const parts = [{ name: 'weights', shape: [1, channels, height, 1] }];
  return { type: 'implicit', inputs: context.weights(parts), extent };
}
