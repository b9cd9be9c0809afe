#include "ops/wide.h"

#include <algorithm>
#include <cmath>

namespace sim {

namespace {

constexpr int64_t kLimit = (int64_t(1) << 31) - 1;
// Longer chunks could overflow the coarse sums.
constexpr int64_t kMaxChunk = 65535;
// Adding a chunk to the sums costs about as much as this many units.
constexpr int64_t kChunkUnits = 12;

}  // namespace

WideInput::WideInput(const Numeric& input, int pack)
    : num(input), bytes_are_input(input.is_8bit()), zero(0), coarse(byte_packing(input, pack)), largest(255) {
  if (bytes_are_input) return;
  zero = input.zero - (input.type == VSI_NN_TYPE_UINT16 ? 32768 : 0);
  coarse = {pack, 0, (zero >> 8) + 128};
  largest = 32768;
}

void WideInput::widen(const uint8_t* src, int64_t n, int16_t* wide) const {
  const auto fill = [&](auto sample, int32_t subtract) {
    using T = decltype(sample);
    const T* from = reinterpret_cast<const T*>(src);
    for (int64_t i = 0; i < n; i++) wide[i] = int16_t(int32_t(from[i]) - subtract);
  };
  if (num.type == VSI_NN_TYPE_UINT8) fill(uint8_t(), num.zero);
  else if (num.type == VSI_NN_TYPE_INT8) fill(int8_t(), num.zero);
  else fill(uint16_t(), 32768);
}

WidePlan::WidePlan(const WideInput& input, int64_t channels, int64_t units, const Weights& weights)
    : input_shift_(input.bytes_are_input ? 0 : 8) {
  std::vector<Cost> costs(size_t(channels * units));
  for (int64_t c = 0; c < channels; c++) {
    int32_t most = 0;
    int64_t total = 0, sum = 0;
    for (int64_t u = 0; u < units; u++)
      weights(c, u, [&](int32_t w) {
        most = std::max(most, w < 0 ? -(w + 1) : w);
        total += w;
        sum += std::abs(w);
      });
    int shift = 0;
    while (most >> shift > 127) shift++;
    shift_.push_back(shift);
    total_.push_back(total);
    bound_ = std::max(bound_, sum * input.largest);
    for (int64_t u = 0; u < units; u++) {
      Cost& cost = costs[size_t(c * units + u)] = {0, 0, 0};
      weights(c, u, [&](int32_t w) {
        const int64_t rough = coarse(c, w), scaled = rough * (int64_t(1) << shift);
        // Half a step of the input's coarse operand, and what the weight lost.
        cost.exact += std::abs(w) * input.largest;
        cost.error += (input.bytes_are_input ? 0 : std::abs(scaled) * 128) + std::abs(w - scaled) * input.largest;
        cost.sum += rough;
      });
    }
  }
  const std::vector<Chunk> plain = cut(costs, channels, units, &Cost::exact);
  const std::vector<Chunk> helped = cut(costs, channels, units, &Cost::error);
  coarse_ = plain.empty() || (!helped.empty() && int64_t(plain.size() - helped.size()) * kChunkUnits > units);
  chunks_ = coarse_ ? helped : plain;
  // 16-bit values are 256 * (byte - 128) + 0..255.
  const int64_t byte_zero = input.bytes_are_input ? input.coarse.zero : 128;
  const int64_t moved = (input.coarse.pack == 4 ? 0 : input.coarse.zero) - byte_zero;
  for (const Chunk& chunk : chunks_)
    for (int64_t c = 0; c < channels; c++) {
      int64_t sum = 0;
      for (int64_t u = chunk.begin; u < chunk.end; u++) sum += costs[size_t(c * units + u)].sum;
      constants_.push_back((moved * (int64_t(1) << shift(c)) + (input.bytes_are_input ? 0 : int64_t(128) << shift_[size_t(c)])) * sum);
    }
}

std::vector<WidePlan::Chunk> WidePlan::cut(const std::vector<Cost>& costs, int64_t channels, int64_t units,
                                           int64_t Cost::*cost) const {
  std::vector<Chunk> out;
  std::vector<int64_t> sums(size_t(channels), 0);
  int64_t begin = 0;
  for (int64_t u = 0; u < units; u++) {
    int64_t most = 0, one = 0;
    for (int64_t c = 0; c < channels; c++) {
      const int64_t v = costs[size_t(c * units + u)].*cost;
      one = std::max(one, v);
      most = std::max(most, sums[size_t(c)] += v);
    }
    if (one > kLimit) return {};
    if (most <= kLimit && u - begin < kMaxChunk / kDotBlock) continue;
    out.push_back({begin, u});
    begin = u;
    for (int64_t c = 0; c < channels; c++) sums[size_t(c)] = costs[size_t(c * units + u)].*cost;
  }
  out.push_back({begin, units});
  return out;
}

int32_t WidePlan::coarse(int64_t channel, int32_t weight) const {
  const int shift = shift_[size_t(channel)];
  return std::min(127, (weight + (1 << shift >> 1)) >> shift);
}

WideBias wide_bias(const ConvSpec& spec, const std::vector<double>& scale) {
  WideBias out;
  const int64_t n = spec.geo.oc;
  out.steps.assign(size_t(n), 0);
  out.real.assign(size_t(n), 0);
  if (!spec.bias) return out;
  const Numeric b(spec.bias->attr.dtype);
  const uint8_t* data = spec.bias->t->data;
  if (!counts_products(spec)) {
    load_f64(b, data, n, out.real.data());
    const double ratio = b.scale / scale[0];
    int exponent = 0;
    // A coarser binary point is exact in integers.
    const bool whole = b.type == VSI_NN_TYPE_INT32 && b.quantized && std::frexp(ratio, &exponent) == 0.5 && exponent > 0 &&
                       exponent <= 24 && std::all_of(scale.begin(), scale.end(), [&](double s) { return s == scale[0]; });
    for (int64_t i = 0; whole && i < n; i++) {
      out.steps[size_t(i)] = int64_t(out.real[size_t(i)] / scale[0]);
      out.real[size_t(i)] = 0;
    }
    return out;
  }
  for (int64_t i = 0; i < n; i++) {
    int32_t narrow;
    if (b.type == VSI_NN_TYPE_INT64) std::memcpy(&out.steps[size_t(i)], data + i * 8, 8);
    else std::memcpy(&narrow, data + i * 4, 4), out.steps[size_t(i)] = narrow;
  }
  return out;
}

WideOutput::WideOutput(const ConvSpec& spec, const IntWeights& w, const Isa& isa, std::vector<int64_t> correction,
                       int64_t bound)
    : out_(spec.output->attr.dtype), isa_(&isa), add_(std::move(correction)), npu_(spec.requantization, w.scale, out_) {
  const WideBias bias = wide_bias(spec, w.scale);
  for (size_t c = 0; c < add_.size(); c++) {
    ratio_.push_back(w.scale[c] / out_.scale);
    plus_.push_back(bias.real[c] / out_.scale);
    add_[c] = int64_t(uint64_t(add_[c]) + uint64_t(bias.steps[c]));
    if (npu_.on()) add_[c] = int64_t(uint64_t(add_[c]) + uint64_t(npu_steps(bias.real[c], w.scale[c])));
    fits_double_ = fits_double_ && bound < (int64_t(1) << 50) && std::abs(double(add_[c])) < 0x1p50;
  }
}

void WideOutput::run(int64_t channel, const int64_t* sums, const StoreBounds& bounds, uint8_t* out,
                     int64_t n) const {
  const size_t c = size_t(channel);
  if (npu_.on()) return npu_.run_wide(c, sums, add_[c], int64_t(bounds.lo), int64_t(bounds.hi), out, n);
  if (out_.is_code() && fits_double_)
    return isa_->s64_requantize(sums, rescaling(channel, bounds), int(out_.bytes()), out, n);
  for (int64_t i = 0; i < n; i++) {
    const int64_t sum = int64_t(uint64_t(sums[i]) + uint64_t(add_[c]));
    double v = scaled_sum(sum, ratio_[c]) + plus_[c];
    v = v < bounds.lo ? bounds.lo : v;
    v = v > bounds.hi ? bounds.hi : v;
    store_steps(out_, &v, 1, out + i * int64_t(out_.bytes()));
  }
}

bool is_wide_conv(const ConvSpec& spec) {
  const Numeric in(spec.input->attr.dtype), w(spec.weight->attr.dtype);
  if (!in.is_code() || !w.quantized || is_integer_conv(spec)) return false;
  if (w.is_8bit()) return true;
  // 16-bit weights with a zero point would need 17 bits.
  const std::vector<int32_t>& zeros = spec.weight->t->zero_points;
  return w.type == VSI_NN_TYPE_INT16 && w.zero == 0 &&
         std::all_of(zeros.begin(), zeros.end(), [](int32_t z) { return z == 0; });
}

}  // namespace sim
