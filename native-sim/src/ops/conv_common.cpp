#include <algorithm>
#include <cmath>

#include "ops/conv.h"

namespace sim {

bool is_integer_conv(const ConvSpec& spec) {
  const Numeric in(spec.input->attr.dtype), w(spec.weight->attr.dtype);
  if (!in.affine8() || !w.is_8bit() || !w.quantized) return false;
  return !spec.bias || spec.bias->attr.dtype.vx_type == VSI_NN_TYPE_INT32;
}

void check_bias_scale(const ConvSpec& spec) {
  if (!spec.bias) return;
  const Numeric in(spec.input->attr.dtype), w(spec.weight->attr.dtype), b(spec.bias->attr.dtype);
  if (!in.quantized || !w.quantized || !b.quantized || in.type != w.type || w.per_channel || b.per_channel) return;
  // The vendor's library rejects a bias whose scale is off by more than this.
  if (std::abs(in.scale * w.scale - b.scale) > 1e-5)
    fail("the bias has scale %g, expected input scale * weight scale = %g", b.scale, in.scale * w.scale);
}

int32_t weight_code(const ConvSpec& spec, int64_t index) {
  const uint8_t code = spec.weight->t->data[index];
  return spec.weight->attr.dtype.vx_type == VSI_NN_TYPE_INT8 ? int32_t(int8_t(code)) : int32_t(code);
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
    if (spec.bias) std::memcpy(&bias, spec.bias->t->data + oc * 4, 4);
    out.bias.push_back(bias);
  }
  return out;
}

BytePacking byte_packing(const Numeric& input, int pack) {
  const bool is_signed = input.type == VSI_NN_TYPE_INT8;
  return {pack, uint8_t(is_signed ? 0x80 : 0), input.zero + (is_signed ? 128 : 0)};
}

Requantizer::Requantizer(const ConvSpec& spec, const IntWeights& w, const Isa& isa)
    : out_(spec.output->attr.dtype), step_(w.scale), requantize_(isa.requantize) {
  for (const double s : w.scale) ratio_.push_back(s / out_.scale);
}

Requantizer::Bounds Requantizer::bounds(const Target& target) const {
  Bounds b{out_.lo - out_.zero, out_.hi - out_.zero};
  if (!target.folded() || !out_.affine8()) return b;
  // Quantizing is monotone, so clamping codes gives what the clamping node would give.
  const auto code = [&](float v) { return clamp_round(double(v) / out_.scale, b.lo, b.hi); };
  return {code(target.clamp.lo), code(target.clamp.hi)};
}

void Requantizer::run(int64_t oc, const int32_t* acc, const int32_t* minus, int32_t add, const Bounds& bounds,
                      uint8_t* out, int64_t n) const {
  if (out_.affine8()) {
    requantize_(acc, minus, add, ratio_[size_t(oc)], bounds.lo, bounds.hi, out_.zero, out, n);
    return;
  }
  for (int64_t i = 0; i < n; i++) {
    uint32_t a = uint32_t(acc[i]) + uint32_t(add);
    if (minus) a -= uint32_t(minus[i]);
    const double real = double(int32_t(a)) * step_[size_t(oc)];
    store_f64(out_, &real, 1, out + i * int64_t(out_.bytes()));
  }
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
