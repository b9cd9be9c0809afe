#include <cmath>

#include "core/numeric.h"

namespace sim {

namespace {

uint32_t bits_of(float f) {
  uint32_t u;
  std::memcpy(&u, &f, 4);
  return u;
}

float float_of(uint32_t u) {
  float f;
  std::memcpy(&f, &u, 4);
  return f;
}

}  // namespace

float f16_to_f32(uint16_t h) {
  const uint32_t sign = uint32_t(h & 0x8000) << 16, exponent = (h >> 10) & 31, mantissa = h & 1023;
  if (exponent == 31) return float_of(sign | 0x7f800000 | mantissa << 13);
  if (exponent) return float_of(sign | (exponent + 112) << 23 | mantissa << 13);
  const float tiny = float(mantissa) * 0x1p-24f;
  return sign ? -tiny : tiny;
}

uint16_t f32_to_f16_nearest(float f) {
  const uint32_t u = bits_of(f), sign = (u >> 16) & 0x8000, a = u & 0x7fffffff;
  if (a > 0x7f800000) return uint16_t(sign | 0x7e00);
  if (a >= 0x477ff000) return uint16_t(sign | 0x7c00);
  if (a < 0x38800000) {
    // Below the smallest normal half: count steps of 2^-24, ties to even.
    return uint16_t(sign | uint32_t(std::nearbyint(float_of(a) * 0x1p24f)));
  }
  const uint32_t rounded = a + 0xfff + ((a >> 13) & 1);
  return uint16_t(sign | ((rounded - 0x38000000) >> 13));
}

uint16_t f32_to_f16_truncate(float f) {
  const uint32_t u = bits_of(f), sign = (u >> 16) & 0x8000, a = u & 0x7fffffff;
  if (a >= 0x47800000) return uint16_t(sign | 0x7bff);
  if (a < 0x38800000) return uint16_t(sign);
  return uint16_t(sign | ((a - 0x38000000) >> 13));
}

float bf16_to_f32(uint16_t h) { return float_of(uint32_t(h) << 16); }

uint16_t f32_to_bf16(float f) {
  const uint32_t u = bits_of(f);
  if ((u & 0x7fffffff) > 0x7f800000) return uint16_t((u >> 16) | 0x40);
  return uint16_t((u + 0x7fff + ((u >> 16) & 1)) >> 16);
}

float f64_to_f32_odd(double v) {
  const float f = float(v);
  // Infinite results of finite values are beyond every half as well, and NaN stays NaN.
  if (double(f) == v || !std::isfinite(f)) return f;
  const uint32_t u = bits_of(f);
  if (u & 1) return f;
  const bool away = std::abs(v) > std::abs(double(f));
  return float_of(away ? u + 1 : u - 1);
}

}  // namespace sim
