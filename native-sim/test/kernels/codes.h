// Scales and bounds of codes, for proofs of what makes codes.
#pragma once

#include <algorithm>

#include "values.h"

namespace proofs {

// Powers of two make ties, the others do not; large ones saturate.
inline double any_scale(Random& random) {
  return random.one_of<double>({1, 0.5, 0.25, 1.0 / 1024, 0.1, 1e-3, 7.123e-5, 2e-9, 40.5});
}

// A type and a clamp: bounds relative to the zero point, and the zero point.
struct Codes {
  int32_t zero;
  double lo, hi;
};
inline Codes any_codes(Random& random, int64_t lowest, int64_t highest) {
  const bool edge = random.below(4) == 0;
  const int64_t zero = edge ? random.one_of<int64_t>({lowest, highest}) : random.between(lowest, highest);
  Codes codes = {int32_t(zero), double(lowest - zero), double(highest - zero)};
  // A clamp need not lie on a code.
  if (random.below(4) == 0) {
    codes.lo = std::max(codes.lo, 0.0);
    codes.hi = std::max(codes.lo, std::min(codes.hi, 20.5));
  }
  return codes;
}

inline Codes any_byte_codes(Random& random) {
  return random.below(2) ? any_codes(random, -128, 127) : any_codes(random, 0, 255);
}

}  // namespace proofs
