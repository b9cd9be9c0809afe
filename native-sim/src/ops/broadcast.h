// Numpy-style broadcast of two operands, cut into rows along which both steps are 0 or 1.
#pragma once

#include "core/op.h"

namespace sim {

class BroadcastPlan {
 public:
  BroadcastPlan(const Shape& a, const Shape& b, const Shape& out);

  // f(offset_a, offset_b, offset_out, n, step_a, step_b) for every row, in parallel.
  template <class F>
  void run(Pool& pool, F&& f) const {
    constexpr int64_t kPiece = 4096;
    const int64_t pieces = (row_ + kPiece - 1) / kPiece;
    pool.run(rows_ * pieces, std::min(row_, kPiece) * 2, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; i++) {
        int64_t row = i / pieces, at = i % pieces * kPiece, a = 0, b = 0;
        const int64_t out = row * row_ + at;
        for (int d = 0; d < rank_; d++) {
          const int64_t k = row % size_[d];
          row /= size_[d];
          a += k * stride_a_[d];
          b += k * stride_b_[d];
        }
        f(a + at * step_a_, b + at * step_b_, out, std::min(kPiece, row_ - at), step_a_, step_b_);
      }
    });
  }

 private:
  int64_t row_ = 1, rows_ = 1;
  int step_a_ = 1, step_b_ = 1, rank_ = 0;
  int64_t size_[kMaxRank], stride_a_[kMaxRank], stride_b_[kMaxRank];
};

}  // namespace sim
