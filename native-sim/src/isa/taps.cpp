#include "isa/taps.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#ifdef SIM_X86_VARIANTS
#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#endif

namespace sim {

namespace {

constexpr int64_t kPiece = 512;

inline uint16_t slot_of(float x, const Binning& how) {
  int32_t bits;
  std::memcpy(&bits, &x, 4);
  return uint16_t(uint32_t(int32_t(std::fabs(x) * how.inverse) ^ (bits < 0 ? -1 : 0)) & how.mask);
}

// Slots of the values that are not zero, one after the other. All of them are computed first, which compilers do in
// vectors.
inline int64_t plain_slots(const float* x, int64_t n, const Binning& how, uint16_t* slots) {
  uint16_t all[kPiece];
  for (int64_t i = 0; i < n; i++) all[i] = slot_of(x[i], how);
  int64_t m = 0;
  for (int64_t i = 0; i < n; i++) {
    slots[m] = all[i];
    m += x[i] != 0;
  }
  return m;
}

namespace portable {

#define SIM_TARGET
struct T {
  static constexpr int kLanes = 4;
  struct F {
    float v[kLanes];
  };
  static F set1(float x) { return {{x, x, x, x}}; }
  static F load(const float* p) { return {{p[0], p[1], p[2], p[3]}}; }
  static void store(float* p, const F& x) { std::copy_n(x.v, kLanes, p); }
  static F min(const F& a, F b) {
    for (int k = 0; k < kLanes; k++) b.v[k] = a.v[k] < b.v[k] ? a.v[k] : b.v[k];
    return b;
  }
  static F max(const F& a, F b) {
    for (int k = 0; k < kLanes; k++) b.v[k] = a.v[k] > b.v[k] ? a.v[k] : b.v[k];
    return b;
  }
  static F add_zeros(F zeros, const F& x) {
    for (int k = 0; k < kLanes; k++) zeros.v[k] += x.v[k] * 0.0f;
    return zeros;
  }
  struct Sums {
    double sum[kLanes];
  };
  static void clear(Sums& s) { s = {}; }
  static void add(Sums& s, const F& x) {
    for (int k = 0; k < kLanes; k++) s.sum[k] += double(x.v[k]);
  }
  static void store_sums(const Sums& s, double* sum) { std::copy_n(s.sum, kLanes, sum); }
  static int64_t slots(const float* x, int64_t n, const Binning& how, uint16_t* slots) {
    return plain_slots(x, n, how, slots);
  }
};
#include "isa/kernels/taps.inl"
#undef SIM_TARGET

}  // namespace portable

#ifdef SIM_X86_VARIANTS

namespace avx2 {

#define SIM_TARGET __attribute__((target("avx2,fma")))
struct T {
  static constexpr int kLanes = 8;
  using F = __m256;
  SIM_TARGET static inline F set1(float x) { return _mm256_set1_ps(x); }
  SIM_TARGET static inline F load(const float* p) { return _mm256_loadu_ps(p); }
  SIM_TARGET static inline void store(float* p, F x) { _mm256_storeu_ps(p, x); }
  // The second operand is returned for NaN.
  SIM_TARGET static inline F min(F a, F b) { return _mm256_min_ps(a, b); }
  SIM_TARGET static inline F max(F a, F b) { return _mm256_max_ps(a, b); }
  SIM_TARGET static inline F add_zeros(F zeros, F x) { return _mm256_fmadd_ps(x, _mm256_setzero_ps(), zeros); }
  struct Sums {
    __m256d sum[2];
  };
  SIM_TARGET static inline void clear(Sums& s) {
    s.sum[0] = s.sum[1] = _mm256_setzero_pd();
  }
  SIM_TARGET static inline void add(Sums& s, F x) {
    const __m256d half[2] = {_mm256_cvtps_pd(_mm256_castps256_ps128(x)), _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1))};
    for (int h = 0; h < 2; h++) s.sum[h] = _mm256_add_pd(s.sum[h], half[h]);
  }
  SIM_TARGET static inline void store_sums(const Sums& s, double* sum) {
    for (int h = 0; h < 2; h++) _mm256_storeu_pd(sum + 4 * h, s.sum[h]);
  }
  SIM_TARGET static inline int64_t slots(const float* x, int64_t n, const Binning& how, uint16_t* slots) {
    return plain_slots(x, n, how, slots);
  }
};
#include "isa/kernels/taps.inl"
#undef SIM_TARGET

}  // namespace avx2

