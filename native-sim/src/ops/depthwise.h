// Depthwise convolutions that read their input where it is.
#pragma once

#include "ops/conv.h"

namespace sim {

// What the kernels need beside the input: masks for vectors that reach beyond it.
class DirectDepthwise {
 public:
  // Square kernels of 3 or 5 in steps of 1 or 2; vectors may read only a little before and after a row.
  static bool fits(const ConvSpec& spec);
  // float32 elements.
  DirectDepthwise(const ConvGeometry& g, int lanes) : DirectDepthwise(g, lanes, 1, 0, 0) {}
  // Pairs of 16-bit values: the zero point fills what lies outside, and `flip` is applied to every value.
  DirectDepthwise(const ConvGeometry& g, int lanes, uint16_t zero, uint16_t flip)
      : DirectDepthwise(g, lanes, 2, zero, flip) {}
  DirectDepthwise(const DirectDepthwise&) = delete;
  const Depthwise& plan() const { return plan_; }

 private:
  DirectDepthwise(const ConvGeometry& g, int lanes, int64_t taps, uint16_t zero, uint16_t flip);
  std::vector<int32_t> keep_, fill_;
  Depthwise plan_;
};

}  // namespace sim
