// Exact products of 8- and 16-bit integers in any mixture, with 64-bit sums.
//
// Sums of 16-bit products do not fit 32 bits, but their lower half does: `low` is the sum modulo 2^32. A second, coarse
// sum over the upper bytes of both operands is close enough to tell the upper half, as long as its error stays below
// 2^31. Sums that are too long for that are cut into chunks.
#pragma once

#include "ops/conv.h"

namespace sim {

// The input as 16-bit values: real = (value - zero) * scale. 8-bit codes have their zero point taken out already.
struct WideInput {
  Numeric num;
  bool bytes_are_input;  // the coarse operand is the 8-bit input itself
  int32_t zero;          // of the 16-bit values
  BytePacking coarse;    // of the bytes
  int64_t largest;       // |value| is at most this

  WideInput(const Numeric& input, int pack);
  // The data is already int16.
  bool direct() const { return num.type == VSI_NN_TYPE_INT16; }
  void widen(const uint8_t* src, int64_t n, int16_t* wide) const;
};

// How the weights of a layer are cut into chunks, per unit of `k`: the weights that one step of the coarse kernel takes.
class WidePlan {
 public:
  struct Chunk {
    int64_t begin, end;  // in units
  };
  // weight(channel, unit, f) calls f with every weight of the unit.
  using Weights = std::function<void(int64_t, int64_t, const std::function<void(int32_t)>&)>;
  WidePlan(const WideInput& input, int64_t channels, int64_t units, const Weights& weights);

  bool needs_coarse() const { return coarse_; }
  const std::vector<Chunk>& chunks() const { return chunks_; }
  // The weight that the coarse kernel multiplies with.
  int32_t coarse(int64_t channel, int32_t weight) const;
  int shift(int64_t channel) const { return int(shift_[size_t(channel)]) + input_shift_; }
  // What (coarse sum << shift) lacks to the sum, on average.
  int64_t constant(size_t chunk, int64_t channel) const { return constants_[chunk * shift_.size() + size_t(channel)]; }
  // The sum of all weights of a channel.
  int64_t total(int64_t channel) const { return total_[size_t(channel)]; }
  // No sum of products is larger than this.
  int64_t bound() const { return bound_; }

 private:
  struct Cost {
    int64_t exact, error, sum;  // sum |w|, bound of the coarse error, sum of coarse weights
  };
  std::vector<Chunk> cut(const std::vector<Cost>& costs, int64_t channels, int64_t units, int64_t Cost::*cost) const;

  bool coarse_ = false;
  int input_shift_;
  std::vector<int> shift_;
  std::vector<int64_t> total_, constants_;
  std::vector<Chunk> chunks_;
  int64_t bound_ = 0;
};

// The bias of a layer with integer operands: in steps of the product, or real where it has another scale.
struct WideBias {
  std::vector<int64_t> steps;
  std::vector<double> real;
};
WideBias wide_bias(const ConvSpec& spec, const std::vector<double>& scale);

// Turns 64-bit sums into the output's type.
class WideOutput {
 public:
  // `correction`: added to the sums of a channel; `bound`: no sum without bias is larger.
  WideOutput(const ConvSpec& spec, const IntWeights& w, const Isa& isa, std::vector<int64_t> correction, int64_t bound);
  size_t bytes() const { return out_.bytes(); }
  StoreBounds bounds(const Target& target) const { return store_bounds(out_, target); }
  // Whether int16 codes can be made from sums in double, and not as an NPU makes them.
  bool makes_words() const { return out_.is_code() && out_.bytes() == 2 && fits_double_ && !npu_.on(); }
  WideRescaling rescaling(int64_t channel, const StoreBounds& b) const {
    const size_t c = size_t(channel);
    return {add_[c], ratio_[c], plus_[c], b.lo, b.hi, out_.zero};
  }
  void run(int64_t channel, const int64_t* sums, const StoreBounds& bounds, uint8_t* out, int64_t n) const;

 private:
  Numeric out_;
  const Isa* isa_;
  bool fits_double_ = true;
  std::vector<double> ratio_, plus_;
  std::vector<int64_t> add_;
  NpuRequantizer npu_;
};

// Exact arithmetic is possible, but not in 32 bits.
bool is_wide_conv(const ConvSpec& spec);
Kernel build_conv_wide(Setup& s, const ConvSpec& spec);
Kernel build_depthwise_wide(Setup& s, const ConvSpec& spec, const std::function<int64_t(int64_t)>& source);
// Dot products: a fully connected layer.
Kernel build_dot_wide(Setup& s, const ConvSpec& spec);

}  // namespace sim
