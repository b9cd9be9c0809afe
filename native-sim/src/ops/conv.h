// Convolutions: what the float32 and the integer engine need to know, and how they are built.
#pragma once

#include <algorithm>

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
  Requantization requantization = Requantization::kExact;
  // Element of the weight tensor for output channel oc (over all groups), input channel ic (within the group).
  std::function<int64_t(int64_t oc, int64_t ic, int64_t ky, int64_t kx)> index;
  // Index of an output channel's quantization scale among the weight tensor's per-channel scales.
  std::function<int64_t(int64_t oc)> channel;
};

// Exact 32-bit arithmetic is possible: 8-bit quantized data and weights, an int32 bias that counts products.
bool is_integer_conv(const ConvSpec& spec);
// The bias is in steps of input scale * weight scale, rather than real numbers of its own scale.
bool counts_products(const ConvSpec& spec);
// Fails if the bias is not at the scale of the products.
void check_bias_scale(const ConvSpec& spec);

// Integer weights with their zero point taken out, and the numbers to requantize with, per output channel.
struct IntWeights {
  std::vector<int32_t> zero;       // zero point of the weights, per output channel
  std::vector<double> scale;       // real value of one accumulator step
  std::vector<int32_t> bias;
};
IntWeights int_weights(const ConvSpec& spec);
// A weight code as a signed number before the zero point is taken out.
int32_t weight_code(const ConvSpec& spec, int64_t index);

BytePacking byte_packing(const Numeric& input, int pack);

// Bounds for stored values in steps of the output's scale, relative to the zero point: the type's, and the activation's.
struct StoreBounds {
  double lo, hi;
};
StoreBounds store_bounds(const Numeric& out, const Target& target);
// sum * ratio; a sum that a double cannot hold is rounded half to even if the ratio is a power of two below 1.
double scaled_sum(int64_t sum, double ratio);

// Requantizes accumulators of output channel oc into the output tensor's type.
class Requantizer {
 public:
  Requantizer(const ConvSpec& spec, const IntWeights& w, const Isa& isa);
  size_t bytes() const { return out_.bytes(); }
  // add: per-channel constant; minus: correction for the weights' zero point, see Isa::s32_requantize.
  using Bounds = StoreBounds;
  Bounds bounds(const Target& target) const { return store_bounds(out_, target); }
  // Whether kernels that requantize themselves give the same: the output is 8-bit, and nothing is done as an NPU does it.
  bool fits_kernels() const { return out_.affine8() && !npu_.on(); }
  // For those kernels. The real value of one accumulator step, in steps of the output, is there per output channel.
  int32_t zero() const { return out_.zero; }
  const double* ratios() const { return ratio_.data(); }
  Rescaling rescaling(int64_t oc, const Bounds& b) const { return {ratio_[size_t(oc)], b.lo, b.hi, out_.zero}; }
  void run(int64_t oc, const int32_t* acc, const int32_t* minus, int32_t add, const Bounds& bounds, uint8_t* out, int64_t n) const;

 private:
  Numeric out_;
  std::vector<double> ratio_;
  decltype(Isa::s32_requantize) requantize_;
  NpuRequantizer npu_;
};

// Whether a node with these types can apply an activation to its results.
bool can_activate_conv(const Numeric& in, const Numeric& weight, const Numeric& out);

// Where float32 results go, and what happens to them first.
class F32Output {
 public:
  explicit F32Output(const Target& target) : target_(target), on_(target.folded()) {
    const Activation a = on_ ? target.activation : Activation();
    how_ = {a.slope, a.lo, a.hi};
  }
  // The activation's output instead of the plain one. Float operands activate only float32 outputs
  // (can_activate_conv), so a wrapped kernel always sees the tensor itself here.
  float* of(float* plain) const {
    return on_ ? reinterpret_cast<float*>(target_.activation.output->t->data) : plain;
  }
  const F32Activation& how() const { return how_; }
  float apply(float x) const {
    const float y = x > 0 ? x : x * how_.slope, v = y < how_.lo ? how_.lo : y;
    return v > how_.hi ? how_.hi : v;
  }

 private:
  Target target_;
  bool on_;
  F32Activation how_;
};

