// The inner loops of the statistics taps, once per vector width.
#pragma once

#include <cstdint>

#include "isa/isa.h"

namespace sim {

struct Extremes {
  float lo, hi;
};

struct FiniteExtremes {
  Extremes extremes;
  bool finite;
};

struct Summary {
  float lo, hi;
  double sum;
};

// How a value becomes the index of a bin: |x| * inverse cut off, complemented for negative x, modulo mask + 1.
struct Binning {
  float inverse;
  uint32_t mask;
};

// Entries in front of the second half of a table: neighbouring values count in different halves, because counting twice
// in one place has to wait for the first.
constexpr int kTableHalves = 2;

struct TapLoops {
  // NaN is ignored. All sums are of 16 lanes in double precision, element i in lane i % 16.
  Extremes (*extremes)(const float* x, int64_t n);
  // The same, and whether all values are finite.
  FiniteExtremes (*finite_extremes)(const float* x, int64_t n);
  Summary (*summary)(const float* x, int64_t n);
  // Counts the values that are not zero, all finite, into a table of kTableHalves * (mask + 1) entries; returns how many.
  int64_t (*count)(const float* x, int64_t n, const Binning& how, uint32_t* table);
};

const TapLoops& tap_loops(const Isa& isa);

}  // namespace sim
