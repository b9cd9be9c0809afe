import { StudioError } from '../../network/errors.ts';
import type { OwnParameters, OwnType } from '../../network/own-quantization.ts';
import { fromNumbers } from '../onnx/numeric.ts';
import { dequantized, type Dequantized, type Storage } from '../onnx/own-constants.ts';
import { StatedQuantization } from '../onnx/stated-quantization.ts';
import type { Tensor } from '../../network/tensor.ts';
import { InputTensor, type TorchNode } from './operator.ts';
import { PickledTensor, type TensorQuantizer } from './unpickle.ts';

/** Numbers of element types that are stored as integers: qint8 and quint8. */
const TYPES: ReadonlyMap<number, OwnType> = new Map([
  [12, 'i8'],
  [13, 'u8'],
]);

/** Functions whose results PyTorch stores in a range that never changes, for quint8. */
const FIXED: ReadonlyMap<string, Pick<OwnParameters, 'scale' | 'zero'>> = new Map([
  ['aten::sigmoid', { scale: 1 / 256, zero: 0 }],
  ['aten::hardsigmoid', { scale: 1 / 256, zero: 0 }],
  ['aten::tanh', { scale: 1 / 128, zero: 128 }],
]);

/** What the program says about how tensors are stored. */
export class TorchQuantization {
  private readonly parameters = new Map<string, OwnParameters>();
  private readonly storages = new Map<string, () => Storage>();

  /** A weight that is stored as integers. @returns its reals */
  weight(name: string, read: () => Dequantized): () => Tensor {
    this.storages.set(name, read);
    return () => read().real;
  }

  /** After a node was recorded. @param known the number behind a tensor, as far as it is known */
  recorded(node: TorchNode, known: (name: string) => Tensor | undefined): void {
    const own = this.ownOf(node, known);
    if (own) for (const name of node.outputs) this.parameters.set(name, own);
  }

  /** The source that the import asks. */
  source(): StatedQuantization {
    return new StatedQuantization({
      parameters: (name) => this.parameters.get(name),
      storage: (name) => this.storages.get(name)?.(),
      cuts: false,
    });
  }

  private ownOf(node: TorchNode, known: (name: string) => Tensor | undefined): OwnParameters | undefined {
    const number = (name: string): number | undefined => {
      const argument = node.args.get(name);
      if (argument instanceof InputTensor) return Number(known(node.inputs[argument.index])?.data[0] ?? NaN);
      return typeof argument === 'number' || typeof argument === 'bigint' ? Number(argument) : undefined;
    };
    const before = node.inputs.flatMap((name) => this.parameters.get(name) ?? []).at(0);
    const [scale, zero] = [number('output_scale'), number('output_zero_point')];
    if (scale !== undefined && zero !== undefined) {
      const type = node.args.has('dtype') ? TYPES.get(number('dtype') ?? 0) : (before?.type ?? 'u8');
      return type && { type, scale, zero };
    }
    if (node.label === 'aten::dequantize' || !before) return undefined;
    const fixed = FIXED.get(node.label);
    return fixed && before.type === 'u8' ? { type: 'u8', ...fixed } : before;
  }
}

/** The reals of a tensor that is stored as integers. @param decode reads a tensor of the file */
export function dequantizedTensor(
  stored: Tensor,
  { scales, zeroPoints, axis }: TensorQuantizer,
  decode: (tensor: PickledTensor) => Tensor,
): Dequantized {
  const list = (values: readonly number[] | PickledTensor): Tensor =>
    values instanceof PickledTensor ? decode(values) : fromNumbers('float64', [values.length], values);
  const parameters = { scale: list(scales), zero: list(zeroPoints), axis: axis ?? 0 };
  const source = {
    invalid: (why: string) => new StudioError('file-malformed', `a quantized tensor: ${why}`),
  };
  return dequantized(source, stored, parameters);
}
