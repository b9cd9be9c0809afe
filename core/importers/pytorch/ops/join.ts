import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';
import { promoted } from './promote.ts';

/** Empty one-dimensional tensors take no part, as PyTorch has it. */
function parts(c: TorchComposer): string[] {
  const all = c.tensors('tensors');
  const real = all.filter((name) => c.shape(name).join() !== '0');
  return promoted(c, real.length > 0 ? real : all);
}

function joined(c: TorchComposer, names: readonly string[], axis: number): string {
  return names.length === 1 ? names[0] : c.main('Concat', names, { axis });
}

function cat(c: TorchComposer): string {
  const names = parts(c);
  return joined(c, names, c.axis('dim', c.shape(names[0]).length, 0));
}

function stack(c: TorchComposer): string {
  const names = promoted(c, c.tensors('tensors'));
  const axis = c.axis('dim', c.shape(names[0]).length + 1, 0);
  return joined(c, names.map((name) => c.unsqueeze(name, axis)), axis); // prettier-ignore
}

/** hstack, vstack, dstack: scalars and vectors get axes first. */
const stacked = (rank: number, axisOf: (rank: number) => number): TorchOperator =>
  torchOperator('tensors', (c) => {
    const names = promoted(c, c.tensors('tensors')).map((name) => {
      const shape = c.shape(name);
      return shape.length >= rank ? name : c.reshape(name, [...Array.from({ length: rank - shape.length }, () => 1), ...shape]); // prettier-ignore
    });
    return joined(c, names, axisOf(c.shape(names[0]).length));
  });

function meshgrid(c: TorchComposer): string[] {
  const names = c.tensors('tensors').map((name) => c.reshape(name, [c.shape(name)[0] ?? 1]));
  const swap = c.text('indexing', 'ij') === 'xy' && names.length >= 2;
  const place = (i: number): number => (swap && i < 2 ? 1 - i : i);
  const full = names.map((_, i) => c.shape(names[place(i)])[0]);
  return names.map((name, i) => {
    const own = full.map((dim, axis) => (axis === place(i) ? dim : 1));
    return c.op('Expand', [c.reshape(name, own), c.ints(full)]);
  });
}

/** Operators that join tensors. */
export const joins: Readonly<Record<string, TorchOperator>> = {
  'aten::cat': torchOperator('tensors dim', cat),
  'aten::stack': torchOperator('tensors dim', stack),
  'aten::hstack': stacked(1, (rank) => (rank === 1 ? 0 : 1)),
  'aten::vstack': stacked(2, () => 0),
  'aten::meshgrid': torchOperator('tensors indexing', meshgrid, {
    list: true,
    results: (c) => c.tensors('tensors').length,
  }),
};
