import { extentOf, pictureOf, type SectionContext, type Step } from '../layer.ts';
import type { SectionOptions } from '../options.ts';

/** Places and padding of a pooling window along one axis; half of the padding lies in front, rounded down. */
function windows(
  options: SectionOptions,
  length: number,
  window: { size: number; stride: number; padding: number },
) {
  const { size, stride, padding } = window;
  const count = Math.floor((length + padding - size) / stride) + 1;
  const begin = Math.trunc(padding / 2);
  const last = (count - 1) * stride - begin;
  if (begin >= size || last >= length)
    throw options.invalid(`has windows of ${size} that lie in the padding of ${padding} as a whole`);
  return { count, begin, end: Math.max(0, last + size - length) };
}

/** [maxpool] and [local_avgpool]. Padding is the sum of both sides and `size - 1` where the cfg says nothing. */
export function pool(type: 'maxpool' | 'local_avgpool') {
  return (context: SectionContext): Step => {
    const { options } = context;
    const picture = pictureOf(context);
    const stride = options.count('stride', 1);
    const size = options.count('size', stride);
    const padding = options.count('padding', size - 1, 0);
    if (type === 'maxpool' && options.flag('maxpool_depth')) return depthPool(context);
    if (type === 'maxpool' && options.flag('antialiasing'))
      throw options.invalid(
        'antialiasing=1 blurs its result, in a way that Darknet itself gives wrong sizes to other layers',
        'antialiasing',
      );
    const strides = ['stride_y', 'stride_x'].map((key) => options.count(key, stride));
    const rows = windows(options, picture.height, { size, stride: strides[0], padding });
    const columns = windows(options, picture.width, { size, stride: strides[1], padding });
    return {
      type,
      inputs: [context.previous.tensor],
      attributes: { size, strides, pads: [rows.begin, columns.begin, rows.end, columns.end] },
      extent: extentOf(options, { ...picture, height: rows.count, width: columns.count }),
    };
  };
}

/** The largest of every `out_channels`-th channel. */
function depthPool(context: SectionContext): Step {
  const { options } = context;
  const picture = pictureOf(context);
  const channels = options.count('out_channels', 1);
  if (channels > picture.channels)
    throw options.invalid(`has ${channels} out_channels, the input has ${picture.channels}`, 'out_channels');
  context.spend(Math.ceil(picture.channels / channels));
  return {
    type: 'maxpool_depth',
    inputs: [context.previous.tensor],
    attributes: { channels },
    extent: extentOf(options, { ...picture, channels }),
  };
}

/** [avgpool]: the mean of each channel. */
export function avgpool(context: SectionContext): Step {
  const { channels } = pictureOf(context);
  return {
    type: 'avgpool',
    inputs: [context.previous.tensor],
    extent: extentOf(context.options, { channels, height: 1, width: 1 }),
  };
}

/** [upsample]: every pixel `stride` times in each direction. */
export function upsample(context: SectionContext): Step {
  const { options } = context;
  const { channels, height, width } = pictureOf(context);
  const stride = options.int('stride', 2);
  if (stride < 1)
    throw options.invalid(`has stride ${stride}; making pictures smaller like this is not imported`);
  return {
    type: 'upsample',
    inputs: [context.previous.tensor],
    attributes: { stride, scale: options.float('scale', 1) },
    extent: extentOf(options, { channels, height: height * stride, width: width * stride }),
  };
}

/** [crop] to the middle; values 0..1 become -1..1 unless `noadjust` is set. */
export function crop(context: SectionContext): Step {
  const { options } = context;
  const picture = pictureOf(context);
  const height = options.count('crop_height', 1);
  const width = options.count('crop_width', 1);
  if (height > picture.height || width > picture.width)
    throw options.invalid(
      `to ${width} x ${height} is larger than the picture of ${picture.width} x ${picture.height}`,
    );
  return {
    type: 'crop',
    inputs: [context.previous.tensor],
    attributes: {
      height,
      width,
      top: Math.floor((picture.height - height) / 2),
      left: Math.floor((picture.width - width) / 2),
      adjust: Number(!options.flag('noadjust')),
    },
    extent: extentOf(options, { ...picture, height, width }),
  };
}
