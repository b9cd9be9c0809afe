// The inner loops that exist once per instruction set. Everything else is ordinary C++.
//
// Convolutions are matrix products  out[row][pixel] = sum_k weight[k][row] * plane[off[k] + pixel]  where the
// pixels are the vector dimension and `off` lists where the k-th input element of pixel 0 lies, so no im2col
// copy is ever made. Integer operands are packed into 32-bit groups along k: four 8-bit values (pack 4) or two
// 16-bit values (pack 2).
#pragma once

#include <cstdint>

namespace sim {

constexpr int kRowBlock = 8;   // weights are packed [k][8 rows]
constexpr int kTileVectors = 3;  // widest tile

struct AddCodes {
  double ra, rb, lo, hi;
  int32_t za, zb, offset;
};

// out = rint_half_even(clamp(v)) + offset,  v = (x - zero) * scale, times slope where it is not positive.
struct LeakyCodes {
  double scale, slope, lo, hi;
  int32_t zero, offset;
};

// How accumulators become 8-bit codes: out = low byte of  rint_half_even(clamp(acc * scale, lo, hi)) + offset.
struct Rescaling {
  double scale, lo, hi;
  int32_t offset;
};

// How a tile of accumulators becomes codes: code = as above of  acc + add[row] - minus[pixel],  with scale[row].
struct TileCodes {
  const int32_t *add, *minus;  // minus may be null
  const double* scale;
  double lo, hi;
  int32_t offset;
};

// The same for 64-bit accumulators, to which an integer and a real bias are added.
struct WideRescaling {
  int64_t add;
  double scale, plus, lo, hi;
  int32_t offset;
};

// A depthwise convolution that reads its input where it is. Vectors may reach a few elements beyond the planes.
struct Depthwise {
  int64_t ih, iw, oh, ow, left, top;
  int kernel, stride;  // 3 or 5; 1 or 2
  // For each vector of output columns and each tap of a row (integers: pair of taps), a mask of what lies inside the
  // input; integers are the zero point elsewhere.
  const int32_t *keep, *fill;
  int32_t flip, zeros;  // pairs of 16-bit values: turns int8 into uint8; the zero point
};

// What happens to float32 results before they are stored: y = x > 0 ? x : x * slope, then lo..hi. NaN stays NaN.
struct F32Activation {
  float slope, lo, hi;
};

struct Isa {
  const char* name;
  int lanes;  // 32-bit lanes per vector
  int pack;   // integer operands per 32-bit group
  bool fused;  // float32 products are not rounded before they are added

  // rows <= kRowBlock, vectors <= kTileVectors; vector i of the tile starts at plane[at[i]]. The float32 form writes
  // `last` lanes of the last vector, the integer form whole vectors.
  void (*f32_conv)(int rows, int vectors, const float* plane, const int64_t* at, const int32_t* off,
                   const float* weights, int k, const float* bias, const F32Activation& act, int64_t last,
                   float* out, int64_t out_stride);
  void (*u8s8_conv)(int rows, int vectors, const int32_t* plane, const int64_t* at, const int32_t* off,
                    const int32_t* weights, int k, int32_t* out, int64_t out_stride);
  // The same, with sums that become 8-bit codes at once; writes `last` lanes of the last vector.
  void (*u8s8_conv_codes)(int rows, int vectors, const int32_t* plane, const int64_t* at, const int32_t* off,
                          const int32_t* weights, int k, const TileCodes& how, int64_t last, uint8_t* out,
                          int64_t out_stride);
  // The same on pairs of 16-bit values, whatever `pack` is; sums are modulo 2^32.
  void (*s16_conv)(int rows, int vectors, const int32_t* plane, const int64_t* at, const int32_t* off,
                   const int32_t* weights, int k, int32_t* out, int64_t out_stride);

  // One channel of a depthwise convolution: `height` rows of `width` pixels; rows of the plane are
  // `stride` apart.
  void (*f32_plane)(const float* plane, int64_t stride, const int32_t* off, const float* weights, int k, float bias,
                    const F32Activation& act, float* out, int64_t width, int64_t height);
  // The integer form works on pairs of 16-bit values on every instruction set:
  // out[p] = bias + sum_k weights[k] * plane[off[k] + p]. Writes whole vectors.
  void (*s16_plane)(const int32_t* plane, const int32_t* off, const int32_t* weights, int k, int32_t bias,
                    int32_t* out, int64_t n);

