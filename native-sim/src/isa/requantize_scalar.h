// The plain form of Isa::s32_requantize; vector variants use it for their last elements.
#pragma once

#include <cstdint>
#include <cstring>

namespace sim {

// Adding 1.5 * 2^52 leaves the rounded integer in the low bits, ties to even, for |v| < 2^31.
inline int32_t round_half_even(double v) {
  v += 6755399441055744.0;
  int64_t bits;
  std::memcpy(&bits, &v, 8);
  return int32_t(bits);
}

inline void requantize_scalar(const int32_t* acc, const int32_t* minus, int32_t add, double scale,
                              double lo, double hi, int32_t offset, uint8_t* out, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    uint32_t a = uint32_t(acc[i]) + uint32_t(add);
    if (minus) a -= uint32_t(minus[i]);
    double v = double(int32_t(a)) * scale;
    v = v < lo ? lo : v;
    v = v > hi ? hi : v;
    out[i] = uint8_t(round_half_even(v) + offset);
  }
}

}  // namespace sim
