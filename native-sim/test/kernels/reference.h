// What the kernels compute, one element at a time and by definition.
#pragma once

#include <cmath>
#include <cstdint>

#include "isa/isa.h"

namespace proofs {

// A float32 sum takes one product after the other; the instruction set decides whether the product is rounded first.
inline float add_product(const sim::Isa& isa, float a, float b, float sum) {
  return isa.fused ? std::fma(a, b, sum) : sum + a * b;
}

// NaN stays.
inline float activated(float x, const sim::F32Activation& act) {
  const float y = x > 0 || act.slope == 1 ? x : x * act.slope;
  if (y < act.lo) return act.lo;
  if (y > act.hi) return act.hi;
  return y;
}

// The products of a 32-bit group: four of uint8 by int8, or two of int16. Sums are modulo 2^32.
inline uint32_t products(int pack, int32_t x, int32_t w) {
  uint32_t sum = 0;
  for (int i = 0; i < pack; i++) {
    const int shift = 32 / pack * i;
    const int32_t a = pack == 4 ? uint8_t(x >> shift) : int16_t(x >> shift);
    const int32_t b = pack == 4 ? int8_t(w >> shift) : int16_t(w >> shift);
    sum += uint32_t(a * b);
  }
  return sum;
}

inline double half_to_even(double v) {
  const double below = std::floor(v), rest = v - below;
  if (rest < 0.5) return below;
  if (rest > 0.5) return below + 1;
  return std::fmod(below, 2) == 0 ? below : below + 1;
}

// A real number as a code.
inline int64_t code(double v, double lo, double hi, int32_t offset) {
  return int64_t(half_to_even(v < lo ? lo : v > hi ? hi : v)) + offset;
}

}  // namespace proofs
