// Plain C++ for every machine; the loops over lanes are for the compiler's vectoriser.
#include <cstring>

#include "isa/isa.h"
#include "isa/requantize_scalar.h"

#define SIM_TARGET

namespace sim {

namespace {

struct V {
  static constexpr int kLanes = 8, kRows = 4, kPack = 2;
  struct F {
    float v[kLanes];
  };
  struct I {
    int32_t v[kLanes];
  };
  static F set1(float x) {
    F r;
    for (float& e : r.v) e = x;
    return r;
  }
  static F load(const float* p) {
    F r;
    std::memcpy(r.v, p, sizeof r.v);
    return r;
  }
  static void store(float* p, const F& x) { std::memcpy(p, x.v, sizeof x.v); }
  static F fma(const F& a, const F& b, F c) {
    for (int i = 0; i < kLanes; i++) c.v[i] += a.v[i] * b.v[i];
    return c;
  }
  // Comparisons with NaN are false, so NaN stays.
  static F clamp(F x, const F& lo, const F& hi) {
    for (int i = 0; i < kLanes; i++) {
      x.v[i] = x.v[i] < lo.v[i] ? lo.v[i] : x.v[i];
      x.v[i] = x.v[i] > hi.v[i] ? hi.v[i] : x.v[i];
    }
    return x;
  }
  static void store_part(float* p, const F& x, int64_t n) { std::memcpy(p, x.v, size_t(n) * sizeof(float)); }
  static I zero() { return iset1(0); }
  static I iset1(int32_t x) {
    I r;
    for (int32_t& e : r.v) e = x;
    return r;
  }
  static I iload(const int32_t* p) {
    I r;
    std::memcpy(r.v, p, sizeof r.v);
    return r;
  }
  static void istore(int32_t* p, const I& x) { std::memcpy(p, x.v, sizeof x.v); }
  static I dot16(I acc, const I& x, const I& w) {
    for (int i = 0; i < kLanes; i++) {
      const int32_t low = int32_t(int16_t(x.v[i])) * int32_t(int16_t(w.v[i]));
      const int32_t high = (x.v[i] >> 16) * (w.v[i] >> 16);
      acc.v[i] = int32_t(uint32_t(acc.v[i]) + uint32_t(low) + uint32_t(high));
    }
    return acc;
  }
  static I dot(const I& acc, const I& x, const I& w) { return dot16(acc, x, w); }
};

#include "isa/kernels.inl"

}  // namespace

const Isa kPortable = {"portable", V::kLanes, V::kPack, f32_tile, int_tile, f32_plane, int_plane, f32_dot4, int_dot4,
    requantize_scalar, pack_f32, pack_four, pack_two, add_codes};

}  // namespace sim
