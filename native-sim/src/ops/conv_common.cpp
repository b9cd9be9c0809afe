#include <algorithm>
#include <cmath>

#include "ops/conv.h"

namespace sim {

bool is_integer_conv(const ConvSpec& spec) {
  const Numeric in(spec.input->attr.dtype), w(spec.weight->attr.dtype);
  if (!in.affine8() || !w.is_8bit() || !w.quantized) return false;
  return !spec.bias || (spec.bias->attr.dtype.vx_type == VSI_NN_TYPE_INT32 && counts_products(spec));
}

namespace {

// The vendor's library rejects a bias whose scale is off by more than this.
constexpr double kBiasTolerance = 1e-5;

bool is_affine(const vsi_nn_tensor_t* t) { return t->attr.dtype.qnt_type == VSI_NN_QNT_TYPE_AFFINE_ASYMMETRIC; }

}  // namespace

bool counts_products(const ConvSpec& spec) {
  const Numeric in(spec.input->attr.dtype), w(spec.weight->attr.dtype), b(spec.bias->attr.dtype);
  if (b.type != VSI_NN_TYPE_INT32 && b.type != VSI_NN_TYPE_INT64) return false;
  if (!b.quantized || b.per_channel || w.per_channel || !(b.scale > 0)) return true;
  const double step = in.scale * w.scale, off = std::abs(b.scale - step);
  return off <= 1e-4 * step || (is_affine(spec.bias) && in.type == w.type && off <= kBiasTolerance);
}

void check_bias_scale(const ConvSpec& spec) {
  if (!spec.bias) return;
  const Numeric in(spec.input->attr.dtype), w(spec.weight->attr.dtype), b(spec.bias->attr.dtype);
  if (!in.quantized || !w.quantized || !b.quantized || in.type != w.type || w.per_channel || b.per_channel) return;
  if (is_affine(spec.bias) && std::abs(in.scale * w.scale - b.scale) > kBiasTolerance)
    fail("the bias has scale %g, expected input scale * weight scale = %g", b.scale, in.scale * w.scale);
}

int32_t weight_code(const ConvSpec& spec, int64_t index) {
  const uint8_t* data = spec.weight->t->data;
  switch (spec.weight->attr.dtype.vx_type) {
    case VSI_NN_TYPE_INT8: return int8_t(data[index]);
    case VSI_NN_TYPE_UINT8: return data[index];
    default: {
      int16_t word;
      std::memcpy(&word, data + index * 2, 2);
      return word;
    }
  }
}

IntWeights int_weights(const ConvSpec& spec) {
  const Numeric in(spec.input->attr.dtype), w(spec.weight->attr.dtype);
  IntWeights out;
  for (int64_t oc = 0; oc < spec.geo.oc; oc++) {
    double scale = w.scale;
    int32_t zero = w.zero;
    if (w.per_channel) {
      const size_t c = size_t(spec.channel(oc));
      if (c >= spec.weight->t->scales.size()) fail("per-channel scales do not match the output channels");
      scale = spec.weight->t->scales[c];
      zero = spec.weight->t->zero_points.empty() ? 0 : spec.weight->t->zero_points[c];
    }
    out.scale.push_back(in.scale * scale);
    out.zero.push_back(zero);
    int32_t bias = 0;
    if (spec.bias && spec.bias->attr.dtype.vx_type == VSI_NN_TYPE_INT32) std::memcpy(&bias, spec.bias->t->data + oc * 4, 4);
    out.bias.push_back(bias);
  }
  return out;
}

BytePacking byte_packing(const Numeric& input, int pack) {
  const bool is_signed = input.type == VSI_NN_TYPE_INT8;
  return {pack, uint8_t(is_signed ? 0x80 : 0), input.zero + (is_signed ? 128 : 0)};
}

Requantizer::Requantizer(const ConvSpec& spec, const IntWeights& w, const Isa& isa)
    : out_(spec.output->attr.dtype), requantize_(isa.s32_requantize), npu_(spec.requantization, w.scale, out_) {
  for (const double s : w.scale) ratio_.push_back(s / out_.scale);
}

StoreBounds store_bounds(const Numeric& out, const Target& target) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (!out.is_code()) {
    if (target.folded()) return {target.activation.lo, target.activation.hi};
    return {-kInfinity, kInfinity};
  }
  const StoreBounds b{out.lo - out.zero, out.hi - out.zero};
  if (!target.folded()) return b;
  // Quantizing is monotone, so clamping codes gives what the clamping node would give.
  const auto code = [&](float v) { return clamp_round(double(v) / out.scale, b.lo, b.hi); };
  return {code(target.activation.lo), code(target.activation.hi)};
}

