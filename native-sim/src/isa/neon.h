// 128-bit vectors of 64-bit ARM; shared by the variants with and without products of bytes, which define SIM_TARGET
// first.
#pragma once

#include <arm_neon.h>

#include <cstring>

#include "isa/isa.h"
#include "isa/requantize_scalar.h"

namespace sim {

namespace {

struct NeonBase {
  // Pairs take more registers: each is two vectors of 16-bit values.
  static constexpr int kLanes = 4, kRows = 8, kPairRows = 4;
  static constexpr bool kRescalesTiles = false;
  static constexpr bool kFused = true, kSignedBytes = false;
  using F = float32x4_t;
  using I = int32x4_t;
  SIM_TARGET static inline F set1(float x) { return vdupq_n_f32(x); }
  SIM_TARGET static inline F load(const float* p) { return vld1q_f32(p); }
  SIM_TARGET static inline void store(float* p, F x) { vst1q_f32(p, x); }
  SIM_TARGET static inline F fma(F a, F b, F c) { return vfmaq_f32(c, a, b); }
  // Comparisons with NaN are false, so NaN stays; so does a zero's sign, which fmax and fmin would change.
  SIM_TARGET static inline F clamp(F x, F lo, F hi) {
    x = vbslq_f32(vcltq_f32(x, lo), lo, x);
    return vbslq_f32(vcgtq_f32(x, hi), hi, x);
  }
  SIM_TARGET static inline F leaky(F x, F slope) { return vbslq_f32(vcgtq_f32(x, set1(0)), x, vmulq_f32(x, slope)); }
  SIM_TARGET static inline void store_part(float* p, F x, int64_t n) {
    float32x2_t half = vget_low_f32(x);
    if (n & 2) {
      vst1_f32(p, half);
      half = vget_high_f32(x);
      p += 2;
    }
    if (n & 1) vst1_lane_f32(p, half, 0);
  }
  SIM_TARGET static inline I zero() { return vdupq_n_s32(0); }
  SIM_TARGET static inline I iset1(int32_t x) { return vdupq_n_s32(x); }
  SIM_TARGET static inline I iload(const int32_t* p) { return vld1q_s32(p); }
  SIM_TARGET static inline void istore(int32_t* p, I x) { vst1q_s32(p, x); }
  // First and second values of the pairs; in a tile the compiler takes them apart once for many products.
  SIM_TARGET static inline int16x4_t first(I x) { return vmovn_s32(x); }
  SIM_TARGET static inline int16x4_t second(I x) { return vshrn_n_s32(x, 16); }
  SIM_TARGET static inline I dot16(I acc, I x, I w) {
    return vmlal_s16(vmlal_s16(acc, first(x), first(w)), second(x), second(w));
  }

  SIM_TARGET static inline F keep(F x, I mask) {
    return vreinterpretq_f32_s32(vandq_s32(vreinterpretq_s32_f32(x), mask));
  }
  SIM_TARGET static inline F even(F a, F b) { return vuzp1q_f32(a, b); }
  SIM_TARGET static inline F odd(F a, F b) { return vuzp2q_f32(a, b); }
  SIM_TARGET static inline I widen(const uint8_t* p) {
    uint32_t bytes;
    std::memcpy(&bytes, p, 4);
    const uint16x8_t words = vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(bytes)));
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(words)));
  }
  SIM_TARGET static inline I pairs(const uint8_t* p) { return vsliq_n_s32(widen(p), widen(p + 1), 16); }
  SIM_TARGET static inline I words(const uint8_t* p) { return vreinterpretq_s32_u16(vmovl_u8(vld1_u8(p))); }
  SIM_TARGET static inline I widen(const int16_t* p) {
    return vreinterpretq_s32_u32(vmovl_u16(vreinterpret_u16_s16(vld1_s16(p))));
  }
  SIM_TARGET static inline I pairs(const int16_t* p) { return vsliq_n_s32(widen(p), widen(p + 1), 16); }
  SIM_TARGET static inline I words(const int16_t* p) { return vreinterpretq_s32_s16(vld1q_s16(p)); }
  // ((x ^ flip) & mask) | fill
  SIM_TARGET static inline I choose(I x, I flip, I mask, I fill) {
    return vorrq_s32(vandq_s32(veorq_s32(x, flip), mask), fill);
  }

  struct Rescale {
    float64x2_t scale, lo, hi;
    I offset;
    SIM_TARGET inline explicit Rescale(const Rescaling& r)
        : scale(vdupq_n_f64(r.scale)), lo(vdupq_n_f64(r.lo)), hi(vdupq_n_f64(r.hi)), offset(vdupq_n_s32(r.offset)) {}
    SIM_TARGET inline int32x2_t half(int32x2_t a) const {
      const float64x2_t v = vmulq_f64(vcvtq_f64_s64(vmovl_s32(a)), scale);
      // Rounds half to even.
      return vmovn_s64(vcvtnq_s64_f64(vminq_f64(vmaxq_f64(v, lo), hi)));
    }
    SIM_TARGET inline I codes(I a) const {
      return vaddq_s32(vcombine_s32(half(vget_low_s32(a)), half(vget_high_s32(a))), offset);
    }
  };
  // The low bytes of the first n lanes.
  SIM_TARGET static inline void store_codes(uint8_t* p, I x, int64_t n) {
    const uint16x4_t words = vmovn_u32(vreinterpretq_u32_s32(x));
    const uint8x8_t codes = vmovn_u16(vcombine_u16(words, words));
    if (n >= kLanes) {
      store_four(p, codes);
      return;
    }
    if (n >= 1) p[0] = vget_lane_u8(codes, 0);
    if (n >= 2) p[1] = vget_lane_u8(codes, 1);
    if (n >= 3) p[2] = vget_lane_u8(codes, 2);
  }
  SIM_TARGET static inline void store_four(uint8_t* p, uint8x8_t codes) {
    const uint32_t bytes = vget_lane_u32(vreinterpret_u32_u8(codes), 0);
    std::memcpy(p, &bytes, 4);
  }

  SIM_TARGET static void requantize(const int32_t* acc, const int32_t* minus, int32_t add, double scale, double lo,
                                    double hi, int32_t offset, uint8_t* out, int64_t n) {
    const Rescale rescale({scale, lo, hi, offset});
    const I bias = vdupq_n_s32(add);
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
      I a = vaddq_s32(vld1q_s32(acc + i), bias);
      if (minus) a = vsubq_s32(a, vld1q_s32(minus + i));
      store_codes(out + i, rescale.codes(a), kLanes);
    }
    requantize_scalar(acc + i, minus ? minus + i : nullptr, add, scale, lo, hi, offset, out + i, n - i);
  }
};

}  // namespace

}  // namespace sim
