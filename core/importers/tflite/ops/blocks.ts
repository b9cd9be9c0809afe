import { composed } from '../../onnx/compose.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';
import { filled } from '../../onnx/numeric.ts';
import { knownIntegers } from './helpers.ts';

/** Blocks of each spatial axis move into the batch. */
const spaceToBatch = composed((c, node) => {
  const block = knownIntegers(c, node, 1, 'the block');
  const pads = knownIntegers(c, node, 2, 'the padding');
  const count = block.length;
  const before = c.shape(c.input(0));
  const rest = before.length - 1 - count;
  if (rest < 0 || pads.length !== 2 * count)
    throw node.invalid(`${count} block sizes for rank ${before.length}`);
  const begin = [0, ...block.map((_, i) => pads[2 * i]), ...filled(rest, 0)];
  const end = [0, ...block.map((_, i) => pads[2 * i + 1]), ...filled(rest, 0)];
  const x = c.pad(c.input(0), begin, end);
  const [batch, ...dims] = c.shape(x);
  const inner = dims.slice(0, count);
  if (inner.some((dim, i) => block[i] < 1 || dim % block[i] !== 0))
    throw node.invalid(`[${inner.join(',')}] in blocks of [${block.join(',')}]`);
  const split = c.reshape(x, [
    batch,
    ...inner.flatMap((dim, i) => [dim / block[i], block[i]]),
    ...dims.slice(count),
  ]);
  const spatial = inner.map((_, i) => 1 + 2 * i);
  const behind = dims.slice(count).map((_, i) => 1 + 2 * count + i);
  const moved = c.transpose(split, [...spatial.map((axis) => axis + 1), 0, ...spatial, ...behind]);
  const all = block.reduce((product, size) => product * size, batch);
  c.output(0, c.main('Reshape', [moved, c.ints([all, ...inner.map((dim, i) => dim / block[i]), ...dims.slice(count)])])); // prettier-ignore
});

/** The other way; what the padding was is cut off. */
const batchToSpace = composed((c, node) => {
  const block = knownIntegers(c, node, 1, 'the block');
  const crops = knownIntegers(c, node, 2, 'the crops');
  const count = block.length;
  const [all, ...dims] = c.shape(c.input(0));
  const batch = block.reduce((rest, size) => rest / size, all);
  if (!Number.isInteger(batch) || crops.length !== 2 * count || dims.length < count)
    throw node.invalid(`a batch of ${all} in blocks of [${block.join(',')}]`);
  const split = c.reshape(c.input(0), [...block, batch, ...dims]);
  const order = [count, ...block.flatMap((_, i) => [count + 1 + i, i]), ...dims.slice(count).map((_, i) => 2 * count + 1 + i)]; // prettier-ignore
  const joined = [batch, ...block.map((size, i) => dims[i] * size), ...dims.slice(count)];
  const whole = c.main('Reshape', [c.transpose(split, order), c.ints(joined)]);
  const cut = block.reduce((x, _, i) => {
    const left = joined[i + 1] - crops[2 * i] - crops[2 * i + 1];
    if (left < 1 || crops[2 * i] < 0) throw node.invalid(`crops of [${crops.join(',')}]`);
    return c.slice(x, i + 1, crops[2 * i], left);
  }, whole);
  c.output(0, cut);
});

/** Operators that exchange blocks of a picture with the batch. */
export const blocks: OperatorFamily = {
  'tflite:BATCH_TO_SPACE_ND': { convert: batchToSpace },
  'tflite:SPACE_TO_BATCH_ND': { convert: spaceToBatch },
};
