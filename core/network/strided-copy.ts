/** Drops axes of size 1 and joins neighbours that are one run in the source, so that inner loops get long. */
function mergeAxes(
  shape: readonly number[],
  sourceSteps: readonly number[],
): { sizes: number[]; steps: number[] } {
  const sizes: number[] = [];
  const steps: number[] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    const last = sizes.length - 1;
    if (shape[axis] === 1) continue;
    if (last >= 0 && steps[last] === sourceSteps[axis] * shape[axis]) {
      sizes[last] *= shape[axis];
      steps[last] = sourceSteps[axis];
    } else {
      sizes.push(shape[axis]);
      steps.push(sourceSteps[axis]);
    }
  }
  return { sizes, steps };
}

/** Columns that are moved together: their source lines stay in the first-level cache even at bad strides. */
const TILE = 64;

/** Fills `target` in C order of `sizes`, reading `source`, of the same element width, with one step per axis. */
export function copyStrided(
  source: ArrayBufferView & { BYTES_PER_ELEMENT: number },
  target: ArrayBufferView & { BYTES_PER_ELEMENT: number },
  sizes: readonly number[],
  steps: readonly number[],
): void {
  const merged = mergeAxes(sizes, steps);
  copyMerged(asWords(source), asWords(target), merged.sizes, merged.steps);
}

function copyMerged(source: Words, target: Words, sizes: readonly number[], steps: readonly number[]): void {
  const last = sizes.length - 1;
  if (last < 0 || steps[last] === 1) {
    copyRuns(source, target, sizes, steps);
    return;
  }
  // Rows are what lies together in the source, columns what lies together in the target.
  const row = steps.indexOf(Math.min(...steps));
  const targetSteps = rowMajorStrides(sizes);
  const others = sizes.map((_, axis) => axis).filter((axis) => axis !== row && axis !== last);
  const pick = (values: readonly number[]): number[] => others.map((axis) => values[axis]);
  const walk = { sizes: pick(sizes), from: pick(steps), to: pick(targetSteps) };
  for (let column = 0; column < sizes[last]; column += TILE) {
    const block: Block = {
      rows: sizes[row],
      columns: Math.min(TILE, sizes[last] - column),
      rowStep: steps[row],
      columnStep: steps[last],
      targetRowStep: targetSteps[row],
    };
    forEachOffset(walk, (from, to) =>
      copyBlock(source, target, from + column * steps[last], to + column, block),
    );
  }
}

/** Array views by element width: moving needs no types, and few kinds of array keep the loops fast. */
type Words = Uint8Array | Uint16Array | Uint32Array | Float64Array;

function asWords(view: ArrayBufferView & { BYTES_PER_ELEMENT: number }): Words {
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: width } = view;
  const kinds = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: Float64Array };
  return new kinds[width as 1 | 2 | 4 | 8](buffer as ArrayBuffer, byteOffset, byteLength / width);
}

interface Block {
  rows: number;
  columns: number;
  rowStep: number;
  columnStep: number;
  targetRowStep: number;
}

function copyBlock(source: Words, target: Words, from: number, to: number, block: Block): void {
  const { rows, columns, rowStep, columnStep: step, targetRowStep } = block;
  const fours = columns - (columns % 4);
  for (let row = 0; row < rows; row++) {
    let write = to + row * targetRowStep;
    let read = from + row * rowStep;
    const end = write + columns;
    // Four at a time: this loop is where the time of an import goes.
    for (const stop = write + fours; write < stop; write += 4, read += 4 * step) {
      target[write] = source[read];
      target[write + 1] = source[read + step];
      target[write + 2] = source[read + 2 * step];
      target[write + 3] = source[read + 3 * step];
    }
    for (; write < end; write++, read += step) target[write] = source[read];
  }
}

/** Copies where the innermost axis is one run in both arrays. */
function copyRuns(source: Words, target: Words, sizes: readonly number[], steps: readonly number[]): void {
  const run = sizes.at(-1) ?? 1;
  let at = 0;
  forEachOffset({ sizes: sizes.slice(0, -1), from: steps.slice(0, -1), to: [] }, (from) => {
    target.set(source.subarray(from, from + run), at);
    at += run;
  });
}

interface Walk {
  sizes: readonly number[];
  from: readonly number[];
  to: readonly number[];
}

/** Visits every index of `sizes` in C order with its offsets in both arrays. */
function forEachOffset(walk: Walk, visit: (from: number, to: number) => void): void {
  const { sizes, from: fromSteps, to: toSteps } = walk;
  const index = sizes.map(() => 0);
  let from = 0;
  let to = 0;
  for (;;) {
    visit(from, to);
    let axis = sizes.length - 1;
    for (; axis >= 0; axis--) {
      index[axis] += 1;
      from += fromSteps[axis];
      to += toSteps[axis] ?? 0;
      if (index[axis] < sizes[axis]) break;
      from -= fromSteps[axis] * sizes[axis];
      to -= (toSteps[axis] ?? 0) * sizes[axis];
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** Elements to skip for a step along each axis of a C-order array. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}
