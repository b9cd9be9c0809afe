/**
 * Types of inputs and outputs that ovxlib accepts for its operators (its op check while a graph is set up), in a
 * spelling of our own. A block is `OPERATORS: rows; rows`; rows are alternatives of all tensors but the last, then `>`,
 * then the alternatives of the last one: `u8a u8a i32a, u8a i8c i32c > f16 u8a`.
 *
 * A kind is an element type with a letter for its quantization: a = affine, d = dynamic fixed point, c = per channel;
 * b8 = bool8, `-` = absent. Affine int8 is written u8a, because these versions of ovxlib turn it into uint8 before they
 * check. From the tables of ovxlib 1.1.37, kinds that no graph of ours has left out. Operators that are not here
 * (RESHAPE, CONCAT, RELU, SIGMOID, TANH, ...) have no table: they accept anything.
 */
export const LEGAL_ROWS = `
ABS ERF POOL: f32 > f32 f16 bf16; f16 > f32 f16 u8a i8d i16d; bf16 > f32 bf16; u8a > f16 u8a; i8d > f16 i8d; i16d >
  f16 i16d
ADD SUBTRACT: bf16 bf16, f16 f16, i8d i8d, i16d i16d, u8a u8a, u8a i8d, i8d u8a, f32 bf16 > f32 f16 bf16 u8a i8d
  i16d; f32 f32 > f32 f16 bf16; f16 i16d, i16d f16 > f16 i16d; f16 i8d, i8d f16, i16d i8d > f16 i8d; f16 u8a, u8a
  f16, u8a i16d, i16d u8a > f16 u8a; i8d i16d > i8d i16d; i16 i16d, i16d i16 > i16d; u8a i32 > u8a; f32 f16, f16 f32
  > f32 f16; i32 i32 > u8a i8d i16d i32; i16 i32, i32 i16 > i32
ARGMAX ARGMIN: f16, i8d, u8a > i32 i16 u8; bf16, i16d > i16 u8; f32 > i32 i16; i32, i8, u8 > i32
BATCHNORM_SINGLE: f16 f16 f16 f16 f32, f16 f32 f32 f32 f32, f16 f16 f16 f32 f32 > f16 u8a i8d i16d; u8a f16 f16 f16
  f32, u8a f32 f32 f32 f32, u8a f16 f16 f32 f32 > f16 u8a; i8d f16 f16 f16 f32, i8d f16 f16 f32 f32, i8d f32 f32 f32
  f32 > f16 i8d; i16d f16 f16 f16 f32, i16d f32 f32 f32 f32 > f16 i16d; f32 f32 f32 f32 f32 > f32; i16d f16 f16 f32
  f32 > i16d
BATCH_NORM: f16 f32 f32 f32 f32 > f32 f16 u8a i8d i16d; f32 f32 f32 f32 f32 > f32 f16 bf16; bf16 f32 f32 f32 f32 >
  bf16; u8a f32 f32 f32 f32 > f16 u8a; i8d f32 f32 f32 f32 > f16 i8d; i16d f32 f32 f32 f32 > f16 i16d
CAST: f32, i32, u8a > f32 f16 u8a i8d i16d i32 b8; b8, f16 > f32 f16 u8a i8d i16d i32 i16 i8 u8 b8; i16d, i8d > f16
  u8a i8d i16d b8; i16 > f32 f16 u8a i8d i32 b8; i8 > f32 f16 u8a i16d i32 b8; u8 > f32 f16 i8d i16d i32 b8; bf16 >
  bf16
CEIL FLOOR: bf16 > bf16; f32 > f32; f16 > f16 u8a i8d i16d; u8a > f16 u8a; i16d > f16 i16d; i8d > f16 i8d
CLIP: f16 > f16 u8a i8d i16d; f32 > f32 u8a; u8a > f32 f16 u8a; i8d > f16 i8d; i16d > f16 i16d; bf16 > bf16
CONV2D GROUPED_CONV2D: f32 f32 f32 > f32 f16; f16 f16 f16 > f16; f16 f16 f32, bf16 bf16 f32, f16 f16 -, bf16 bf16 -,
  f32 bf16 f32, f32 bf16 - > f32 f16 bf16; i8d i8d i32d, i16d i16d i64d, u8a u8a i32a, u8a i8c i32c, i8d i8d -, u8a
  u8a -, u8a i8d -, u8a i8c -, u8a i8d i32d, u8a i8d i64d, i8d u8a -, i8d u8a i32a > f32 f16 bf16 u8a i8d i16d; i16d
  i16d i32d, i16d i16d - > f32 bf16 u8a i8d i16d; u8a i8d i32a > u8a; f32 f32 - > f32; i8d i8d i64d, i8d i8c -, i8d
  i8c i32c > f32 bf16 u8a i16d
DATACONVERT: f16, i16d, i8d > f32 f16 bf16 u8a i8d i16d i32 i16 i8 u8; f32 > f32 f16 bf16 u8a i8d i16d i16 i8 u8
  i32a i32d; i16 > f32 f16 u8a i8d i16d i32 i16 i8 u8; i8 > f32 f16 u8a i8d i16d i32 i16 i8; u8a > f32 f16 bf16 u8a
  i8d i16d i32; u8 > f32 f16 u8a i16d i32; b8 > u8a i8d i16d i16 i8 u8 b8; bf16 > f32 f16 bf16; i32 > u8a i8d i16d
  i32 i16 i8 u8
DECONVOLUTION: f16 f16 -, f16 f16 f32, bf16 bf16 f32, f32 bf16 f32, f32 bf16 - > f32 f16 bf16; f16 f16 f16, bf16
  bf16 - > f16; i8d i8d i32d, u8a i8d i32d, u8a i8c i32c, u8a i8c -, u8a u8a i32a, u8a i8d -, u8a i8d i64d, i8d u8a
  -, i8d u8a i32a > f32 f16 bf16 u8a i8d i16d; i8d i8d -, i16d i16d -, i16d i16d i32d, i16d i16d i64d, u8a u8a - >
  f32 bf16 u8a i8d i16d; i16d i16d i16d > i16d; u8a u8a u8a > f16 u8a i8d i16d; f32 f32 f32 > f32 bf16; f32 f32 - >
  f32; i8d i8d i64d, i8d i8c -, i8d i8c i32c > f32 bf16 u8a i16d
DEPTH2SPACE: f16 > f16 u8a i8d i16d; u8a > f16 u8a; i8d > f16 i8d; i16d > f16 i16d
DIVIDE: bf16 bf16 > bf16; f16 f16 > f32 f16 u8a i8d i16d; f16 i8d, i8d i8d, i8d f16 > f16 i8d; f16 u8a, u8a u8a, u8a
  f16 > f16 u8a; f16 i16d, i16d i16d, i16d f16 > f16 i16d; u8a i16d > u8a i16d; i16 i16d, i16d i16 > i16d; f32 f32,
  f32 f16, f16 f32 > f32 f16; i32 i32, i16 i32, i32 i16 > i32
ELU EXP GELU HARD_SIGMOID LOG MISH NEG ROUND SIN: i32 > i32; f32 > f32 f16 bf16; f16 > f32 f16 u8a i8d i16d; bf16 >
  f32 bf16; u8a > f16 u8a; i8d > f16 i8d; i16d > f16 i16d
EXPAND_BROADCAST: bf16 > f32 bf16; f32 > f32 f16 bf16; f16 > f32 f16 u8a i8d i16d; i16d > f16 u8a i16d; i8d > f16
  i8d; u8a > f16 u8a; i32d > i32d; i32a > i32a
FCL: f16 f16 -, f16 f16 f32, bf16 bf16 -, bf16 bf16 f32, f32 bf16 -, f32 bf16 f32 > f32 f16 bf16; f16 u8a f32 > u8a;
  i8d i8d -, i8d i8d i32d, i16d i16d -, i16d i16d i32d > f32 bf16 u8a i8d i16d; i16d i16d i64d, u8a u8a -, u8a u8a
  i32a, u8a i8c i32c, u8a i8d -, u8a i8d i32d, u8a i8d i64d, u8a i8c -, i8d u8a -, i8d u8a i32a > f32 f16 bf16 u8a
  i8d i16d; u8a u8a u8a > f16 u8a i16d; i8d i8d i64d, i8d i8c -, i8d i8c i32c > f32 bf16 u8a i16d
FLOORDIV: f16 f16 > f16 u8a i8d i16d; f32 f32 > f32; i32 i32 > u8a i32; bf16 bf16 > bf16; u8a u8a > f16 u8a; i8d i8d
  > f16 i8d; i16d i16d > f16 u8a i16d; u8a i32, i16d i32, i32 i16d > u8a; i16 i32 > i32
GATHER: i32 i32 > i32; f32 i32 > f32; f16 i32 > f16 u8a i8d i16d; bf16 i32 > bf16; u8a i32 > f16 u8a; u8 i32 > u8;
  i8d i32 > f16 i8d; i16d i32 > f16 i16d
GATHER_ND: i32 i32 > i32; f32 i32 > f32; f16 i32 > f16 u8a i8d i16d; bf16 i32 > bf16; u8a i32 > f16 u8a; i8d i32 >
  f16 i8d; i16d i32 > f16 i16d
INSTANCE_NORM: f16 f32 f16, f16 f32 f32, f16 f16 f16 > f16; f32 f32 f16, f32 f16 f16, f32 f32 f32 > f32; i32 f32 f16
  > f32 i32; bf16 f32 f32 > bf16; i8d f32 f16 > f16 i8d; i8d f32 f32 > i8d; u8a f32 f16 > f16 u8a; u8a f32 f32 >
  u8a; i16d f32 f16 > f16 i16d; i16d f32 f32 > i16d
L2_NORMALIZE: f32 > f32 f16; i32 > i32; bf16 > bf16; f16 > f32 f16 u8a i8d i16d; i8d > f16 i8d; i16d > f16 i16d; u8a
  > f16 u8a
L2NORMALIZESCALE: f16 f16, f16 f32 > f16; bf16 bf16, bf16 f32 > bf16; i8d f16, i8d f32 > f16 i8d; u8a f16 > f16 u8a;
  i16d f16, i16d f32 > f16 i16d; f32 f32 > f32; u8a f32 > u8a
LAYER_NORM: f32 f32 f32 > f32; f16 f32 f16, f16 f32 f32, u8a f32 f16, u8a f32 f32 > f16 u8a; bf16 f32 f32 > bf16;
  i16d f32 f16, i16d f32 f32 > i16d
LEAKY_RELU: f32, bf16 > f32 bf16; f16 > f32 f16 u8a i8d i16d; u8a > f16 u8a; i16d > f16 i16d; i8d > f16 i8d
LOG_SOFTMAX: f16 > f16 u8a i8d i16d; f32 > f32; bf16 > f32 f16 bf16; u8a > f16 u8a; i8d > f16 i8d; i16d > f16 i16d
LOGICAL_NOT: i8 > i8; b8 > b8
LOGICAL_OPS: i8 i8 > i8; b8 b8 > b8
LRN LRN2: bf16, f32 > f32 bf16; f16, i8d > f16 i8d; u8a > f16 u8a; i16d > f16 i16d
MATRIXMUL: u8a u8a, u8a f16, f16 u8a > f16 u8a; i8d i8d, i8d f16, f16 i8d > f16 i8d; i16d i16d, i16d f16, f16 i16d >
  f16 i16d; f16 u8 > u8; f16 i8 > i8; f16 f16 > f16 u8a i8d i16d; f32 f32, f32 i8d, f32 i16d, f32 i32 > f32
MAXIMUM MINIMUM: f16 f16 > f16 u8a i8d i16d; f16 i16d, i16d f16 > f16 i16d; f16 i8d, i8d f16 > f16 i8d; f16 u8a, u8a
  f16 > f16 u8a; i16d i16d > i16d; i8d i8d > i8d; u8a u8a > u8a; bf16 bf16 > bf16; f32 f32 > f32; i32 i32 > i32
MOMENTS: u8a f16, i8d f16, i16d f16, f16 f16 > f16; u8a f32, i8d f32, i16d f32, f16 f32, f32 f32, i32 f32 > f32; u8a
  u8a > u8a
MULTIPLY: bf16 bf16, f16 f16, i8d i8d, i16d i16d, u8a u8a, u8a i8d, i8d u8a, f32 bf16 > f32 f16 bf16 u8a i8d i16d;
  f32 f32 > f32 f16 bf16; f16 i16d, i16d f16 > f16 i16d; f16 i8d, i8d f16, i16d i8d > f16 i8d; f16 u8a, u8a f16, u8a
  i16d, i16d u8a > f16 u8a; i8d i16d > i8d i16d; i16 i16d, i16d i16 > i16d; f32 f16, f16 f32 > f32 f16; i32 i32, i16
  i32, i32 i16 > i32
ONE_HOT: f32 > f32 f16; f16 > f32 f16 u8a i8d i16d; i32 > f32 f16 u8a i8d i16d i32; u8a > f16 u8a; i8d > f16 i8d;
  i16d > f16 i16d
PAD: f32, bf16 > f32 bf16; f16 > f16; u8a > u8a; i16d > i16d; i8d > i8d
PERMUTE: f16 > f32 f16; i16 > i16; i16d > i16d; i8d > i8d; u8a > f32 f16 u8a; i8c > i8c; b8 > i8d b8; f32 > f32 f16
  bf16; bf16 > f32 bf16; i32 > i32
POOLWITHARGMAX: f16 f16, f16 i16d, u8a u8a, i8d i8d, i8d f16, i16d f16, f32 f32, f32 u8a, u8a f32, i32 i32, bf16
  bf16 > u8; u8a f16, i16d i16d > i16 u8
POW: f16 f16 > f16 u8a i8d i16d; bf16 bf16 > bf16; f16 u8a, u8a f16, u8a u8a > f16 u8a; f16 i8d, i8d f16 > f16 i8d;
  f16 i16d, i16d f16 > f16 i16d; i8d i8d > i8d; i16d i16d > i16d; f32 f32 > f32
PRELU: f16 f16 > f16 u8a i8d i16d; u8a f16, u8a u8a > f16 u8a; i8d f16 > f16 i8d; i16d f16 > f16 i16d; bf16 f16, f32
  bf16 > bf16; bf16 bf16 > f32 bf16; f32 f32 > f32; i32 i32 > i32
RELATIONAL_OPS: f16 f16, f16 i16d, f16 i8d, f16 u8a, i16d i16d, i16d f16, i8d i8d, i8d f16, u8a u8a, u8a f16, bf16
  bf16, b8 b8, f32 f32, i32 i32 > i8 b8
RESIZE: f16 > f16; bf16 > bf16; f32 > f32; u8a > u8a; i8d > i8d; i16d > i16d
REVERSE: f16 > f16 i32; i8d > i8d i32; i16d > i16d i32; i32d > i32d; u8a > u8a i32; i32a > i32a; i8c > i8c; i32c >
  i32c; u8 > u8; i8 > i8; i16 > i16; i32 > i32; f32, bf16 > f32 bf16
ROI_POOL: i16d i16d, i16d f16 > i16d; i8d i8d, i8d f16 > i8d; u8a u8a, u8a f16, u8a f32 > u8a; f16 f16, f16 f32, f32
  f16 > f32 f16; f32 f32 > f32 f16 bf16; bf16 bf16 > f32; bf16 f16 > bf16
RSQRT: f16, i8d, u8a, i16d > f32 f16 bf16 u8a i8d i16d; bf16 > f32 bf16; f32 > f32 bf16 u8a
SCATTER_ND: i32 i8d > i8d; i32 u8a > u8a; i32 i16d > i16d; i32 f16 > f16; i32 i32 > i32; i32 f32 > f32
SELECT: i8 i8d i8d, b8 i8d i8d, i8d i8d i8d > i8d; i8 u8a u8a, b8 u8a u8a, u8a u8a u8a > u8a; i8 i16d i16d, b8 i16d
  i16d, i16d i16d i16d > i16d; i8 f16 f16, b8 f16 f16 > f16; i8 i32 i32, b8 i32 i32 > i32; i8 f32 f32, b8 f32 f32 >
  f32
SHUFFLECHANNEL: f16 > f16; i8d > i8d; i16d > i16d; u8a > u8a; f32 > f32 bf16; bf16 > f32
SLICE: f16 > f16 u8a i8d i16d; i8d > f16 i8d; i16d > f16 i16d; u8a > f16 u8a; f32 > f32; i32 > i32; bf16 > bf16
SOFTMAX: f32 > f32 f16; f16 > f32 f16 u8a i8d i16d; bf16 > f32 f16 bf16; u8a > f32 f16 u8a; i8d > f32 f16 i8d; i16d
  > f32 f16 i16d
SPACE2DEPTH: f16 > f16; i8d > i8d; i16d > i16d; u8a > u8a; f32, bf16 > f32 bf16
SPLIT: f16 > f16 u8a i8d i16d i16 i8 u8; i8d > f16 i8d; i16d > f16 i16d; u8a > f16 u8a; i8 > f16 i8; i16 > f16 i16;
  u8 > f16 u8; f32, bf16 > f32 bf16; i32 > i32
STRIDED_SLICE: f16, i8d, i16d, u8a > f32 f16 bf16 u8a i8d i16d; f32, bf16 > f32 bf16; i32 > i32; b8 > b8
SWISH: f16 > f16 u8a i8d i16d; bf16, f32 > f32 bf16; i32 > i32; u8a > f16 u8a; i8d > f16 i8d; i16d > f16 i16d
TILE: i8d > i8d; u8a > f16 u8a; i16d > i16d; f16 > f16; bf16 > bf16; i32 > i32; f32 > f32
UPSAMPLE: i16d u8, i16d i16 > f16 i16d; i8d u8 > f16 i8d; u8a u8 > f32 f16 u8a; f16 u8 > f16 u8a i8d i16d; f16 i16 >
  u8a; f32 u8 > f32 u8a; i32 u8 > i32; bf16 u8 > bf16
`;
