import { Unsupported } from '../onnx/builder.ts';

/** A mask whose way through several layers is not followed. */
const UNSURE = Symbol('unsure');

/** Layers that keep the time steps of their input as they are. */
const KEEP = new Set([
  'Activation', 'ActivityRegularization', 'Alias', 'AlphaDropout', 'BatchNormalization', 'Dense', 'Dropout', 'ELU',
  'GaussianDropout', 'GaussianNoise', 'Identity', 'LayerNormalization', 'LeakyReLU', 'PReLU', 'ReLU', 'Softmax',
  'SpatialDropout1D', 'ThresholdedReLU', 'UnitNormalization',
]); // prettier-ignore

/** Layers that make one mask of several. */
const MERGE = new Set(['Add', 'Average', 'Concatenate', 'Maximum', 'Minimum', 'Multiply', 'Subtract', 'FoldTime', 'UnfoldTime', 'RepeatVector', 'Permute']); // prettier-ignore

/** Which time steps of which tensors count: [N, T], true = counts. Keras hands masks on beside the tensors. */
export class Masks {
  private readonly known = new Map<string, string | typeof UNSURE>();

  /** The mask of a tensor of the graph; '' when all steps count. */
  of(tensor: string): string {
    const mask = this.known.get(tensor);
    if (mask === UNSURE)
      throw new Unsupported(
        'time steps that were masked several layers before: put this layer right behind the mask',
      );
    return mask ?? '';
  }

  set(tensor: string, mask: string): void {
    if (mask !== '') this.known.set(tensor, mask);
  }

  /** What a layer of this class does with the masks of its inputs. */
  handOn(type: string, inputs: readonly string[], output: string): void {
    if (this.known.has(output)) return;
    const [first] = inputs;
    const mask = first === undefined ? undefined : this.known.get(first);
    if (KEEP.has(type) && mask !== undefined) this.known.set(output, mask);
    else if (MERGE.has(type) && inputs.some((input) => this.known.has(input))) this.known.set(output, UNSURE);
  }
}
