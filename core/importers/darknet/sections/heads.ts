import { pictureOf, type SectionContext, type Step } from '../layer.ts';
import type { SectionOptions } from '../options.ts';

/** What has no effect after training. */
export const passed = (context: SectionContext): Step => ({ same: context.previous });

/** An end of the network: the values of the layer in front are an output as they are. */
function end(context: SectionContext, what: string): Step {
  const { options, previous } = context;
  const { type } = options.section;
  return {
    end: previous,
    note: `the network ends in front of [${type}] in line ${options.section.line}: ${what}`,
  };
}

/** How many anchors a [yolo] section uses, and which: those of its mask, or all. */
function anchorsOf(options: SectionOptions): { count: number; anchors: number[] } {
  const total = options.count('num', 1);
  const all = options.floats('anchors') ?? [];
  const mask = options.ints('mask');
  if (!mask) return { count: total, anchors: all.slice(0, 2 * total) };
  return { count: mask.length, anchors: mask.flatMap((index) => all.slice(2 * index, 2 * index + 2)) };
}

/** @param values per box beside the classes */
function boxes(
  context: SectionContext,
  values: number,
  { count, anchors }: { count: number; anchors: number[] },
): Step {
  const { options } = context;
  const { channels } = pictureOf(context);
  const classes = options.count('classes', 20, 0);
  const needed = count * (classes + values);
  if (channels !== needed) {
    const sum = `${count} boxes of ${classes} classes and ${values} values need ${needed} filters`;
    throw options.invalid(`does not fit the layer in front of it, which has ${channels}: ${sum}`);
  }
  const stretch = options.float('scale_x_y', 1);
  const more = stretch === 1 ? '' : `, scale_x_y ${Number(stretch.toPrecision(6))}`;
  return end(context, `${classes} classes, anchors ${anchors.join(', ')}${more}`);
}

/** [yolo] of versions 3 and 4. */
export const yolo = (context: SectionContext): Step => boxes(context, 5, anchorsOf(context.options));

/** [Gaussian_yolo]: each coordinate with its uncertainty. */
export const gaussianYolo = (context: SectionContext): Step => boxes(context, 9, anchorsOf(context.options));

/** [region] of YOLO version 2. */
export function region(context: SectionContext): Step {
  const { options } = context;
  const count = options.count('num', 1);
  const anchors = (options.floats('anchors') ?? []).slice(0, 2 * count);
  return boxes(context, options.count('coords', 4) + 1, { count, anchors });
}

/** [detection] of YOLO version 1: a list of class probabilities, confidences and boxes. */
export function detection(context: SectionContext): Step {
  const { options, previous } = context;
  const side = options.count('side', 7);
  const num = options.count('num', 1);
  const classes = options.count('classes', 1);
  const coords = options.count('coords', 1);
  const needed = side * side * ((1 + coords) * num + classes);
  if (previous.extent.size !== needed)
    throw options.invalid(`needs ${needed} values, the layer in front of it gives ${previous.extent.size}`);
  return end(context, `${side} x ${side} cells, ${classes} classes, ${num} boxes each`);
}
