// 512-bit vectors; shared by the variants with and without VNNI, which define SIM_TARGET first.
#pragma once

#include <immintrin.h>

#include "isa/isa.h"

// gcc 12 warns about the deliberately undefined operands inside its own AVX-512 header.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

namespace sim {

namespace {

struct Avx512Base {
  static constexpr int kLanes = 16, kRows = 8, kPairRows = 8;
  static constexpr bool kRescalesTiles = true;
  static constexpr bool kFused = true, kSignedBytes = false;
  using F = __m512;
  using I = __m512i;
  SIM_TARGET static inline F set1(float x) { return _mm512_set1_ps(x); }
  SIM_TARGET static inline F load(const float* p) { return _mm512_loadu_ps(p); }
  SIM_TARGET static inline void store(float* p, F x) { _mm512_storeu_ps(p, x); }
  SIM_TARGET static inline F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
  // minps and maxps return their second operand for NaN, so NaN stays.
  SIM_TARGET static inline F clamp(F x, F lo, F hi) { return _mm512_min_ps(hi, _mm512_max_ps(lo, x)); }
  SIM_TARGET static inline F leaky(F x, F slope) {
    return _mm512_mask_mul_ps(x, _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_NGT_UQ), x, slope);
  }
  SIM_TARGET static inline void store_part(float* p, F x, int64_t n) {
    _mm512_mask_storeu_ps(p, __mmask16((1u << n) - 1), x);
  }
  SIM_TARGET static inline I zero() { return _mm512_setzero_si512(); }
  SIM_TARGET static inline I iset1(int32_t x) { return _mm512_set1_epi32(x); }
  SIM_TARGET static inline I iload(const int32_t* p) { return _mm512_loadu_si512(p); }
  SIM_TARGET static inline void istore(int32_t* p, I x) { _mm512_storeu_si512(p, x); }

