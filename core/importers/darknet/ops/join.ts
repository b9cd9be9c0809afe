import { composed, type Composer } from '../../onnx/compose.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import type { OnnxNode } from '../../onnx/node.ts';
import { numbersOf } from '../../onnx/numeric.ts';
import { activated, activationOf } from './activation.ts';
import { asList, asPicture, repeated, scaled, step } from './step.ts';

const inputsOf = (c: Composer, { inputs }: OnnxNode): string[] => inputs.map((_, index) => c.input(index));

/** Concat with the node's name, unless there is one part only. */
const joined = (c: Composer, parts: readonly string[]): string =>
  parts.length === 1 ? parts[0] : c.main('Concat', parts, { axis: 1 });

const route = composed((c, node) => {
  const [groups, group] = [node.int('groups', 1), node.int('group', 0)];
  const parts = inputsOf(c, node).map((name) => {
    const picture = asPicture(c, name);
    const part = c.shape(picture)[1] / groups;
    return c.slice(picture, 1, group * part, part);
  });
  c.output(0, joined(c, parts));
});

const routeLists = composed((c, node) => {
  c.output(
    0,
    joined(
      c,
      inputsOf(c, node).map((name) => asList(c, name)),
    ),
  );
});

/** x plus another picture, where that has fewer or more channels and its sides are multiples. */
function addPicture(c: Composer, x: string, other: string, alpha: number, beta: number): string {
  const [, channels, height, width] = c.shape(x);
  const fitted = fitPlane(c, other, height, width);
  const common = Math.min(channels, c.shape(fitted)[1]);
  const added = scaled(c, c.slice(fitted, 1, 0, common), beta);
  const sum = c.main('Add', [scaled(c, c.slice(x, 1, 0, common), alpha), added]);
  return common === channels
    ? sum
    : step(c, 'Concat', [sum, c.slice(x, 1, common, channels - common)], { axis: 1 });
}

/** Every so many-th pixel of a larger picture; a smaller one with zeros between its pixels. */
function fitPlane(c: Composer, name: string, height: number, width: number): string {
  const [, , rows, columns] = c.shape(name);
  if (rows < height) return spreadOut(c, name, height / rows);
  const [down, right] = [Math.floor(rows / height), Math.floor(columns / width)];
  return c.slice(c.slice(name, 2, 0, height, down), 3, 0, width, right);
}

function spreadOut(c: Composer, name: string, stride: number): string {
  const [, , rows, columns] = c.shape(name);
  const [height, width] = [rows * stride, columns * stride];
  const grid = Float32Array.from({ length: height * width }, (_, at) =>
    Math.floor(at / width) % stride === 0 && (at % width) % stride === 0 ? 1 : 0,
  );
  return step(c, 'Mul', [repeated(c, name, stride), c.floats(grid, [1, 1, height, width])]);
}

/** Factors [layers, 1 or channels] with sum 1, as the layer was trained. */
function factorsOf(node: OnnxNode, weights: ArrayLike<number>, layers: number): Float32Array[] {
  const count = weights.length / layers;
  const rows = Array.from({ length: layers }, (_, layer) =>
    Float32Array.from({ length: count }, (_, i) => weights[layer * count + i]),
  );
  const kind = node.text('normalization', 'none');
  if (kind === 'none') return rows;
  const positive = rows.map((row) =>
    row.map((weight, i) => {
      const largest = Math.max(...rows.map((one) => one[i]));
      return kind === 'relu' ? Math.max(weight, 0) : Math.exp(weight - largest);
    }),
  );
  return positive.map((row) =>
    row.map((weight, i) => weight / (positive.reduce((sum, one) => sum + one[i], 0) + 0.0001)),
  );
}

/** The sum of all pictures, each times its learned factor. */
function weightedSum(
  c: Composer,
  node: OnnxNode,
  pictures: readonly string[],
  weights: ArrayLike<number>,
): string {
  const factors = factorsOf(node, weights, pictures.length);
  const [first, ...others] = pictures.map((picture, layer) => {
    const channels = c.shape(picture)[1];
    const row = factors[layer];
    const shape = row.length === 1 ? [] : [1, Math.min(channels, row.length), 1, 1];
    const part = c.slice(picture, 1, 0, row.length === 1 ? channels : Math.min(channels, row.length));
    return step(c, 'Mul', [part, c.floats(row.slice(0, row.length === 1 ? 1 : channels), shape)]);
  });
  return others.reduce((sum, other) => addPicture(c, sum, other, 1, 1), first);
}

const shortcut = composed((c, node) => {
  const layers = node.int('layers', 1);
  const [x, ...others] = Array.from({ length: layers + 1 }, (_, index) => asPicture(c, c.input(index)));
  const weights = c.has(layers + 1) ? c.known(c.input(layers + 1)) : undefined;
  const [alpha, beta] = [node.float('alpha', 1), node.float('beta', 1)];
  const sum = weights
    ? weightedSum(c, node, [x, ...others], numbersOf(weights))
    : others.reduce((all, other) => addPicture(c, all, other, alpha, beta), x);
  c.output(0, activated(c, sum, activationOf(node)));
});

const binary = (type: 'Add' | 'Mul') =>
  composed((c, node) => {
    const [a, b] = [0, 1].map((index) => asPicture(c, c.input(index)));
    c.output(0, activated(c, c.main(type, [a, b]), activationOf(node)));
  });

/** The constants, repeated for every step of time where they meet a picture. */
const implicit = composed((c) => c.output(0, c.shared(c.input(0))));

/** Sections that read several layers. */
export const joins: OperatorFamily = {
  'darknet:control_channels': { convert: binary('Mul') },
  'darknet:implicit': { convert: implicit },
  'darknet:route': { convert: route },
  'darknet:route_lists': { convert: routeLists },
  'darknet:sam': { convert: binary('Mul') },
  'darknet:scale_channels': { convert: binary('Mul') },
  'darknet:shift_channels': { convert: binary('Add') },
  'darknet:shortcut': { convert: shortcut },
};
