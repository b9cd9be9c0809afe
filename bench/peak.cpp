// What one thread of this machine can do at most: products per second in registers, for the three kinds of products
// that the simulator's kernels use. Prints `name G/s` lines, two operations per product.
#include <chrono>
#include <cstdio>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

// Independent sums, enough to keep the multipliers busy.
constexpr int kSums = 12;
constexpr long kRounds = 100000;

template <class F>
double best_seconds(F work) {
  double best = 1e9;
  for (int i = 0; i < 300; i++) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const double s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (s < best) best = s;
  }
  return best;
}

void report(const char* name, double products_per_step, double seconds) {
  std::printf("%s %.1f\n", name, 2 * products_per_step * kSums * double(kRounds) / seconds / 1e9);
}

// Keeps the compiler from dropping or moving the sums.
template <class T>
inline void touch(T& x) {
  asm volatile("" : "+v"(x));
}

#if defined(__x86_64__)
#define SIM_PEAK(function, isa, T, start, step)                        \
  __attribute__((target(isa))) void function() {                       \
    T a = start, b = start, sum[kSums];                                \
    _Pragma("GCC unroll 16") for (int i = 0; i < kSums; i++) sum[i] = start; \
    touch(a), touch(b);                                                \
    for (long r = 0; r < kRounds; r++)                                 \
      _Pragma("GCC unroll 16") for (int i = 0; i < kSums; i++) {       \
        sum[i] = step;                                                 \
        touch(sum[i]);                                                 \
      }                                                                \
  }

SIM_PEAK(f32_256, "avx2,fma", __m256, _mm256_setzero_ps(), _mm256_fmadd_ps(a, b, sum[i]))
SIM_PEAK(s16_256, "avx2", __m256i, _mm256_setzero_si256(), _mm256_add_epi32(sum[i], _mm256_madd_epi16(a, b)))
SIM_PEAK(f32_512, "avx512f", __m512, _mm512_setzero_ps(), _mm512_fmadd_ps(a, b, sum[i]))
SIM_PEAK(s16_512, "avx512f,avx512vnni", __m512i, _mm512_setzero_si512(), _mm512_dpwssd_epi32(sum[i], a, b))
SIM_PEAK(u8s8_512, "avx512f,avx512vnni", __m512i, _mm512_setzero_si512(), _mm512_dpbusd_epi32(sum[i], a, b))
#endif

}  // namespace

int main() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512vnni")) {
    report("f32", 16, best_seconds(f32_512));
    report("u8", 64, best_seconds(u8s8_512));
    report("i16", 32, best_seconds(s16_512));
  } else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    report("f32", 8, best_seconds(f32_256));
    report("u8", 16, best_seconds(s16_256));
    report("i16", 16, best_seconds(s16_256));
  }
#endif
  return 0;
}