Kernel build_conv(Setup& s, const ConvSpec& spec);
Kernel build_conv_f32(Setup& s, const ConvSpec& spec);
Kernel build_conv_int(Setup& s, const ConvSpec& spec);
// Depthwise: output channel oc reads input channel source(oc).
Kernel build_depthwise(Setup& s, const ConvSpec& spec, std::function<int64_t(int64_t)> source);

// Working memory of one thread, kept between runs.
uint8_t* thread_bytes(int slot, size_t bytes);
template <class T>
T* thread_memory(int slot, int64_t n) {
  return reinterpret_cast<T*>(thread_bytes(slot, size_t(n) * sizeof(T)));
}

// Tiles of output pixels.
struct Tiling {
  int64_t pixels = 0, tiles = 0, blocks = 0;
  int vectors = 1, lanes = 1;
  Tiling(int64_t pixels, int64_t rows, int lanes);
  int64_t width() const { return int64_t(vectors) * lanes; }
  // Vectors of the tile that starts at pixel `first`: the last one may be shorter.
  int vectors_at(int64_t first) const { return int(std::min<int64_t>(vectors, (pixels - first + lanes - 1) / lanes)); }
};

// Where the vectors of tiles lie. If output rows are whole vectors, a tile is a piece of the output itself and
// skips the surplus columns of the planes; otherwise it is a piece of the planes.
class Placement {
 public:
  Placement(const PlaneLayout& layout, const ConvGeometry& g, int lanes)
      : exact_(g.ow % lanes == 0), row_(g.ow / lanes), lanes_(lanes), stride_(layout.width()),
        pixels_(exact_ ? g.oh * g.ow : layout.pixels()) {}
  bool exact() const { return exact_; }
  int64_t pixels() const { return pixels_; }
  // The output row of a pixel.
  int64_t row_of(int64_t pixel) const { return pixel / (exact_ ? row_ * lanes_ : stride_); }
  // Plane offsets of the tile that starts at pixel `first`.
  void fill(int64_t first, int vectors, int64_t* at) const {
    for (int i = 0; i < vectors; i++) {
      const int64_t v = first / lanes_ + i;
      at[i] = exact_ ? v / row_ * stride_ + v % row_ * lanes_ : first + int64_t(i) * lanes_;
    }
  }

 private:
  bool exact_;
  int64_t row_, lanes_, stride_, pixels_;
};

// Calls work(first tile, last tile, first block, last block) in parallel, for tiles of pixels or, where they are fewer
// than the threads, for blocks of output channels. `cost` is that of one block of a tile.
template <class F>
void share_tiles(Pool& pool, const Tiling& t, int64_t cost, F work) {
  if (t.tiles >= pool.threads())
    pool.run(t.tiles, cost * t.blocks, [&](int64_t b, int64_t e) {
      if (b < e) work(b, e, int64_t(0), t.blocks);
    });
  else
    pool.run(t.blocks, cost * t.tiles, [&](int64_t b, int64_t e) {
      if (b < e) work(int64_t(0), t.tiles, b, e);
    });
}

// Output rows, the last one included.
struct OutputRows {
  int64_t first, last;
};

// The rows that tiles first..last-1 lie in.
inline OutputRows rows_of_tiles(const Placement& placement, const Tiling& t, const ConvGeometry& g, int64_t first,
                                int64_t last) {
  const int64_t end = std::min(t.pixels, last * t.width()) - 1;
  return {placement.row_of(first * t.width()), std::min(g.oh - 1, placement.row_of(end))};
}

// Calls pack(first, last) for the plane rows, counted over all phases, that output rows read.
template <class F>
void rows_of_outputs(const PlaneLayout& layout, const ConvGeometry& g, OutputRows rows, F pack) {
  const int64_t more = layout.rows() - g.oh;
  for (int64_t p = 0; p < layout.phase_count(); p++)
    pack(p * layout.rows() + rows.first, p * layout.rows() + std::min(layout.rows(), rows.last + 1 + more));
}

// The parts of a tile that are output pixels: `from` in the tile, `to` in the output plane.
struct Segment {
  int32_t from, length;
  int64_t to;
};
int segments_of_tile(const PlaneLayout& layout, const ConvGeometry& g, int64_t first, int64_t width,
                     Segment* out);

}  // namespace sim
