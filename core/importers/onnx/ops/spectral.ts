import { Unsupported, type Builder } from '../builder.ts';
import { identityOrder, type DraftRef } from '../draft.ts';
import type { OnnxNode } from '../node.ts';
import { frontAxis, fromNumbers, numbersOf } from '../numeric.ts';
import type { OperatorFamily } from '../operator.ts';

/** What a transform of `length` numbers with `parts` (1 real, 2 complex) gives: `bins` complex numbers. */
interface Transform {
  length: number;
  parts: number;
  bins: number;
  inverse: boolean;
  /** Weight of each input number. */
  window?: ArrayLike<number> | undefined;
  /** Numbers the period has, at least as many as there are bins. */
  period: number;
}

/** More coefficients than this are no short composition any more. */
const LARGEST = 2 ** 24;

/** [length * parts, bins * 2]: a Fourier transform as one matrix. */
function matrix({ length, parts, bins, inverse, window, period }: Transform): Float32Array {
  if (length * parts * bins * 2 > LARGEST) throw new Unsupported(`a Fourier transform of ${length} numbers`);
  const values = new Float32Array(length * parts * bins * 2);
  for (let at = 0; at < Math.min(length, period); at++) {
    for (let bin = 0; bin < bins; bin++) {
      // The angle repeats, and small ones are more exact.
      const angle = ((inverse ? 2 : -2) * Math.PI * ((at * bin) % period)) / period;
      const weight = (window?.[at] ?? 1) / (inverse ? period : 1);
      const [re, im] = [weight * Math.cos(angle), weight * Math.sin(angle)];
      const row = at * parts * bins * 2 + bin * 2;
      values[row] = re;
      values[row + 1] = im;
      if (parts === 1) continue;
      values[row + bins * 2] = -im;
      values[row + bins * 2 + 1] = re;
    }
  }
  return values;
}

/** The rows transformed: [rows, length * parts] to [rows, bins * 2]. */
function transformed(node: OnnxNode, builder: Builder, rows: DraftRef, transform: Transform): DraftRef {
  const shape = [transform.length * transform.parts, transform.bins * 2];
  const tensor = { type: 'float32' as const, shape, data: matrix(transform) };
  const weights = builder.variable({ tensor, layerName: builder.constantName(node) }, shape, [0, 1]);
  const draft = builder.layer(node, {
    op: 'matmul',
    parameters: [
      ['transpose_a', false],
      ['transpose_b', false],
    ],
    inputs: [rows, { draft: weights, port: 0 }],
  });
  return { draft, port: 0 };
}

/** Axis and length: attribute and input before opset 20, inputs since. */
function convertDft(node: OnnxNode, builder: Builder): void {
  const value = builder.value(node, 0);
  const rank = value.shape.length;
  const given = node.opset < 20 ? node.int('axis', 1) : (builder.integers(node, 2, 'the axis')?.[0] ?? -2);
  const axis = frontAxis(given, rank);
  const parts = value.shape[rank - 1];
  if (rank < 2 || axis === rank - 1 || parts > 2) throw node.invalid(`axis ${axis} of rank ${rank}`);
  const inverse = node.int('inverse', 0) !== 0;
  const length = value.shape[axis];
  const period = builder.integers(node, 1, 'the length')?.[0] ?? length;
  const bins = node.int('onesided', 0) === 0 ? period : Math.floor(period / 2) + 1;
  const order = [...identityOrder(rank - 1).filter((index) => index !== axis), axis, rank - 1];
  const rows = builder.reshape(builder.ordered(value, order), [-1, length * parts]);
  const result = transformed(node, builder, rows, { length, parts, bins, inverse, period });
  const shape = value.shape.map((dim, index) => (index === axis ? bins : index === rank - 1 ? 2 : dim));
  const ref = builder.reshape(
    result,
    order.map((index) => shape[index]),
  );
  builder.emit(node, 0, { shape, type: value.type, order, ref });
}

/** The frames are gathered, then each is transformed. */
function convertStft(node: OnnxNode, builder: Builder): void {
  const signal = builder.value(node, 0);
  const [batch, total, parts = 1] = signal.shape;
  const step = builder.integers(node, 1, 'the frame step')?.[0] ?? 0;
  const window = builder.present(node, 2) ? builder.requireConstant(node, 2, 'the window') : undefined;
  const length = builder.integers(node, 3, 'the frame length')?.[0] ?? window?.data.length ?? 0;
  if (step < 1 || length < 1 || length > total || parts > 2) {
    throw node.invalid(`frames of ${length} every ${step} of a signal of ${total}`);
  }
  const frames = Math.floor((total - length) / step) + 1;
  const bins = node.int('onesided', 1) === 0 ? length : Math.floor(length / 2) + 1;
  const places = Int32Array.from(
    { length: frames * length },
    (_, i) => Math.floor(i / length) * step + (i % length),
  );
  const indices = {
    tensor: fromNumbers('int32', [frames, length], places),
    layerName: builder.constantName(node),
  };
  const cut = builder.layer(node, {
    op: 'gather',
    name: `${node.layerName}_gather`,
    parameters: [
      ['axis', 1],
      ['batch_dims', null],
    ],
    inputs: [
      builder.ordered(signal, identityOrder(signal.shape.length)),
      { draft: builder.variable(indices, [frames, length], [0, 1]), port: 0 },
    ],
  });
  const rows = builder.reshape({ draft: cut, port: 0 }, [batch * frames, length * parts]);
  const weights = window && numbersOf(window);
  const transform = { length, parts, bins, inverse: false, window: weights, period: length };
  const shape = [batch, frames, bins, 2];
  const ref = builder.reshape(transformed(node, builder, rows, transform), shape);
  builder.emit(node, 0, { shape, type: signal.type, order: identityOrder(4), ref });
}

/** Fourier transforms as matrix products. */
export const spectral: OperatorFamily = { DFT: { convert: convertDft }, STFT: { convert: convertStft } };
