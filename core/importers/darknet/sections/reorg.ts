import { extentOf, listOf, pictureOf, type Picture, type SectionContext, type Step } from '../layer.ts';
import type { SectionOptions } from '../options.ts';

/** The picture behind a reorg: blocks of pixels become channels, with `reverse` channels become blocks. */
function moved(options: SectionOptions, { channels, height, width }: Picture, stride: number): Picture {
  const area = stride * stride;
  return options.flag('reverse')
    ? { channels: channels / area, height: height * stride, width: width * stride }
    : { channels: channels * area, height: height / stride, width: width / stride };
}

/**
 * [reorg] takes its input as if it had the sizes that only a reverse one would give, and [reorg3d] does that when it is
 * reversed: then both sizes have to be whole.
 */
function reorganize(type: 'reorg' | 'reorg3d') {
  return (context: SectionContext): Step => {
    const { options } = context;
    const picture = pictureOf(context);
    const stride = options.count('stride', 1);
    const result = moved(options, picture, stride);
    const isReverse = options.flag('reverse');
    const isReread = (type === 'reorg') === !isReverse;
    const inner = (isReverse ? result : picture).channels / (stride * stride);
    const sizes = [...Object.values(result), ...(isReread ? [inner] : [])];
    if (!sizes.every(Number.isInteger)) {
      const { channels, height, width } = picture;
      throw options.invalid(
        `of stride ${stride} does not divide ${width} x ${height} x ${channels}`,
        'stride',
      );
    }
    return {
      type,
      inputs: [context.previous.tensor],
      attributes: { stride, reverse: Number(isReverse) },
      extent: extentOf(options, result),
    };
  };
}

/** [reorg] of Darknet. */
export function reorg(context: SectionContext): Step {
  const { options, previous } = context;
  if (options.flag('flatten')) {
    const { channels, height, width } = pictureOf(context);
    return {
      type: 'reorg_flatten',
      inputs: [previous.tensor],
      attributes: { channels, pixels: height * width, reverse: Number(options.flag('reverse')) },
      extent: previous.extent,
    };
  }
  if (options.int('extra', 0) > 0) {
    const extra = options.count('extra', 0);
    const extent = listOf(options, previous.extent.size + extra);
    return { type: 'reorg_extra', inputs: [previous.tensor], attributes: { extra }, extent };
  }
  return reorganize('reorg')(context);
}

/** [reorg3d] of AlexeyAB's fork: the order of all other engines. */
export const reorg3d = reorganize('reorg3d');
