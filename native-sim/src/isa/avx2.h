// 256-bit vectors; shared by the variants with and without VNNI, which define SIM_TARGET first.
#pragma once

#include <immintrin.h>

#include "isa/isa.h"
#include "isa/requantize_scalar.h"

namespace sim {

namespace {

struct Avx2Base {
  static constexpr int kLanes = 8, kRows = 4, kPairRows = 4;
  static constexpr bool kRescalesTiles = false;
  static constexpr bool kFused = true, kSignedBytes = false;
  using F = __m256;
  using I = __m256i;
  SIM_TARGET static inline F set1(float x) { return _mm256_set1_ps(x); }
  SIM_TARGET static inline F load(const float* p) { return _mm256_loadu_ps(p); }
  SIM_TARGET static inline void store(float* p, F x) { _mm256_storeu_ps(p, x); }
  SIM_TARGET static inline F fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
  // minps and maxps return their second operand for NaN, so NaN stays.
  SIM_TARGET static inline F clamp(F x, F lo, F hi) { return _mm256_min_ps(hi, _mm256_max_ps(lo, x)); }
  SIM_TARGET static inline F leaky(F x, F slope) {
    return _mm256_blendv_ps(_mm256_mul_ps(x, slope), x, _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_GT_OQ));
  }
  // In powers of two, because masked stores are slow on some processors.
  SIM_TARGET static inline void store_part(float* p, F x, int64_t n) {
    __m128 half = _mm256_castps256_ps128(x);
    if (n & 4) {
      _mm_storeu_ps(p, half);
      half = _mm256_extractf128_ps(x, 1);
      p += 4;
    }
    if (n & 2) {
      _mm_storel_pi(reinterpret_cast<__m64*>(p), half);
      half = _mm_movehl_ps(half, half);
      p += 2;
    }
    if (n & 1) _mm_store_ss(p, half);
  }
  SIM_TARGET static inline I zero() { return _mm256_setzero_si256(); }
  SIM_TARGET static inline I iset1(int32_t x) { return _mm256_set1_epi32(x); }
  SIM_TARGET static inline I iload(const int32_t* p) { return _mm256_loadu_si256(reinterpret_cast<const I*>(p)); }
  SIM_TARGET static inline void istore(int32_t* p, I x) { _mm256_storeu_si256(reinterpret_cast<I*>(p), x); }
  SIM_TARGET static inline I dot16(I acc, I x, I w) { return _mm256_add_epi32(acc, _mm256_madd_epi16(x, w)); }

  SIM_TARGET static inline F keep(F x, I mask) { return _mm256_and_ps(x, _mm256_castsi256_ps(mask)); }
  SIM_TARGET static inline F in_order(F x) {
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(x), 0xd8));
  }
  SIM_TARGET static inline F even(F a, F b) { return in_order(_mm256_shuffle_ps(a, b, 0x88)); }
  SIM_TARGET static inline F odd(F a, F b) { return in_order(_mm256_shuffle_ps(a, b, 0xdd)); }
  SIM_TARGET static inline I widen(const uint8_t* p) {
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
  }
  SIM_TARGET static inline I pairs(const uint8_t* p) { return _mm256_or_si256(widen(p), _mm256_slli_epi32(widen(p + 1), 16)); }
  SIM_TARGET static inline I words(const uint8_t* p) {
    return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  SIM_TARGET static inline I widen(const int16_t* p) {
    return _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  SIM_TARGET static inline I pairs(const int16_t* p) { return _mm256_or_si256(widen(p), _mm256_slli_epi32(widen(p + 1), 16)); }
  SIM_TARGET static inline I words(const int16_t* p) { return _mm256_loadu_si256(reinterpret_cast<const I*>(p)); }
  // ((x ^ flip) & mask) | fill
  SIM_TARGET static inline I choose(I x, I flip, I mask, I fill) {
    return _mm256_or_si256(_mm256_and_si256(_mm256_xor_si256(x, flip), mask), fill);
  }

  struct Rescale {
    __m256d scale, lo, hi;
    __m128i offset;
    SIM_TARGET inline explicit Rescale(const Rescaling& r)
        : scale(_mm256_set1_pd(r.scale)), lo(_mm256_set1_pd(r.lo)), hi(_mm256_set1_pd(r.hi)),
          offset(_mm_set1_epi32(r.offset)) {}
    SIM_TARGET inline __m128i half(__m128i a) const {
      const __m256d v = _mm256_mul_pd(_mm256_cvtepi32_pd(a), scale);
      const __m128i q = _mm256_cvtpd_epi32(_mm256_min_pd(_mm256_max_pd(v, lo), hi));
      // Only the low byte counts: mask it so that the saturating packs keep it.
      return _mm_and_si128(_mm_add_epi32(q, offset), _mm_set1_epi32(255));
    }
    SIM_TARGET inline __m128i codes(I a) const {
      const __m128i words = _mm_packs_epi32(half(_mm256_castsi256_si128(a)), half(_mm256_extracti128_si256(a, 1)));
      return _mm_packus_epi16(words, words);
    }
  };
  SIM_TARGET static inline void store_codes(uint8_t* p, __m128i x, int64_t n) {
    uint64_t bytes = uint64_t(_mm_cvtsi128_si64(x));
    if (n >= 8) {
      std::memcpy(p, &bytes, 8);
      return;
    }
    if (n & 4) {
      std::memcpy(p, &bytes, 4);
      bytes >>= 32;
      p += 4;
    }
    if (n & 2) {
      std::memcpy(p, &bytes, 2);
      bytes >>= 16;
      p += 2;
    }
    if (n & 1) *p = uint8_t(bytes);
  }

  SIM_TARGET static void requantize(const int32_t* acc, const int32_t* minus, int32_t add, double scale,
                                    double lo, double hi, int32_t offset, uint8_t* out, int64_t n) {
    const Rescale rescale({scale, lo, hi, offset});
    const __m256i bias = _mm256_set1_epi32(add);
    int64_t i = 0;
    for (; i + 8 <= n; i += 8) {
      __m256i a = _mm256_add_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(acc + i)), bias);
      if (minus) a = _mm256_sub_epi32(a, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(minus + i)));
      store_codes(out + i, rescale.codes(a), 8);
    }
    requantize_scalar(acc + i, minus ? minus + i : nullptr, add, scale, lo, hi, offset, out + i, n - i);
  }
};

}  // namespace

}  // namespace sim
