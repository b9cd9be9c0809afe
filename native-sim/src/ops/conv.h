// Convolutions: what the float32 and the integer engine need to know, and how they are built.
#pragma once

#include "core/op.h"
#include "ops/planes.h"

namespace sim {

// Weights as the engines take them, whatever operator they came from: [group][oc][ic][kh][kw].
struct ConvSpec {
  ConvGeometry geo;
  vsi_nn_tensor_t* input = nullptr;
  vsi_nn_tensor_t* output = nullptr;
  vsi_nn_tensor_t* bias = nullptr;    // constant, [oc]; may be null
  vsi_nn_tensor_t* weight = nullptr;  // constant
  // Element of the weight tensor for output channel oc (over all groups), input channel ic (within the group).
  std::function<int64_t(int64_t oc, int64_t ic, int64_t ky, int64_t kx)> index;
  // Index of an output channel's quantization scale among the weight tensor's per-channel scales.
  std::function<int64_t(int64_t oc)> channel;
};

// Exact integer arithmetic is possible: 8-bit quantized data and weights, int32 bias.
bool is_integer_conv(const ConvSpec& spec);
// Fails if the bias is not at the scale of the products.
void check_bias_scale(const ConvSpec& spec);

// 8-bit weights with their zero point taken out, and the numbers to requantize with, per output channel.
struct IntWeights {
  std::vector<int32_t> zero;       // zero point of the weights, per output channel
  std::vector<double> scale;       // real value of one accumulator step
  std::vector<int32_t> bias;
};
IntWeights int_weights(const ConvSpec& spec);
// A weight code as a signed number before the zero point is taken out.
int32_t weight_code(const ConvSpec& spec, int64_t index);

BytePacking byte_packing(const Numeric& input, int pack);

// Requantizes accumulators of output channel oc into the output tensor's type.
class Requantizer {
 public:
  Requantizer(const ConvSpec& spec, const IntWeights& w, const Isa& isa);
  size_t bytes() const { return out_.bytes(); }
  // add: per-channel constant; sums/zero: correction for the weights' zero point, see Isa::requantize.
  void run(int64_t oc, const int32_t* acc, const int32_t* sums, int32_t zero, int32_t add, uint8_t* out,
           int64_t n) const;

 private:
  Numeric out_;
  std::vector<double> step_, ratio_;
  decltype(Isa::requantize) requantize_;
};

Kernel build_conv(Setup& s, const ConvSpec& spec);
Kernel build_conv_f32(Setup& s, const ConvSpec& spec);
Kernel build_conv_int(Setup& s, const ConvSpec& spec);
// Depthwise: output channel oc reads input channel source(oc).
Kernel build_depthwise(Setup& s, const ConvSpec& spec, std::function<int64_t(int64_t)> source);

// Tiles of output pixels.
struct Tiling {
  int64_t pixels = 0, tiles = 0, blocks = 0;
  int vectors = 1, lanes = 1;
  Tiling(int64_t pixels, int64_t rows, int lanes);
  int64_t width() const { return int64_t(vectors) * lanes; }
};

// The parts of a tile that are output pixels: `from` in the tile, `to` in the output plane.
struct Segment {
  int32_t from, length;
  int64_t to;
};
int segments_of_tile(const PlaneLayout& layout, const ConvGeometry& g, int64_t first, int64_t width,
                     Segment* out);

}  // namespace sim
