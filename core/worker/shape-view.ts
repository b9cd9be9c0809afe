import { formatRef, type TensorRef } from '../network/layer.ts';
import type { SymbolicShapeTable } from '../ops/symbolic-shapes.ts';
import type { DimensionView } from './contract.ts';

/** The shape of a tensor as the studio shows it; null where it is not known. */
export function shapeView(shapes: SymbolicShapeTable, ref: TensorRef): DimensionView[] | null {
  const shape = shapes.get(formatRef(ref));
  if (!shape) return null;
  return shape.map((dim) => (typeof dim === 'number' ? dim : `${dim.batch === 1 ? '' : dim.batch}N`));
}
