#include "ops/broadcast.h"

namespace sim {

BroadcastPlan::BroadcastPlan(const Shape& a, const Shape& b, const Shape& out) {
  int64_t sa = 1, sb = 1;
  bool in_row = true;
  for (int d = 0; d < out.rank; d++) {
    const int64_t n = out[d];
    const int64_t stride_a = a[d] == 1 ? 0 : sa, stride_b = b[d] == 1 ? 0 : sb;
    sa *= a[d];
    sb *= b[d];
    if (n == 1) continue;
    const int step_a = stride_a != 0, step_b = stride_b != 0;
    if (in_row && row_ == 1) {
      step_a_ = step_a, step_b_ = step_b;
      row_ = n;
      continue;
    }
    // A dimension extends the row if both operands go on as they do inside it.
    const bool joins = in_row && stride_a == step_a_ * row_ && stride_b == step_b_ * row_;
    if (joins) {
      row_ *= n;
      continue;
    }
    in_row = false;
    size_[rank_] = n;
    stride_a_[rank_] = stride_a;
    stride_b_[rank_] = stride_b;
    rank_++;
    rows_ *= n;
  }
}

}  // namespace sim
