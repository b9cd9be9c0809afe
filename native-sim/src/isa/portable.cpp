// Plain C++ for every machine; the loops over lanes are for the compiler's vectoriser.
#include <cstring>

#include "isa/isa.h"
#include "isa/requantize_scalar.h"

#define SIM_TARGET

namespace sim {

namespace {

// Vectors of 16 bytes, which every 64-bit processor has; gcc and clang turn the operators into instructions.
struct V {
  static constexpr int kLanes = 4, kRows = 4, kPairRows = 4, kPack = 2;
  static constexpr bool kRescalesTiles = false;
  static constexpr bool kFused = false, kSignedBytes = false;
  typedef float F __attribute__((vector_size(16)));
  typedef int32_t I __attribute__((vector_size(16)));
  typedef uint32_t U __attribute__((vector_size(16)));
  static F set1(float x) { return F{x, x, x, x}; }
  static F load(const float* p) {
    F r;
    std::memcpy(&r, p, sizeof r);
    return r;
  }
  static void store(float* p, F x) { std::memcpy(p, &x, sizeof x); }
  static F fma(F a, F b, F c) { return c + a * b; }
  // Comparisons with NaN are false, so NaN stays.
  static F clamp(F x, F lo, F hi) {
    x = x < lo ? lo : x;
    return x > hi ? hi : x;
  }
  static F leaky(F x, F slope) { return x > F{} ? x : x * slope; }
  static void store_part(float* p, F x, int64_t n) {
    for (int64_t i = 0; i < n; i++) p[i] = x[i];
  }
  static I zero() { return I{}; }
  static I iset1(int32_t x) { return I{x, x, x, x}; }
  static I iload(const int32_t* p) {
    I r;
    std::memcpy(&r, p, sizeof r);
    return r;
  }
  static void istore(int32_t* p, I x) { std::memcpy(p, &x, sizeof x); }
  static I low(I x) { return I(U(x) << 16) >> 16; }
  static I dot16(I acc, I x, I w) { return I(U(acc) + U(low(x) * low(w)) + U((x >> 16) * (w >> 16))); }
  static I dot(I acc, I x, I w) { return dot16(acc, x, w); }

  static F keep(F x, I mask) { return F(I(x) & mask); }
  static F even(F a, F b) { return F{a[0], a[2], b[0], b[2]}; }
  static F odd(F a, F b) { return F{a[1], a[3], b[1], b[3]}; }
  static I widen(const uint8_t* p) { return I{p[0], p[1], p[2], p[3]}; }
  static I pairs(const uint8_t* p) { return widen(p) | I(U(widen(p + 1)) << 16); }
  static I words(const uint8_t* p) {
    return I{p[0] | p[1] << 16, p[2] | p[3] << 16, p[4] | p[5] << 16, p[6] | p[7] << 16};
  }
  static I widen(const int16_t* p) { return I{uint16_t(p[0]), uint16_t(p[1]), uint16_t(p[2]), uint16_t(p[3])}; }
  static I pairs(const int16_t* p) { return widen(p) | I(U(widen(p + 1)) << 16); }
  static I words(const int16_t* p) {
    I r;
    std::memcpy(&r, p, sizeof r);
    return r;
  }
  static I choose(I x, I flip, I mask, I fill) { return ((x ^ flip) & mask) | fill; }
  struct Rescale {
    Rescaling how;
    explicit Rescale(const Rescaling& r) : how(r) {}
    I codes(I acc) const {
      for (int i = 0; i < kLanes; i++) {
        double v = double(acc[i]) * how.scale;
        v = v < how.lo ? how.lo : v;
        v = v > how.hi ? how.hi : v;
        acc[i] = round_half_even(v) + how.offset;
      }
      return acc;
    }
  };
  static void store_codes(uint8_t* p, I x, int64_t n) {
    for (int64_t i = 0; i < (n < kLanes ? n : kLanes); i++) p[i] = uint8_t(x[i]);
  }
  static constexpr auto requantize = requantize_scalar;
};

#include "isa/kernels/all.inl"

}  // namespace

constexpr Isa kPortable = isa_record("portable");

}  // namespace sim
