// Statistics of tensors, taken while a graph runs. They are the same for every number of threads and every instruction
// set: counts are integers, and sums are taken over fixed blocks and added in the order of the blocks.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "core/numeric.h"
#include "core/pool.h"
#include "isa/taps.h"

namespace sim {

// Elements that are summarised at a time.
constexpr int64_t kTapBlock = 4096;

// Where the elements of a tensor lie and what they mean.
struct Values {
  Numeric num;
  const uint8_t* data = nullptr;
  int64_t count = 0;

  int64_t blocks() const { return (count + kTapBlock - 1) / kTapBlock; }
  int64_t block_size(int64_t b) const { return std::min(kTapBlock, count - b * kTapBlock); }
  // n elements from `at` as float32: in place, or converted into `buffer`.
  const float* read(int64_t at, int64_t n, float* buffer) const;
};

// What taps run on.
struct TapTools {
  Pool& pool;
  const TapLoops& loops;
};

// Smallest and largest value; NaN is ignored.
struct RangeTap {
  bool on = false;
  float min = std::numeric_limits<float>::infinity();
  float max = -std::numeric_limits<float>::infinity();
  std::vector<Extremes> blocks = {};

  void add(const Values& values, TapTools tools);
};

// Counts of values in bins whose width is a power of two and whose edges are multiples of it. The width is the
// smallest one whose bins from the minimum to the maximum are no more than `bins` (and no less than 2^-23 of the
// largest magnitude), so it depends on the data only, not on their order. When the range grows, bins are merged in
// pairs, which is exact. Bin i >= 0 holds i*width <= x < (i+1)*width; negative bins mirror that, bin i < 0 holds
// i*width < x <= (i+1)*width. Zeros and values that are not finite are in no bin.
class Histogram {
 public:
  explicit Histogram(int bins);
  void add(const Values& values, TapTools tools);

  struct Result {
    double width = 0;   // 0 while there is nothing in any bin
    int64_t first = 0;  // index of counts[0]
    std::vector<double> counts;
  };
  Result result();

  uint64_t zeros = 0, others = 0, count = 0;  // others: NaN and infinities; count: all elements
  // Of the finite values.
  float min = std::numeric_limits<float>::infinity();
  float max = -std::numeric_limits<float>::infinity();

 private:
  struct Block {
    Extremes extremes;
    int64_t finite = 0, counted = 0;
    bool pending = false;
  };

  // The block's finite values.
  const float* finite(const Values& values, int64_t b, int64_t& n, float* buffer) const;
  void scan(const Values& values, const TapLoops& loops, int64_t b, uint32_t* table);
  void count_pending(const Values& values, TapTools tools, int parts);
  void cover(float lo, float hi);
  void flush();
  int64_t index(float x) const;

  int bins_, exponent_ = -126;
  uint64_t unflushed_ = 0;  // bounds every entry of the tables
  std::vector<uint64_t> totals_;
  // One table per part of the work; index i of a bin is at i modulo bins_, which is unique because the bins in use are
  // never more than that.
  std::vector<std::vector<uint32_t>> tables_;
  std::vector<Block> blocks_;
};

// Per-channel extremes and sums along one axis. NaN is ignored in the extremes but not in the sums.
class ChannelStats {
 public:
  // The tensor's elements are [outer][channels][inner].
  ChannelStats(int64_t outer, int64_t channels, int64_t inner);
  void add(const Values& values, TapTools tools);

  uint64_t count = 0;  // elements of each channel
  std::vector<float> min, max;
  std::vector<double> sum;

 private:
  void add_planes(const Values& values, const TapLoops& loops, int64_t begin, int64_t end);
  void add_rows(const Values& values, int64_t begin, int64_t end);

  int64_t outer_, inner_;
};

// What is measured of one tensor.
struct Tap {
  RangeTap range;
  std::unique_ptr<Histogram> histogram;
  std::unique_ptr<ChannelStats> channels;
  bool on() const { return range.on || histogram || channels; }
};

// Adds the tensor's present contents to its statistics.
void tap(vsi_nn_tensor_t* tensor, TapTools tools);

}  // namespace sim
