import type { Message } from '../message.ts';
import type { Scope } from '../scope.ts';

interface Size {
  height: number;
  width: number;
}

/** Most numbers of the boxes of one layer; SSD's largest has 2^16. */
const MOST = 2 ** 24;

/** Width and height of the boxes around one place, in pixels, in SSD's order. */
function boxSizes(scope: Scope, parameters: Message): Size[] {
  const least = parameters.reals('min_size').map(Math.trunc);
  const most = parameters.reals('max_size').map(Math.trunc);
  if (least.length === 0 || least.some((size) => size < 1)) throw scope.invalid('it has no min_size');
  if (most.length > 0 && most.length !== least.length)
    throw scope.invalid(`${most.length} max_size for ${least.length} min_size`);
  const flip = parameters.flag('flip', true);
  const ratios = [1];
  for (const given of parameters.reals('aspect_ratio').map(Math.fround)) {
    if (given <= 0) throw scope.invalid(`aspect_ratio is ${given}`);
    if (ratios.some((ratio) => Math.abs(ratio - given) < 1e-6)) continue;
    ratios.push(given, ...(flip ? [Math.fround(1 / given)] : []));
  }
  return least.flatMap((size, i) => {
    const between = Math.fround(Math.sqrt(size * (most[i] ?? 0)));
    const others = ratios.slice(1).map((ratio) => ({
      width: Math.fround(size * Math.sqrt(ratio)),
      height: Math.fround(size / Math.sqrt(ratio)),
    }));
    const larger = most.length > 0 ? [{ width: between, height: between }] : [];
    return [{ width: size, height: size }, ...larger, ...others];
  });
}

/** One number for both sides, or one for each; undefined where neither is given. */
function bothSides(parameters: Message, name: string, both: string): Size | undefined {
  const sides = { height: parameters.real(`${name}_h`, 0), width: parameters.real(`${name}_w`, 0) };
  if (sides.height > 0 && sides.width > 0) return sides;
  const given = parameters.real(both, 0);
  return given > 0 ? { height: given, width: given } : undefined;
}

/**
 * The blob of a PriorBox layer: corners of all boxes as shares of the picture, then the variances of each.
 * @param map size of the feature map
 */
export function priorBoxes(scope: Scope, map: Size, input: Size): Float32Array {
  const parameters = scope.parameters('prior_box_param');
  const picture = bothSides(parameters, 'img', 'img_size') ?? input;
  const step = bothSides(parameters, 'step', 'step') ?? {
    height: Math.fround(picture.height / map.height),
    width: Math.fround(picture.width / map.width),
  };
  const offset = parameters.real('offset', 0.5);
  const sizes = boxSizes(scope, parameters);
  const count = map.height * map.width * sizes.length * 4;
  if (!(picture.height > 0 && picture.width > 0) || count > MOST)
    throw scope.invalid(`${count / 4} boxes in a picture of ${picture.width} x ${picture.height}`);
  const boxes = new Float32Array(2 * count);
  const clip = parameters.flag('clip', false);
  const limited = (value: number): number => (clip ? Math.min(Math.max(value, 0), 1) : value);
  let at = 0;
  for (let y = 0; y < map.height; y++) {
    for (let x = 0; x < map.width; x++) {
      const [centreX, centreY] = [
        Math.fround((x + offset) * step.width),
        Math.fround((y + offset) * step.height),
      ];
      for (const { width, height } of sizes) {
        boxes[at++] = limited((centreX - width / 2) / picture.width);
        boxes[at++] = limited((centreY - height / 2) / picture.height);
        boxes[at++] = limited((centreX + width / 2) / picture.width);
        boxes[at++] = limited((centreY + height / 2) / picture.height);
      }
    }
  }
  const variances = variancesOf(scope, parameters);
  for (let i = count; i < boxes.length; i++) boxes[i] = variances[i % variances.length];
  return boxes;
}

function variancesOf(scope: Scope, parameters: Message): readonly number[] {
  const given = parameters.reals('variance');
  if (given.length === 0) return [0.1];
  if (given.length !== 1 && given.length !== 4) throw scope.invalid(`${given.length} variances, not 1 or 4`);
  return given;
}
