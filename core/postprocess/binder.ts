import { counted } from '../network/counted.ts';
import { StudioError } from '../network/errors.ts';
import { gridView, tableView, type OutputTensor, type View } from './view.ts';

/** Views of the outputs that a step reads. */
export class Binder {
  constructor(
    private readonly indices: readonly number[],
    private readonly outputs: readonly OutputTensor[],
    private readonly kind: string,
  ) {}

  /** @throws StudioError when the step names another number of outputs */
  need(count: number, which: string): void {
    if (this.indices.length === count) return;
    throw new StudioError(
      'postprocess-invalid',
      `"${this.kind}" needs ${counted(count, 'output')} (${which}), "lids" names ${this.indices.length}`,
    );
  }

  get length(): number {
    return this.indices.length;
  }

  index(place: number): number {
    return this.indices[place];
  }

  tensor(place: number): OutputTensor {
    return this.outputs[this.indices[place]];
  }

  table(place: number, columns: number): View {
    return tableView(this.tensor(place), this.index(place), columns);
  }

  grid(place: number, channels: number): View {
    return gridView(this.tensor(place), this.index(place), channels);
  }
}

/** @throws StudioError when a table has another number of rows */
export function requireRows({ key, shape }: OutputTensor, view: View, rows: number): void {
  if (view.width === rows) return;
  throw new StudioError(
    'postprocess-invalid',
    `the output of shape [${shape.join(',')}] has ${view.width} rows, expected ${rows}`,
    { layer: key },
  );
}
