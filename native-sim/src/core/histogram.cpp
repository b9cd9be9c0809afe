#include <algorithm>
#include <cmath>

#include "core/taps.h"

namespace sim {

namespace {

constexpr int kSmallest = -126;  // exponent of the smallest width: its inverse is still a float32

int64_t index_at(float x, int exponent) {
  const auto magnitude = int64_t(std::ldexp(std::fabs(double(x)), -exponent));
  return x < 0 ? ~magnitude : magnitude;
}

// The smallest width for values from lo to hi.
int exponent_for(float lo, float hi, int bins) {
  const float top = std::max(std::fabs(lo), std::fabs(hi));
  int exponent = top > 0 ? std::max(std::ilogb(top) - 23, kSmallest) : kSmallest;
  while (index_at(hi, exponent) - index_at(lo, exponent) >= bins) exponent++;
  return exponent;
}

}  // namespace

Histogram::Histogram(int bins) : bins_(bins), totals_(size_t(bins), 0) {}

int64_t Histogram::index(float x) const { return index_at(x, exponent_); }

const float* Histogram::finite(const Values& values, int64_t b, int64_t& n, float* buffer) const {
  const int64_t size = values.block_size(b);
  const float* x = values.read(b * kTapBlock, size, buffer);
  n = 0;
  for (int64_t i = 0; i < size; i++) {
    const float v = x[i];
    if (std::isfinite(v)) buffer[n++] = v;
  }
  return buffer;
}

void Histogram::scan(const Values& values, const TapLoops& loops, int64_t b, uint32_t* table) {
  float buffer[kTapBlock];
  Block& block = blocks_[size_t(b)];
  block.finite = values.block_size(b);
  const float* x = values.read(b * kTapBlock, block.finite, buffer);
  const FiniteExtremes found = loops.finite_extremes(x, block.finite);
  block.extremes = found.extremes;
  if (!found.finite) {
    x = finite(values, b, block.finite, buffer);
    block.extremes = loops.extremes(x, block.finite);
  }
  block.pending = block.extremes.lo < min || block.extremes.hi > max;
  if (block.pending) return;
  const Binning how{std::ldexp(1.0f, -exponent_), uint32_t(bins_ - 1)};
  block.counted = loops.count(x, block.finite, how, table);
}

void Histogram::count_pending(const Values& values, TapTools tools, int parts) {
  const Binning how{std::ldexp(1.0f, -exponent_), uint32_t(bins_ - 1)};
  const int64_t blocks = values.blocks();
  tools.pool.run(parts, values.count * 2 / parts, [&](int64_t begin, int64_t end) {
    float buffer[kTapBlock];
    for (int64_t b = begin * blocks / parts; b < end * blocks / parts; b++) {
      Block& block = blocks_[size_t(b)];
      if (!block.pending) continue;
      int64_t n = values.block_size(b);
      const float* x = block.finite == n ? values.read(b * kTapBlock, n, buffer) : finite(values, b, n, buffer);
      block.counted = tools.loops.count(x, n, how, tables_[size_t(begin)].data());
    }
  });
}

void Histogram::add(const Values& values, TapTools tools) {
  const int64_t blocks = values.blocks();
  const int parts = int(std::min<int64_t>(tools.pool.threads(), blocks));
  blocks_.assign(size_t(blocks), Block{});
  if (unflushed_ + uint64_t(values.count) > std::numeric_limits<uint32_t>::max()) flush();
  unflushed_ += uint64_t(values.count);
  while (int(tables_.size()) < parts) tables_.emplace_back(size_t(kTableHalves * bins_), 0u);
  tools.pool.run(parts, values.count * 2 / std::max(1, parts), [&](int64_t begin, int64_t end) {
    for (int64_t b = begin * blocks / parts; b < end * blocks / parts; b++)
      scan(values, tools.loops, b, tables_[size_t(begin)].data());
  });
  float lo = min, hi = max;
  bool pending = false;
  for (const Block& block : blocks_) {
    lo = std::min(lo, block.extremes.lo);
    hi = std::max(hi, block.extremes.hi);
    pending = pending || block.pending;
  }
  if (pending) {
    cover(lo, hi);
    unflushed_ = std::max(unflushed_, uint64_t(values.count));
    count_pending(values, tools, parts);
  }
  for (int64_t b = 0; b < blocks; b++) {
    const Block& block = blocks_[size_t(b)];
    others += uint64_t(values.block_size(b) - block.finite);
    zeros += uint64_t(block.finite - block.counted);
  }
  count += uint64_t(values.count);
}

void Histogram::cover(float lo, float hi) {
  const int exponent = exponent_for(lo, hi, bins_);
  if (min <= max && exponent > exponent_) {
    flush();
    const int shift = std::min(exponent - exponent_, 62);
    const uint64_t mask = uint64_t(bins_ - 1);
    std::vector<uint64_t> merged(totals_.size(), 0);
    for (int64_t i = index(min), last = index(max); i <= last; i++)
      merged[size_t(uint64_t(i >> shift) & mask)] += totals_[size_t(uint64_t(i) & mask)];
    totals_.swap(merged);
  }
  exponent_ = exponent;
  // A negative zero compares equal to zero; adding zero makes the sign positive whatever came first.
  min = lo + 0.0f;
  max = hi + 0.0f;
}

void Histogram::flush() {
  const auto bins = size_t(bins_);
  for (std::vector<uint32_t>& table : tables_) {
    for (size_t half = 0; half < size_t(kTableHalves); half++)
      for (size_t i = 0; i < bins; i++) totals_[i] += table[half * bins + i];
    std::fill(table.begin(), table.end(), 0u);
  }
  unflushed_ = 0;
}

Histogram::Result Histogram::result() {
  flush();
  Result r;
  if (!(min <= max)) return r;
  int64_t first = index(min), last = index(max);
  const auto at = [&](int64_t i) { return totals_[size_t(uint64_t(i) & uint64_t(bins_ - 1))]; };
  while (first <= last && at(first) == 0) first++;
  while (first <= last && at(last) == 0) last--;
  if (first > last) return r;
  r.width = std::ldexp(1.0, exponent_);
  r.first = first;
  for (int64_t i = first; i <= last; i++) r.counts.push_back(double(at(i)));
  return r;
}

}  // namespace sim
