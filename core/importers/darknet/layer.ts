import type { Attributes } from '../onnx/compose.ts';
import type { SectionOptions } from './options.ts';
import type { WeightPart } from './weights.ts';

/** A picture as Darknet counts it. */
export interface Picture {
  channels: number;
  height: number;
  width: number;
}

/** What a layer hands on: `size` numbers per sample, and the picture they form where Darknet knows one. */
export interface Extent {
  size: number;
  picture?: Picture;
}

/** The result of a section, for the sections behind it. */
export interface LayerOutput {
  /** Name of the tensor: [N, C, H, W] or [N, size]. */
  tensor: string;
  extent: Extent;
  /** Why nobody may read it: the network ends in front of this section. */
  unreadable?: string;
}

/** What a section becomes. */
export type Step =
  | NodeStep
  /** The same tensor as another layer's: what has no effect outside of training. */
  | { same: LayerOutput }
  /** An end of the network: what decodes the values is no part of it. */
  | { end: LayerOutput; note: string };

/** One node of the graph. */
export interface NodeStep {
  type: string;
  /** Tensors, then weights. */
  inputs: readonly string[];
  attributes?: Attributes;
  extent: Extent;
}

/** What a reader of one kind of section works with. */
export interface SectionContext {
  options: SectionOptions;
  /** The layer in front. */
  previous: LayerOutput;
  /** Steps of time in one run; they lie in the batch. */
  steps: number;
  /** Matrices of connected layers are stored [inputs, outputs]. */
  transposed: boolean;
  /** The weights come from AlexeyAB's fork. */
  isFork: boolean;
  /** Output of another layer, by its number or, when negative, counted back. @throws StudioError */
  layerAt(index: number, key: string): LayerOutput;
  /** The next weights of the file; names of their tensors. @throws StudioError */
  weights(parts: readonly WeightPart[]): string[];
  /** The weights of an earlier layer again; undefined when that one has others. */
  sharedWeights(index: number, key: string, parts: readonly WeightPart[]): readonly string[] | undefined;
  note(text: string): void;
  /** Counts layers and constants that a section is written out as. @throws StudioError when the model has too many */
  spend(layers: number, numbers?: number): void;
}

/** The picture in front of a section that can't do without. @throws StudioError */
export function pictureOf({ options, previous }: SectionContext): Picture {
  const { picture } = previous.extent;
  if (!picture) throw options.invalid('needs a picture, and the layer in front of it gives none');
  return picture;
}

/** The extent of a picture. @throws StudioError when a side is empty or it is larger than any network's */
export function extentOf(options: SectionOptions, picture: Picture): Extent {
  const sides = [picture.channels, picture.height, picture.width];
  const size = sides.reduce((product, side) => product * side, 1);
  const shown = sides.join(' x ');
  if (sides.some((side) => side < 1)) throw options.invalid(`would give a picture of ${shown}`);
  if (size > MAX_VALUES) throw options.invalid(`would give ${shown} values, which no network has`);
  return { size, picture };
}

/** The extent of a list. */
export function listOf(options: SectionOptions, size: number): Extent {
  if (size < 1 || size > MAX_VALUES) throw options.invalid(`would give ${size} values`);
  return { size };
}

/** Values of one layer: more than fit in the memory of any board. */
const MAX_VALUES = 2 ** 28;
