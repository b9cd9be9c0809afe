// The elements of a tensor grouped by the axes that are reduced.
#pragma once

#include "core/op.h"

namespace sim {

struct AxisSet {
  AxisSet(const Setup& s, const Shape& in, const std::vector<int64_t>& axes);

  Shape shape;
  uint32_t mask = 0;
  int64_t reduced = 1, kept = 1;
  std::vector<int64_t> inner_size, inner_stride, outer_size, outer_stride;

  Shape output(bool keep_dim) const;
  // Offset of the first element that contributes to output i.
  int64_t base(int64_t i) const { return walk(i, outer_size, outer_stride); }
  // Calls f with the offset of every contributing element, relative to base.
  template <class F>
  void each(F&& f) const {
    const int64_t row = inner_size[0], step = inner_stride[0];
    for (int64_t i = 0; i < reduced; i += row) {
      const int64_t at = walk(i, inner_size, inner_stride);
      for (int64_t k = 0; k < row; k++) f(at + k * step);
    }
  }

 private:
  static int64_t walk(int64_t i, const std::vector<int64_t>& size, const std::vector<int64_t>& stride);
};

}  // namespace sim
