/**
 * Types that ovxlib accepts, in the spelling of core/device/legal-rows.ts, for operators that no network of the product
 * is lowered to. From the tables of ovxlib 1.1.37; what its uint8 codes per channel need is not in 1.1.34.
 */
export const ROWS: Readonly<Record<string, string>> = {
  EMBEDDING_LOOKUP: 'i32 f16, f16 f16 > f16; i32 f32 > f32; i32 i32 > i32; i32 u8a > f32 u8a i8d i8',
  HASHTABLE_LOOKUP: `i32 i32 f16 u8a > f16; i32 i32 i32 u8a, i32 i32 i32 f16 > i32; i32 i32 f32 u8a, i32 i32 f32 f16 >
    f32; i32 i32 u8a u8a, i32 i32 u8a f16, i32 i32 f32 f32 > u8a; i32 i32 f16 f16 > f16 u8a`,
  REPEAT: `f16 i32 > f16; f32 i32 > f32; i32 i32 > i32; i8 i32 > i8; u8 i32 > u8; i16 i32 > i16; i8d i32 > i8d; u8a i32
    > u8a; i16d i32 > i16d`,
  RESIZE_1D: 'f16, u8a > u8a f16; bf16 > bf16; f32 > f32; i8d > i8d; i16d > i16d',
  INTERP: 'f16 - > f16; bf16 - > bf16; f32 - > f32; u8a - > u8a; i8d - > i8d; i16d - > i16d',
  SCATTER_ND_UPDATE: `i8d i32 i8d > i8d f16; u8a i32 u8a > u8a f16; i16d i32 i16d > i16d f16; f16 i32 f16 > f16 u8a;
    bf16 i32 bf16 > bf16; i32 i32 i32 > i32; u32 i32 u32 > u32; f32 i32 f32 > f32`,
  SEQUENCE_MASK: `u8a i32, u8a - > u8a; i8d i32 > i8d; i16d i32 > i16d; u8 i32 > u8 b8; i8 i32 > i8 b8; i16 i32 > i16
    b8; f16 i32 > f16 b8; i32 i32 > u8a b8 i32 i32d f32; i16 i16, i8 i16, u8 i16, f16 i16 > b8; i32 - > u8a b8`,
  SIGNAL_FRAME: 'f16 > f16; i8d > i8d; i16d > i16d; u8a > u8a; bf16 > bf16; f32 > f32',
  SPATIAL_TRANSFORMER: `f16 f16 > f16 i16d u8a i8d; f16 i16d, i16d f16, i16d i16d > f16 i16d; f16 u8a, u8a f16, u8a u8a >
    f16 u8a; f16 i8d, i8d f16, i8d i8d > f16 i8d`,
  TENSOR_ADD_MEAN_STDDEV_NORM: `f16 f16, u8a u8a > f16 f32; i16d i16d > f16; f32 f32, f32 f16, f16 f32 > f32 f16`,
  TENSORSTACKCONCAT: 'f16 i32 > f16; bf16 i32 > bf16; u8a i32 > u8a; i16d i32 > i16d; i8d i32 > i8d',
  UPSAMPLESCALE: `f16 > u8a i16d i8d u8 i16 i8 f16; u8a > u8a f16; i8d > i8d f16; i16d > i16d f16; u8 > u8 f16; i8 > i8
    f16; i16 > i16 f16`,
  CONV_RELU: `f16 f16 -, f16 f16 f32, f16 f16 f16 > f16; i8d i8d i32d > i16d u8a f16 i8d; i8d i8d - > i8d; i16d i16d -,
    i16d i16d i32d, i16d i16d i64d, i16d i16d i16d > i16d; u8a i8d i32d, u8a u8a - > u8a; u8a u8a i32a, u8a u8a u8a >
    u8a i8d i16d f16; bf16 bf16 f32 > bf16 f32; bf16 bf16 - > bf16; f32 f32 f32 > f32 bf16; f32 f32 - > f32`,
  FCL_RELU: `u8a i8c i32c > u8a i16d f16; i8d i8d i32d > i8d f16; u8a u8a i32a > i16d f16; i16d i16d i32d > i8d u8a
    i16d; f16 f16 f16 > f16 i8d u8a; bf16 bf16 f32 > bf16 f32; f32 bf16 f32 > f32 bf16`,
  DETECTION_POSTPROCESS: 'f32 f32 f32 > f32; u8a u8a u8a > u8a',
  GROUP_NORM: `f16 f32 f16, f16 f32 f32, u8a f32 f16, u8a f32 f32 > f16 u8a; f32 f32 f16, f32 f32 f32 > f32; i32 f32 f16
    > i32 f32; i8d f32 f16, i8d f32 f32 > f16 i8d; i16d f32 f16, i16d f32 f32 > f16 i16d`,
  LINEAR: `bf16 > bf16; f32 > f32 f16 bf16; f16 > f16 f32 u8a i16d i8d; u8a > u8a f16; i16d > i16d f16; i8d > i8d f16`,
  DROPOUT: `f16 > f16 u8a i16d i8d f32; f32 > f16 f32; bf16 > bf16; i8d > i8d f16; i16d > i16d f16; u8a > u8a f16`,
  RELU_KERAS: `f16 > u8a i16d i8d f16; bf16 > bf16; f32 > f32 u8a; u8a > f32 u8a f16; i8d > i8d f16; i16d > i16d f16`,
  CONV1D: `f16 f16 -, f16 f16 f32, f32 bf16 -, f32 bf16 f32 > f16 bf16 f32; f16 f16 f16 > f16; f32 f32 f32 > f32 bf16;
    f32 f32 - > f32; i16d i16d -, i16d i16d i32d, i16d i16d i64d > i16d u8a i8d bf16 f32; i16d i16d i16d > i16d; i8d i8d
    - > i8d u8a i16d bf16 f32; i8d i8d i32d > i8d i16d u8a f16 bf16 f32; u8a i8d i32d, u8a i8c i32c, u8a u8a i32a, u8a
    i8d -, u8a i8d i64d, u8a i8c -, i8d u8a -, i8d u8a i32a > u8a i8d i16d f16 bf16 f32; u8a u8a - > u8a i8d i16d bf16
    f32; u8a u8a u8a > u8a i8d i16d f16; bf16 bf16 f32 > bf16 f32 f16; bf16 bf16 - > bf16 f16; i8d i8d i64d, i8d i8c -,
    i8d i8c i32c > u8a i16d bf16 f32; i16d i16c -, i16d i16c i32c > u8a i8d bf16 f32`,
};
