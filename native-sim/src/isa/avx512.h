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
  static constexpr int kLanes = 16, kRows = 8;
  static constexpr bool kFused = true;
  using F = __m512;
  using I = __m512i;
  SIM_TARGET static inline F set1(float x) { return _mm512_set1_ps(x); }
  SIM_TARGET static inline F load(const float* p) { return _mm512_loadu_ps(p); }
  SIM_TARGET static inline void store(float* p, F x) { _mm512_storeu_ps(p, x); }
  SIM_TARGET static inline F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
  // minps and maxps return their second operand for NaN, so NaN stays.
  SIM_TARGET static inline F clamp(F x, F lo, F hi) { return _mm512_min_ps(hi, _mm512_max_ps(lo, x)); }
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
  // ((x ^ flip) & mask) | fill
  SIM_TARGET static inline I choose(I x, I flip, I mask, I fill) {
    return _mm512_ternarylogic_epi32(_mm512_xor_si512(x, flip), mask, fill, 0xea);
  }

  struct Rescale {
    __m512d scale, lo, hi;
    I offset;
    SIM_TARGET inline explicit Rescale(const Rescaling& r)
        : scale(_mm512_set1_pd(r.scale)), lo(_mm512_set1_pd(r.lo)), hi(_mm512_set1_pd(r.hi)),
          offset(_mm512_set1_epi32(r.offset)) {}
    SIM_TARGET inline __m256i half(__m256i a) const {
      const __m512d v = _mm512_mul_pd(_mm512_cvtepi32_pd(a), scale);
      return _mm512_cvtpd_epi32(_mm512_min_pd(_mm512_max_pd(v, lo), hi));
    }
    SIM_TARGET inline I codes(I a) const {
      const __m256i q0 = half(_mm512_castsi512_si256(a)), q1 = half(_mm512_extracti64x4_epi64(a, 1));
      return _mm512_add_epi32(_mm512_inserti64x4(_mm512_castsi256_si512(q0), q1, 1), offset);
    }
  };
  // The low bytes of the first n lanes.
  SIM_TARGET static inline void store_codes(uint8_t* p, I x, int64_t n) {
    _mm512_mask_cvtepi32_storeu_epi8(p, n >= kLanes ? __mmask16(0xffff) : __mmask16((1u << n) - 1), x);
  }

  SIM_TARGET static void requantize(const int32_t* acc, const int32_t* minus, int32_t add, double scale,
                                    double lo, double hi, int32_t offset, uint8_t* out, int64_t n) {
    const Rescale rescale({scale, lo, hi, offset});
    const __m512i bias = _mm512_set1_epi32(add);
    for (int64_t i = 0; i < n; i += 16) {
      const __mmask16 mask = n - i >= 16 ? __mmask16(0xffff) : __mmask16((1u << (n - i)) - 1);
      __m512i a = _mm512_add_epi32(_mm512_maskz_loadu_epi32(mask, acc + i), bias);
      if (minus) a = _mm512_sub_epi32(a, _mm512_maskz_loadu_epi32(mask, minus + i));
      store_codes(out + i, rescale.codes(a), n - i);
    }
  }
};

}  // namespace

}  // namespace sim
