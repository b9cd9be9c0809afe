import type { DeviceTensor } from '../device/graph.ts';
import type { Dump } from '../files/layer-dump.ts';
import { errorsOf, measureOf } from '../quantization/error-measure.ts';
import { toDeviceLayout } from '../simulator/layout.ts';
import type { TensorValue } from '../simulator/simulator.ts';

/** How far a dump is from the simulator's tensor. */
export interface DumpDifference {
  elements: number;
  /** Elements that are another value: off by more than half a step of the type, or more than the text rounds. */
  differing: number;
  cosine: number;
  /** In dB; Infinity without any error. */
  sqnr: number;
  maxError: number;
}

/**
 * Compares a dump with the tensor it is of. Where only one of the two holds no finite number, cosine is 0 and the error
 * infinite.
 */
export function dumpDifference({ tensor, values }: TensorValue, dump: Dump): DumpDifference {
  const ours = toDeviceLayout(tensor, values).slice();
  const theirs = realValues(tensor, dump);
  const step = stepOf(tensor);
  let differing = 0;
  let broken = false;
  for (let index = 0; index < ours.length; index++) {
    const [a, b] = [ours[index], theirs[index]];
    if (Number.isFinite(a) && Number.isFinite(b)) {
      if (Math.abs(a - b) > Math.max(step / 2, textError(a))) differing++;
      continue;
    }
    // No numbers to add up. The same in both is no difference.
    ours[index] = 0;
    theirs[index] = 0;
    if (Object.is(a, b)) continue;
    differing++;
    broken = true;
  }
  const { cosine, sqnr, maxError } = measureOf(errorsOf(ours, theirs));
  const measured = broken ? { cosine: 0, sqnr: -Infinity, maxError: Infinity } : { cosine, sqnr, maxError };
  return { elements: ours.length, differing, ...measured };
}

/** Programs write six digits behind the point. */
const textError = (value: number): number => 6e-7 + Math.abs(value) * 2 ** -22;

/** One step of a quantized tensor; 0 of others. */
function stepOf({ quantization }: DeviceTensor): number {
  if (quantization.kind === 'affine') return quantization.scale;
  return quantization.kind === 'dfp' ? 2 ** -quantization.fl : 0;
}

/** What a dump stands for: programs write real numbers, or what is stored. */
function realValues(tensor: DeviceTensor, { values, integers }: Dump): Float32Array {
  const { quantization, type } = tensor;
  // ovxlib prints stored 16-bit integers with a point.
  const stored = integers || (type === 'int16' && values.every(Number.isInteger));
  if (!stored) return values;
  if (quantization.kind === 'affine')
    return values.map((code) => (code - quantization.zeroPoint) * quantization.scale);
  return quantization.kind === 'dfp' && quantization.fl > 0
    ? values.map((code) => code * 2 ** -quantization.fl)
    : values;
}
