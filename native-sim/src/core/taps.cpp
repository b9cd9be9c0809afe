#include <algorithm>

#include "core/state.h"

namespace sim {

namespace {

// Adding zero turns a negative zero into a positive one; which of the two comes first is a matter of the vectors used.
void widen(float& min, float& max, float lo, float hi) {
  min = std::min(min, lo) + 0.0f;
  max = std::max(max, hi) + 0.0f;
}

}  // namespace

const float* Values::read(int64_t at, int64_t n, float* buffer) const {
  const uint8_t* from = data + at * int64_t(num.bytes());
  if (num.is_f32()) return reinterpret_cast<const float*>(from);
  load_f32(num, from, n, buffer);
  return buffer;
}

void RangeTap::add(const Values& values, TapTools tools) {
  blocks.resize(size_t(values.blocks()));
  tools.pool.run(values.blocks(), kTapBlock / 8, [&](int64_t begin, int64_t end) {
    float buffer[kTapBlock];
    for (int64_t b = begin; b < end; b++) {
      const int64_t n = values.block_size(b);
      blocks[size_t(b)] = tools.loops.extremes(values.read(b * kTapBlock, n, buffer), n);
    }
  });
  for (const Extremes& e : blocks) widen(min, max, e.lo, e.hi);
}

ChannelStats::ChannelStats(int64_t outer, int64_t channels, int64_t inner)
    : min(size_t(channels), std::numeric_limits<float>::infinity()),
      max(size_t(channels), -std::numeric_limits<float>::infinity()),
      sum(size_t(channels), 0.0),
      outer_(outer),
      inner_(inner) {}

// A channel belongs to one thread, so its sum has one order.
void ChannelStats::add(const Values& values, TapTools tools) {
  constexpr int64_t kPlane = 16;
  tools.pool.run(int64_t(sum.size()), 2 * outer_ * inner_, [&](int64_t begin, int64_t end) {
    if (inner_ >= kPlane) add_planes(values, tools.loops, begin, end);
    else add_rows(values, begin, end);
  });
  count += uint64_t(outer_ * inner_);
}

// Channels begin..end-1, each a plane of its own.
void ChannelStats::add_planes(const Values& values, const TapLoops& loops, int64_t begin, int64_t end) {
  float buffer[kTapBlock];
  for (int64_t o = 0; o < outer_; o++)
    for (int64_t c = begin; c < end; c++)
      for (int64_t i = 0; i < inner_; i += kTapBlock) {
        const int64_t n = std::min(kTapBlock, inner_ - i);
        const int64_t at = (o * int64_t(sum.size()) + c) * inner_ + i;
        const Summary s = loops.summary(values.read(at, n, buffer), n);
        widen(min[size_t(c)], max[size_t(c)], s.lo, s.hi);
        sum[size_t(c)] += s.sum;
      }
}

// The same where a channel has only a few elements in a row.
void ChannelStats::add_rows(const Values& values, int64_t begin, int64_t end) {
  float buffer[kTapBlock];
  const int64_t step = kTapBlock / inner_;
  for (int64_t o = 0; o < outer_; o++)
    for (int64_t first = begin; first < end; first += step) {
      const int64_t last = std::min(end, first + step);
      const int64_t at = (o * int64_t(sum.size()) + first) * inner_;
      const float* x = values.read(at, (last - first) * inner_, buffer);
      for (int64_t c = first; c < last; c++)
        for (int64_t i = 0; i < inner_; i++, x++) {
          widen(min[size_t(c)], max[size_t(c)], *x, *x);
          sum[size_t(c)] += double(*x);
        }
    }
}

void tap(vsi_nn_tensor_t* tensor, TapTools tools) {
  Tap& t = tensor->t->tap;
  const Values values{Numeric(tensor->attr.dtype), tensor->t->data, shape_of(tensor->attr).count()};
  if (t.range.on) t.range.add(values, tools);
  if (t.histogram) t.histogram->add(values, tools);
  if (t.channels) t.channels->add(values, tools);
}

}  // namespace sim
