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
};

SIM_TARGET inline __m256i requantize8(__m256i a, __m512d scale, __m512d lo, __m512d hi) {
  const __m512d v = _mm512_mul_pd(_mm512_cvtepi32_pd(a), scale);
  return _mm512_cvtpd_epi32(_mm512_min_pd(_mm512_max_pd(v, lo), hi));
}

SIM_TARGET void requantize512(const int32_t* acc, const int32_t* minus, int32_t add, double scale,
                              double lo, double hi, int32_t offset, uint8_t* out, int64_t n) {
  const __m512d m = _mm512_set1_pd(scale), low = _mm512_set1_pd(lo), high = _mm512_set1_pd(hi);
  const __m512i bias = _mm512_set1_epi32(add), shift = _mm512_set1_epi32(offset);
  for (int64_t i = 0; i < n; i += 16) {
    const __mmask16 mask = n - i >= 16 ? __mmask16(0xffff) : __mmask16((1u << (n - i)) - 1);
    __m512i a = _mm512_add_epi32(_mm512_maskz_loadu_epi32(mask, acc + i), bias);
    if (minus) a = _mm512_sub_epi32(a, _mm512_maskz_loadu_epi32(mask, minus + i));
    const __m256i q0 = requantize8(_mm512_castsi512_si256(a), m, low, high);
    const __m256i q1 = requantize8(_mm512_extracti64x4_epi64(a, 1), m, low, high);
    const __m512i q = _mm512_add_epi32(_mm512_inserti64x4(_mm512_castsi256_si512(q0), q1, 1), shift);
    _mm512_mask_cvtepi32_storeu_epi8(out + i, mask, q);
  }
}

}  // namespace

}  // namespace sim
