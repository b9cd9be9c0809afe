import type { Scope } from '../scope.ts';

/** A picture's height and width. @throws StudioError for inputs of other ranks */
export function pictureSize(scope: Scope): [height: number, width: number] {
  const shape = scope.shape();
  if (shape.length !== 4) throw scope.invalid(`it needs pictures, the input is [${shape.join(',')}]`);
  return [shape[2], shape[3]];
}
