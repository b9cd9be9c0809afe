import { at, bestChannel, type Values } from './view.ts';

/** The best channel of every pixel, row by row; with one channel: 1 where it is above the threshold. */
export function segment(view: Values, threshold: number): Uint8Array {
  const classes = new Uint8Array(view.height * view.width);
  const limit = Math.fround(threshold);
  for (let row = 0; row < view.height; row++) {
    for (let column = 0; column < view.width; column++) {
      classes[row * view.width + column] =
        view.channels === 1
          ? Number(at(view, 0, row, column) > limit)
          : bestChannel(view, 0, view.channels, row, column);
    }
  }
  return classes;
}

/** Red, green, blue of a class, the palette of Pascal VOC: its bits, three at a time, from the highest down. */
export function classColor(label: number): [number, number, number] {
  const color: [number, number, number] = [0, 0, 0];
  for (let bit = 0; bit < 8; bit++) color[bit % 3] |= ((label >> bit) & 1) << (7 - Math.floor(bit / 3));
  return color;
}

/** Classes as a colour picture, the bytes of a binary PPM file. */
export function ppmOf(classes: Uint8Array, width: number, height: number): Uint8Array {
  const header = new TextEncoder().encode(`P6\n${width} ${height}\n255\n`);
  const bytes = new Uint8Array(header.length + 3 * classes.length);
  bytes.set(header);
  classes.forEach((label, pixel) => bytes.set(classColor(label), header.length + 3 * pixel));
  return bytes;
}
