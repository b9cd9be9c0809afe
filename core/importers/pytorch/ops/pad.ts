import { Unsupported } from '../../onnx/builder.ts';
import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';

/** PyTorch's pairs start at the last axis; ONNX has all begins, then all ends. */
function amounts(c: TorchComposer, rank: number): { begin: number[]; end: number[] } {
  const pairs = c.integers('pad');
  if (pairs.length % 2 !== 0 || pairs.length > rank * 2)
    throw c.invalid(`pad has ${pairs.length} numbers for rank ${rank}`);
  const of = (axis: number, side: number): number => pairs[(rank - 1 - axis) * 2 + side] ?? 0;
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return { begin: axes.map((axis) => of(axis, 0)), end: axes.map((axis) => of(axis, 1)) };
}

function padded(c: TorchComposer, mode: string): string {
  const x = c.tensor('self');
  const { begin, end } = amounts(c, c.shape(x).length);
  if ([...begin, ...end].every((amount) => amount === 0)) return x;
  if (mode === 'circular') return circular(c, x, begin, end);
  const inputs = [x, c.ints([...begin, ...end])];
  if (mode !== 'constant') return c.main('Pad', inputs, { mode: mode === 'replicate' ? 'edge' : 'reflect' });
  const value = c.number('value', 0);
  return c.main('Pad', [...inputs, c.isFloat(x) ? c.scalar(value) : c.cast(c.integer(value), c.type(x))], {
    mode,
  });
}

/** The other end of each axis is what lies beyond. */
function circular(c: TorchComposer, x: string, begin: readonly number[], end: readonly number[]): string {
  return begin.reduce((y, before, axis) => {
    const size = c.shape(y)[axis];
    if (before < 0 || end[axis] < 0) throw new Unsupported('negative circular padding');
    const parts = [
      ...(before > 0 ? [c.slice(y, axis, size - before, before)] : []),
      y,
      ...(end[axis] > 0 ? [c.slice(y, axis, 0, end[axis])] : []),
    ];
    return c.concat(parts, axis);
  }, x);
}

const pad = (mode: string): TorchOperator => torchOperator('self pad value', (c) => padded(c, mode));

/** Padding with a number, or with what lies near the border. */
export const pads: Readonly<Record<string, TorchOperator>> = {
  'aten::pad': torchOperator('self pad mode value', (c) => padded(c, c.text('mode', 'constant'))),
  'aten::constant_pad_nd': pad('constant'),
  'aten::reflection_pad1d': pad('reflect'),
  'aten::reflection_pad2d': pad('reflect'),
  'aten::reflection_pad3d': pad('reflect'),
  'aten::replication_pad1d': pad('replicate'),
  'aten::replication_pad2d': pad('replicate'),
  'aten::replication_pad3d': pad('replicate'),
  'aten::_pad_circular': pad('circular'),
};
