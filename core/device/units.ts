/** Where an operator runs on a VIPNano NPU. */
export type NpuUnit =
  /** The convolution engine. */
  | 'NN'
  /** The tensor processor: copies, transposes, look-up-table activations, fully connected layers. */
  | 'TP'
  /** The programmable shader core: everything else, and all float work. */
  | 'PPU'
  /** No work: only shapes change. */
  | '-';

const CONVOLUTION_ENGINE = ['CONV2D', 'GROUPED_CONV2D', 'DECONVOLUTION', 'CONV1D', 'DECONVOLUTION1D'];
const TENSOR_PROCESSOR = [
  'FCL', 'PERMUTE', 'CONCAT', 'SPLIT', 'SLICE', 'PAD', 'SPACE2DEPTH', 'DEPTH2SPACE', 'REORG', 'SHUFFLECHANNEL', 'REVERSE',
  'RELU', 'RELU1', 'RELU6', 'RELUN', 'CLIP', 'LEAKY_RELU', 'SIGMOID', 'TANH', 'SWISH', 'HARD_SIGMOID', 'MISH', 'ELU',
  'SOFTRELU', 'POOL', 'LRN', 'LRN2', 'DATACONVERT',
]; // prettier-ignore
const NO_WORK = ['RESHAPE', 'SQUEEZE', 'NOOP', 'VARIABLE'];

/**
 * The unit that usually runs an 8-bit operator, as seen in packed networks of the vendor's tool and in
 * public drivers; fusion and sizes can move it. Other operators run on the PPU.
 */
export function npuUnit(op: string): NpuUnit {
  if (CONVOLUTION_ENGINE.includes(op)) return 'NN';
  if (TENSOR_PROCESSOR.includes(op)) return 'TP';
  return NO_WORK.includes(op) ? '-' : 'PPU';
}
