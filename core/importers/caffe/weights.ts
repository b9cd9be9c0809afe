import { StudioError } from '../../network/errors.ts';
import { nearestNames } from '../../network/nearest.ts';
import { elementCount, type Shape, type Tensor } from '../../network/tensor.ts';
import { blobTensor } from './blobs.ts';
import { readCaffemodel, type ProtoBlob } from './caffemodel.ts';
import { layerError, type CaffeLayer } from './layer.ts';
import { filledTensor, madeUpTensor, type BlobRole } from './made-up.ts';
import type { Message } from './message.ts';

/** A blob that a layer asks for. */
export interface WantedBlob {
  /** Place among the layer's blobs. */
  index: number;
  role: BlobRole;
  shape: Shape;
  /** The layer's message of how Caffe fills the blob, where the layer has one. */
  filler?: Message | undefined;
}

/** Most coefficients that are not read from a file, over all layers; VGG-16 has 2^27. */
const MOST_MADE = 2 ** 28;

/** The coefficients of a net: those of a .caffemodel, or made-up ones where nobody gave one. */
export class CaffeWeights {
  private readonly stored: ReadonlyMap<string, readonly ProtoBlob[]> | undefined;
  private made = 0;

  /** @param file the .caffemodel; without it all coefficients are made up */
  constructor(file?: { name: string; bytes: Uint8Array }) {
    this.stored = file && readCaffemodel(file.bytes, file.name);
  }

  /** How many blobs the file holds for a layer; undefined where coefficients are made up. */
  count({ name }: CaffeLayer): number | undefined {
    return this.stored && (this.stored.get(name)?.length ?? 0);
  }

  /** @throws StudioError when the file does not hold the blob, or in another shape */
  tensor(layer: CaffeLayer, { index, role, shape, filler }: WantedBlob): Tensor {
    const what = `coefficient ${index} of the layer`;
    const blob = this.stored?.get(layer.name)?.[index];
    if (blob) return blobTensor(blob, shape, what, layer.name);
    this.spend(shape, layer);
    if (!this.stored) return madeUpTensor(role, shape, seedOf(layer, index));
    const filled = filler?.has('type') ? filledTensor(filler, shape) : undefined;
    if (filled) return filled;
    throw new StudioError(
      'coefficient-missing',
      `${what} is not in the weights`,
      { layer: layer.name, line: layer.body.line },
      this.hint(layer.name),
    );
  }

  /** Counts what is made, so that the sizes of a damaged net can not fill the memory. */
  private spend(shape: Shape, layer: CaffeLayer): void {
    this.made += elementCount(shape);
    if (this.made > MOST_MADE)
      throw layerError(layer, `without weights this net would need more than ${MOST_MADE} made-up numbers`);
  }

  private hint(name: string): string {
    if (!this.stored || this.stored.has(name)) return 'Give the .caffemodel that belongs to this .prototxt.';
    const near = nearestNames(name, this.stored.keys()).map((one) => `"${one}"`);
    return `They are found by the name of the layer; the file has ${near.join(', ')}.`;
  }
}

/** Blobs that layers share by a name have the same values. */
function seedOf(layer: CaffeLayer, index: number): string {
  const shared = layer.body.messages('param')[index]?.text('name', '') ?? '';
  return shared === '' ? `${layer.name}/${index}` : shared;
}
