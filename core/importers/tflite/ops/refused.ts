import { Unsupported } from '../../onnx/builder.ts';
import type { OperatorFamily } from '../../onnx/operator.ts';

const TABLE = 'tables of keys, which the NPU can not search';
const CHANCE = 'random numbers, which the NPU does not make';
const TEXT = 'texts, which the NPU does not know';

/** Builtin operators without a form on the NPU, and why. */
export const REFUSED: Readonly<Record<string, string>> = {
  BITCAST: 'bits that are read as another type',
  CONCAT_EMBEDDINGS: 'an operator that TensorFlow Lite itself does not run',
  DELEGATE: 'code of another accelerator',
  EMBEDDING_LOOKUP_SPARSE: 'rows of a table that are only known at run time',
  HASHTABLE: TABLE,
  HASHTABLE_FIND: TABLE,
  HASHTABLE_IMPORT: TABLE,
  HASHTABLE_LOOKUP: TABLE,
  HASHTABLE_SIZE: TABLE,
  LSH_PROJECTION: 'hashes, which the NPU does not compute',
  MULTINOMIAL: CHANCE,
  RANDOM_STANDARD_NORMAL: CHANCE,
  RANDOM_UNIFORM: CHANCE,
  SKIP_GRAM: TEXT,
  STABLEHLO_CUSTOM_CALL: 'code of another compiler',
  STABLEHLO_RNG_BIT_GENERATOR: CHANCE,
  STABLEHLO_SCATTER: 'parts put at places that a program chooses',
  STABLEHLO_SORT: 'sorting by a program; the largest elements can be had with TOPK_V2',
};

export const refused: OperatorFamily = Object.fromEntries(
  Object.entries(REFUSED).map(([name, reason]) => [
    `tflite:${name}`,
    {
      convert: () => {
        throw new Unsupported(reason);
      },
    },
  ]),
);
