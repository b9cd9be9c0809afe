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
  // For output rows first..last-1 alone.
  Depthwise rows(int64_t first, int64_t last) const {
    Depthwise d = plan_;
    d.top -= first * d.stride;
    d.oh = last - first;
    return d;
  }

 private:
  DirectDepthwise(const ConvGeometry& g, int lanes, int64_t taps, uint16_t zero, uint16_t flip);
  std::vector<int32_t> keep_, fill_;
  Depthwise plan_;
};

// Calls work(channel, first row, last row) in parallel for all channels (over all batches): threads share rows where
// there are enough, so that each finds what it wrote in the layer before, and else channels. `cost` is that of a row.
template <class F>
void share_rows(Pool& pool, int64_t channels, int64_t rows, int64_t cost, F work) {
  constexpr int64_t kBlock = 4;
  const int64_t blocks = (rows + kBlock - 1) / kBlock;
  if (blocks >= 2 * pool.threads())
    pool.run(blocks, cost * kBlock * channels, [&](int64_t b, int64_t e) {
      for (int64_t c = 0; c < channels && b < e; c++) work(c, b * kBlock, std::min(rows, e * kBlock));
    });
  else
    pool.run(channels, cost * rows, [&](int64_t b, int64_t e) {
      for (int64_t c = b; c < e; c++) work(c, int64_t(0), rows);
    });
}

}  // namespace sim