double scaled_sum(int64_t sum, double ratio) {
  int exponent;
  const bool fits = std::abs(double(sum)) < 0x1p53;
  if (fits || std::frexp(ratio, &exponent) != 0.5 || exponent > 0 || exponent < -61) return double(sum) * ratio;
  const int shift = 1 - exponent;
  const int64_t whole = sum >> shift, rest = sum - int64_t(uint64_t(whole) << shift), half = int64_t(1) << (shift - 1);
  return double(whole + (rest > half || (rest == half && (whole & 1))));
}

bool can_activate_conv(const Numeric& in, const Numeric& weight, const Numeric& out) {
  const bool integer = in.is_code() && weight.quantized && (weight.is_8bit() || weight.type == VSI_NN_TYPE_INT16);
  // 16-bit weights with a zero point are computed as real numbers.
  if (integer && (weight.is_8bit() || weight.zero == 0) && out.is_code()) return !weight.is_16bit() || !weight.per_channel;
  return out.is_f32();
}

void Requantizer::run(int64_t oc, const int32_t* acc, const int32_t* minus, int32_t add, const Bounds& bounds,
                      uint8_t* out, int64_t n) const {
  if (npu_.on()) {
    npu_.run(size_t(oc), acc, minus, add, int64_t(bounds.lo), int64_t(bounds.hi), out, n);
    return;
  }
  if (out_.affine8()) {
    requantize_(acc, minus, add, ratio_[size_t(oc)], bounds.lo, bounds.hi, out_.zero, out, n);
    return;
  }
  for (int64_t i = 0; i < n; i++) {
    uint32_t a = uint32_t(acc[i]) + uint32_t(add);
    if (minus) a -= uint32_t(minus[i]);
    double v = double(int32_t(a)) * ratio_[size_t(oc)];
    v = v < bounds.lo ? bounds.lo : v;
    v = v > bounds.hi ? bounds.hi : v;
    store_steps(out_, &v, 1, out + i * int64_t(out_.bytes()));
  }
}

uint8_t* thread_bytes(int slot, size_t bytes) {
  thread_local Buffer slots[4];
  if (slots[slot].bytes() < bytes + kSlack) slots[slot] = Buffer(bytes + kSlack);
  return slots[slot].data();
}

Tiling::Tiling(int64_t p, int64_t rows, int l) : pixels(p), lanes(l) {
  const int64_t all = (p + l - 1) / l;
  tiles = (all + kTileVectors - 1) / kTileVectors;
  vectors = int((all + tiles - 1) / tiles);
  tiles = (all + vectors - 1) / vectors;
  blocks = (rows + kRowBlock - 1) / kRowBlock;
}

int segments_of_tile(const PlaneLayout& layout, const ConvGeometry& g, int64_t first, int64_t width,
                     Segment* out) {
  const int64_t end = std::min(first + width, layout.pixels());
  if (layout.dense()) {
    out[0] = {0, int32_t(end - first), first};
    return 1;
  }
  int n = 0;
  for (int64_t p = first; p < end;) {
    const int64_t y = p / layout.width(), x = p % layout.width();
    const int64_t row_end = y * layout.width() + g.ow;
    if (p < row_end) {
      out[n++] = {int32_t(p - first), int32_t(std::min(row_end, end) - p), y * g.ow + x};
    }
    p = (y + 1) * layout.width();
  }
  return n;
}

}  // namespace sim
