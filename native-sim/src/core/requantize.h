// How the integer sums of convolutions and fully connected layers become codes: as exactly as they can, or as the NPU
// is thought to do it. The README says what that is inferred from.
#pragma once

#include <cstdint>
#include <vector>

#include "core/numeric.h"

namespace sim {

enum class Requantization {
  kUnset,  // what the environment says, at the latest when the graph is set up
  kExact,
  kNpu7,   // NN cores of version 7: multipliers with 15 bits after the point
  kNpu8,   // version 8: 23 bits
};

// exact, npu7 or npu8; false for other names.
bool find_requantization(const char* name, Requantization& found);
// NIBBLE_SIM_REQUANTIZATION, else exact. Throws a Failure for a name that is none.
Requantization environment_requantization();

// sum * M as the NPU has it: (sum * mantissa) >> shift.
struct NpuMultiplier {
  int64_t mantissa;
  int shift;
};

// A real bias in units of the sums, rounded to the nearest: the NPU adds integers only.
int64_t npu_steps(double bias, double step);

// The requantization of an NPU, for results that are codes. Everything is integer arithmetic.
class NpuRequantizer {
 public:
  // `steps`: real value of a sum's unit, per channel. Stays off in exact mode and for results that are not codes.
  NpuRequantizer(Requantization mode, const std::vector<double>& steps, const Numeric& out);
  bool on() const { return !multipliers_.empty(); }

  // What Isa::s32_requantize does, on sums modulo 2^32. lo and hi are codes relative to the zero point.
  void run(size_t channel, const int32_t* acc, const int32_t* minus, int32_t add, int64_t lo, int64_t hi, uint8_t* out,
           int64_t n) const;
  // The same on 64-bit sums.
  void run_wide(size_t channel, const int64_t* sums, int64_t add, int64_t lo, int64_t hi, uint8_t* out, int64_t n) const;

 private:
  // Clamps steps(i) of every i and stores it.
  template <class F>
  void store_each(int64_t lo, int64_t hi, uint8_t* out, int64_t n, F steps) const;
  template <class T>
  void store(const int64_t* codes, uint8_t* out, int64_t n) const;
  void store_any(const int64_t* codes, uint8_t* out, int64_t n) const;

  Numeric out_;
  std::vector<NpuMultiplier> multipliers_;
};

}  // namespace sim