  // One channel of a direct depthwise convolution. Integer weights are [row][pair of taps], and the bias contains the
  // correction for the input's zero point.
  void (*f32_depthwise)(const Depthwise& d, const float* in, const float* weights, float bias,
                        const F32Activation& act, float* out);
  void (*u8s16_depthwise)(const Depthwise& d, const uint8_t* in, const int32_t* weights, int32_t bias,
                          const Rescaling& how, uint8_t* out);
  // 16-bit data and weights: two planes of weights, of the signed lower bytes and of the rest.
  void (*s16_depthwise)(const Depthwise& d, const int16_t* in, const int32_t* weights, const WideRescaling& how,
                        int16_t* out);

  // Four dot products with a shared right side; n is a multiple of kDotBlock, rows are `stride` elements apart.
  void (*f32_dot)(const float* rows, int64_t stride, const float* x, int64_t n, float* out);
  // pack 4: int8 rows and uint8 x; pack 2: int16 rows and int16 x.
  void (*u8s8_dot)(const void* rows, int64_t stride, const void* x, int64_t n, int32_t* out);
  // int16 rows and int16 x; sums are modulo 2^32.
  void (*s16_dot)(const void* rows, int64_t stride, const void* x, int64_t n, int32_t* out);

  // out = low byte of  rint_half_even(clamp((acc + add - minus) * scale, lo, hi)) + offset. `minus` may be null.
  void (*s32_requantize)(const int32_t* acc, const int32_t* minus, int32_t add, double scale, double lo, double hi,
                         int32_t offset, uint8_t* out, int64_t n);

  // y = table[x], a table of 256 bytes. y may be x.
  void (*u8_table)(const uint8_t* table, const uint8_t* x, uint8_t* y, int64_t n);

  // Every step-th element, as it is or packed: four bytes, or two 16-bit differences from a zero point.
  void (*f32_pack)(const float* from, int64_t step, float* to, int64_t n);
  void (*u8_pack4)(const uint8_t* const* from, int64_t at, int64_t step, uint32_t flip, int32_t* to, int64_t n);
  void (*u8_pack2)(const uint8_t* const* from, int64_t at, int64_t step, uint32_t flip, uint32_t zero, int32_t* to,
                   int64_t n);

  // Pairs of 16-bit values from every step-th element of two rows.
  void (*s16_pack2)(const int16_t* a, const int16_t* b, int64_t step, int32_t* to, int64_t n);
  // (x >> 8) + 128
  void (*s16_high_bytes)(const int16_t* x, uint8_t* to, int64_t n);

  // Adds exact sums to `sum`, or sets it if `first`. `low` are the sums modulo 2^32. Without `high` they are the sums;
  // otherwise (high << shift) + constant is closer than 2^31 to the sum and tells its upper half.
  void (*s32_wide_sum)(const int32_t* low, const int32_t* high, int shift, int64_t constant, bool first, int64_t* sum,
                       int64_t n);
  // out = rint_half_even(clamp((acc + how.add) * how.scale + how.plus)) + how.offset in `bytes` (1 or 2) bytes;
  // |acc + how.add| < 2^51.
  void (*s64_requantize)(const int64_t* acc, const WideRescaling& how, int bytes, uint8_t* out, int64_t n);

  // out = clamp(rint_half_even((a - za) * ra + (b - zb) * rb)) + offset, for uint8 and int16 codes.
  void (*u8_add)(const AddCodes& how, const uint8_t* a, const uint8_t* b, uint8_t* out, int64_t n);
  void (*s16_add)(const AddCodes& how, const int16_t* a, const int16_t* b, int16_t* out, int64_t n);
  // Leaky ReLU of int16 codes. y may be x.
  void (*s16_leaky)(const LeakyCodes& how, const int16_t* x, int16_t* y, int64_t n);
};

constexpr int kDotBlock = 64;

// Variants this machine can run, slowest first.
int isa_count();
const Isa& isa_at(int i);
// The variant that new graphs use: the fastest, unless select_isa chose another.
const Isa& current_isa();
// Empty name: back to the fastest. False if there is no such variant here.
bool select_isa(const char* name);

extern const Isa kPortable;
#if (defined(__x86_64__) || defined(_M_X64)) && (defined(__GNUC__) || defined(__clang__))
#define SIM_X86_VARIANTS 1
extern const Isa kAvx2, kAvxVnni, kAvx512, kAvx512Vnni, kAvx512Vbmi;
#endif
#if defined(__aarch64__) && (defined(__GNUC__) || defined(__clang__))
#define SIM_ARM_VARIANTS 1
extern const Isa kNeon;
// Older compilers offer these instructions only to files that are compiled for them as a whole.
#if defined(__clang__) ? __clang_major__ >= 16 : __GNUC__ >= 10
#define SIM_ARM_BYTE_PRODUCTS 1
extern const Isa kNeonDot, kNeonI8mm;
#endif
#endif

}  // namespace sim
