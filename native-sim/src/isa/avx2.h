// 256-bit vectors; shared by the variants with and without VNNI, which define SIM_TARGET first.
#pragma once

#include <immintrin.h>

#include "isa/isa.h"
#include "isa/requantize_scalar.h"

namespace sim {

namespace {

struct Avx2Base {
  static constexpr int kLanes = 8, kRows = 4;
  using F = __m256;
  using I = __m256i;
  SIM_TARGET static inline F set1(float x) { return _mm256_set1_ps(x); }
  SIM_TARGET static inline F load(const float* p) { return _mm256_loadu_ps(p); }
  SIM_TARGET static inline void store(float* p, F x) { _mm256_storeu_ps(p, x); }
  SIM_TARGET static inline F fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
  // minps and maxps return their second operand for NaN, so NaN stays.
  SIM_TARGET static inline F clamp(F x, F lo, F hi) { return _mm256_min_ps(hi, _mm256_max_ps(lo, x)); }
  SIM_TARGET static inline void store_part(float* p, F x, int64_t n) {
    float lanes[kLanes];
    _mm256_storeu_ps(lanes, x);
    std::memcpy(p, lanes, size_t(n) * sizeof(float));
  }
  SIM_TARGET static inline I zero() { return _mm256_setzero_si256(); }
  SIM_TARGET static inline I iset1(int32_t x) { return _mm256_set1_epi32(x); }
  SIM_TARGET static inline I iload(const int32_t* p) { return _mm256_loadu_si256(reinterpret_cast<const I*>(p)); }
  SIM_TARGET static inline void istore(int32_t* p, I x) { _mm256_storeu_si256(reinterpret_cast<I*>(p), x); }
  SIM_TARGET static inline I dot16(I acc, I x, I w) { return _mm256_add_epi32(acc, _mm256_madd_epi16(x, w)); }
};

SIM_TARGET inline __m128i requantize4(__m128i a, __m256d scale, __m256d lo, __m256d hi) {
  const __m256d v = _mm256_mul_pd(_mm256_cvtepi32_pd(a), scale);
  return _mm256_cvtpd_epi32(_mm256_min_pd(_mm256_max_pd(v, lo), hi));
}

SIM_TARGET void requantize256(const int32_t* acc, const int32_t* minus, int32_t add, double scale,
                              double lo, double hi, int32_t offset, uint8_t* out, int64_t n) {
  const __m256d m = _mm256_set1_pd(scale), low = _mm256_set1_pd(lo), high = _mm256_set1_pd(hi);
  const __m256i bias = _mm256_set1_epi32(add);
  const __m128i shift = _mm_set1_epi32(offset), bytes = _mm_set1_epi32(255);
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    __m256i a = _mm256_add_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(acc + i)), bias);
    if (minus) a = _mm256_sub_epi32(a, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(minus + i)));
    __m128i q0 = requantize4(_mm256_castsi256_si128(a), m, low, high);
    __m128i q1 = requantize4(_mm256_extracti128_si256(a, 1), m, low, high);
    // Only the low byte counts: mask it so that the saturating packs keep it.
    q0 = _mm_and_si128(_mm_add_epi32(q0, shift), bytes);
    q1 = _mm_and_si128(_mm_add_epi32(q1, shift), bytes);
    const __m128i words = _mm_packs_epi32(q0, q1);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out + i), _mm_packus_epi16(words, words));
  }
  requantize_scalar(acc + i, minus ? minus + i : nullptr, add, scale, lo, hi, offset, out + i, n - i);
}

}  // namespace

}  // namespace sim