  SIM_TARGET static inline F keep(F x, I mask) { return _mm512_and_ps(x, _mm512_castsi512_ps(mask)); }
  SIM_TARGET static inline F even(F a, F b) {
    return _mm512_permutex2var_ps(
        a, _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30), b);
  }
  SIM_TARGET static inline F odd(F a, F b) {
    return _mm512_permutex2var_ps(
        a, _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31), b);
  }
  SIM_TARGET static inline I widen(const uint8_t* p) {
    return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  SIM_TARGET static inline I pairs(const uint8_t* p) { return _mm512_or_si512(widen(p), _mm512_slli_epi32(widen(p + 1), 16)); }
  SIM_TARGET static inline I words(const uint8_t* p) {
    return _mm512_cvtepu8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  SIM_TARGET static inline I widen(const int16_t* p) {
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  SIM_TARGET static inline I pairs(const int16_t* p) { return _mm512_or_si512(widen(p), _mm512_slli_epi32(widen(p + 1), 16)); }
  SIM_TARGET static inline I words(const int16_t* p) { return _mm512_loadu_si512(p); }
  // ((x ^ flip) & mask) | fill
  SIM_TARGET static inline I choose(I x, I flip, I mask, I fill) {
    return _mm512_ternarylogic_epi32(_mm512_xor_si512(x, flip), mask, fill, 0xea);
  }

  // Codes in double, which is what they are defined by.
  SIM_TARGET static inline __m256i half_exact(__m256i a, const Rescaling& r) {
    const __m512d v = _mm512_mul_pd(_mm512_cvtepi32_pd(a), _mm512_set1_pd(r.scale));
    return _mm512_cvtpd_epi32(_mm512_min_pd(_mm512_max_pd(v, _mm512_set1_pd(r.lo)), _mm512_set1_pd(r.hi)));
  }
  SIM_TARGET static inline I codes_exact(I a, const Rescaling& r) {
    const __m256i q0 = half_exact(_mm512_castsi512_si256(a), r), q1 = half_exact(_mm512_extracti64x4_epi64(a, 1), r);
    return _mm512_add_epi32(_mm512_inserti64x4(_mm512_castsi256_si512(q0), q1, 1), _mm512_set1_epi32(r.offset));
  }

  // The same codes in float32, wherever that cannot round to another integer. Conversion, scale, and product with the
  // offset are each off by at most 2^-24 of a result that is clamped to 8 bits and an offset of 8 bits:
  // 512 * 3 * 2^-24 < 1e-4 in all. What comes closer to a tie must be computed in double.
  struct Rescale {
    const Rescaling& how;
    F scale, offset, lo, hi, sure;
    SIM_TARGET inline explicit Rescale(const Rescaling& r)
        : how(r), offset(set1(float(r.offset))), lo(set1(float(r.lo + r.offset))), hi(set1(float(r.hi + r.offset))) {
      set_scale(r.scale);
    }
    SIM_TARGET inline void set_scale(double x) {
      scale = set1(float(x));
      sure = set1(x < 1e30 ? 0.4998f : -1.0f);
    }
    // `far` becomes the largest distance from an integer, or stays.
    SIM_TARGET inline I quick(I a, F& far) const {
      const F v = _mm512_min_ps(_mm512_max_ps(_mm512_fmadd_ps(_mm512_cvtepi32_ps(a), scale, offset), lo), hi);
      far = _mm512_range_ps(far, _mm512_reduce_ps(v, 0), 0x0b);  // the larger absolute value
      return _mm512_cvtps_epi32(v);
    }
    SIM_TARGET inline bool doubtful(F far) const { return _mm512_cmp_ps_mask(far, sure, _CMP_GT_OQ) != 0; }
    SIM_TARGET inline I codes(I a) const {
      F far = _mm512_setzero_ps();
      const I q = quick(a, far);
      return __builtin_expect(doubtful(far), 0) ? codes_exact(a, how) : q;
    }
  };
  // The low bytes of the first n lanes.
  SIM_TARGET static inline void store_codes(uint8_t* p, I x, int64_t n) {
    if (n >= kLanes) _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(x));
    else _mm512_mask_cvtepi32_storeu_epi8(p, __mmask16((1u << n) - 1), x);
  }

  // N vectors of one row, the last of them with the lanes of `mask`.
  template <int N>
  SIM_TARGET static inline void rescale_row(const int32_t* acc, const int32_t* minus, I add, const Rescale& rescale,
                                            __mmask16 mask, uint8_t* out) {
    F far = _mm512_setzero_ps();
    for (int n = 0; n < N; n++) {
      I a = _mm512_add_epi32(iload(acc + n * kLanes), add);
      if (minus) a = _mm512_sub_epi32(a, iload(minus + n * kLanes));
      const I q = rescale.quick(a, far);
      if (n + 1 < N) _mm_storeu_si128(reinterpret_cast<__m128i*>(out + n * kLanes), _mm512_cvtepi32_epi8(q));
      else _mm512_mask_cvtepi32_storeu_epi8(out + n * kLanes, mask, q);
    }
    if (__builtin_expect(!rescale.doubtful(far), 1)) return;
    for (int n = 0; n < N; n++) {
      I a = _mm512_add_epi32(iload(acc + n * kLanes), add);
      if (minus) a = _mm512_sub_epi32(a, iload(minus + n * kLanes));
      store_codes(out + n * kLanes, codes_exact(a, rescale.how), n + 1 < N ? kLanes : __builtin_popcount(mask));
    }
  }

  template <int N>
  SIM_TARGET static inline void rescale_rows(int rows, const int32_t* acc, int64_t width, const TileCodes& how,
                                             int64_t last, uint8_t* out, int64_t stride) {
    const __mmask16 mask = last >= kLanes ? __mmask16(0xffff) : __mmask16((1u << last) - 1);
    Rescaling one{0, how.lo, how.hi, how.offset};
    Rescale rescale(one);
    for (int r = 0; r < rows; r++) {
      one.scale = how.scale[r];
      rescale.set_scale(one.scale);
      rescale_row<N>(acc + r * width, how.minus, iset1(how.add[r]), rescale, mask, out + r * stride);
    }
  }

  SIM_TARGET static inline void rescale_tile(int rows, int vectors, const int32_t* acc, int64_t width,
                                             const TileCodes& how, int64_t last, uint8_t* out, int64_t stride) {
    if (vectors == 3) rescale_rows<3>(rows, acc, width, how, last, out, stride);
    else if (vectors == 2) rescale_rows<2>(rows, acc, width, how, last, out, stride);
    else rescale_rows<1>(rows, acc, width, how, last, out, stride);
  }

  SIM_TARGET static void requantize(const int32_t* acc, const int32_t* minus, int32_t add, double scale,
                                    double lo, double hi, int32_t offset, uint8_t* out, int64_t n) {
    const Rescaling how{scale, lo, hi, offset};
    const Rescale rescale(how);
    const I bias = iset1(add);
    int64_t i = 0;
    for (; i + 4 * kLanes <= n; i += 4 * kLanes)
      rescale_row<4>(acc + i, minus ? minus + i : nullptr, bias, rescale, 0xffff, out + i);
    for (; i < n; i += kLanes) {
      const __mmask16 mask = n - i >= kLanes ? __mmask16(0xffff) : __mmask16((1u << (n - i)) - 1);
      I a = _mm512_add_epi32(_mm512_maskz_loadu_epi32(mask, acc + i), bias);
      if (minus) a = _mm512_sub_epi32(a, _mm512_maskz_loadu_epi32(mask, minus + i));
      store_codes(out + i, rescale.codes(a), n - i);
    }
  }
};

}  // namespace

}  // namespace sim
