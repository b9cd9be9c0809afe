#include "ops/broadcast.h"

#include <algorithm>

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

namespace {

struct Operand {
  vsi_nn_tensor_t* tensor;
  Numeric num;
  int64_t count;
  Scratch place;
  std::shared_ptr<std::vector<double>> constant;
};

Operand operand(Setup& s, vsi_nn_tensor_t* tensor, bool input) {
  Operand o{tensor, {}, 0, {}, nullptr};
  if (!tensor) return o;
  o.num = Numeric(tensor->attr.dtype);
  o.count = shape_of(tensor->attr).count();
  if (input && is_const(tensor) && !o.num.per_channel) {
    o.constant = std::make_shared<std::vector<double>>(size_t(o.count));
    load_f64(o.num, tensor->t->data, o.count, o.constant->data());
    return o;
  }
  if (o.num.per_channel) fail("per-channel quantization is not supported here");
  o.place = s.scratch(size_t(o.count) * sizeof(double));
  return o;
}

}  // namespace

Kernel wrap_f64(Setup& s, F64Kernel kernel) {
  std::vector<Operand> in, out;
  for (int i = 0; i < s.inputs(); i++) in.push_back(operand(s, s.maybe_in(i), true));
  for (int i = 0; i < s.outputs(); i++) out.push_back(operand(s, s.maybe_out(i), false));
  vsi_nn_dtype_t dtype{};
  dtype.vx_type = VSI_NN_TYPE_FLOAT64;
  const Numeric f64(dtype);
  return [=](Pool& pool) {
    std::vector<const double*> src;
    std::vector<double*> dst;
    for (const Operand& o : in) {
      if (o.tensor && !o.constant) convert_parallel(pool, o.num, o.tensor->t->data, f64, o.place.get(), o.count);
      src.push_back(!o.tensor ? nullptr : o.constant ? o.constant->data() : o.place.get<double>());
    }
    for (const Operand& o : out) dst.push_back(o.tensor ? o.place.get<double>() : nullptr);
    // Ports that the node does not have read as null.
    src.resize(std::max(src.size(), kPorts));
    dst.resize(std::max(dst.size(), kPorts));
    kernel(pool, src.data(), dst.data());
    for (const Operand& o : out)
      if (o.tensor) convert_parallel(pool, f64, o.place.get(), o.num, o.tensor->t->data, o.count);
  };
}

}  // namespace sim