namespace avx512 {

#define SIM_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,popcnt")))
struct T {
  static constexpr int kLanes = 16;
  using F = __m512;
  SIM_TARGET static inline F set1(float x) { return _mm512_set1_ps(x); }
  SIM_TARGET static inline F load(const float* p) { return _mm512_loadu_ps(p); }
  SIM_TARGET static inline void store(float* p, F x) { _mm512_storeu_ps(p, x); }
  SIM_TARGET static inline F min(F a, F b) { return _mm512_min_ps(a, b); }
  SIM_TARGET static inline F max(F a, F b) { return _mm512_max_ps(a, b); }
  SIM_TARGET static inline F add_zeros(F zeros, F x) { return _mm512_fmadd_ps(x, _mm512_setzero_ps(), zeros); }
  struct Sums {
    __m512d sum[2];
  };
  SIM_TARGET static inline void clear(Sums& s) {
    s.sum[0] = s.sum[1] = _mm512_setzero_pd();
  }
  SIM_TARGET static inline void add(Sums& s, F x) {
    const __m512d half[2] = {_mm512_cvtps_pd(_mm512_castps512_ps256(x)), _mm512_cvtps_pd(_mm512_extractf32x8_ps(x, 1))};
    for (int h = 0; h < 2; h++) s.sum[h] = _mm512_add_pd(s.sum[h], half[h]);
  }
  SIM_TARGET static inline void store_sums(const Sums& s, double* sum) {
    for (int h = 0; h < 2; h++) _mm512_storeu_pd(sum + 8 * h, s.sum[h]);
  }
  SIM_TARGET static inline int64_t slots(const float* x, int64_t n, const Binning& how, uint16_t* slots) {
    const __m512 inverse = _mm512_set1_ps(how.inverse);
    const __m512i mask = _mm512_set1_epi32(int32_t(how.mask));
    int64_t m = 0, i = 0;
    for (; i + 16 <= n; i += 16) {
      const __m512 v = _mm512_loadu_ps(x + i);
      const __mmask16 some = _mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_NEQ_UQ);
      const __m512i magnitude = _mm512_cvttps_epi32(_mm512_mul_ps(_mm512_abs_ps(v), inverse));
      const __m512i sign = _mm512_srai_epi32(_mm512_castps_si512(v), 31);
      const __m512i slot = _mm512_and_si512(_mm512_xor_si512(magnitude, sign), mask);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(slots + m),
                          _mm512_cvtepi32_epi16(_mm512_maskz_compress_epi32(some, slot)));
      m += __builtin_popcount(some);
    }
    return m + plain_slots(x + i, n - i, how, slots + m);
  }
};
#include "isa/kernels/taps.inl"
#undef SIM_TARGET

}  // namespace avx512

#endif

constexpr TapLoops kPortableTaps = portable::tap_record();
#ifdef SIM_X86_VARIANTS
constexpr TapLoops kAvx2Taps = avx2::tap_record();
constexpr TapLoops kAvx512Taps = avx512::tap_record();
#endif

}  // namespace

const TapLoops& tap_loops(const Isa& isa) {
#ifdef SIM_X86_VARIANTS
  if (isa.lanes == avx512::T::kLanes) return kAvx512Taps;
  if (isa.lanes == avx2::T::kLanes) return kAvx2Taps;
#endif
  (void)isa;
  return kPortableTaps;
}

}  // namespace sim
