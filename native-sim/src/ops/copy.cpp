// Operators whose output is the input with another shape, type or quantization.
#include "ops/register.h"

namespace sim {

namespace {

Kernel build_copy(Setup& s) { return convert_kernel(s.in(0), s.out()); }

// NOOP may hand its input to several outputs.
void infer_noop(Setup& s) {
  for (int k = 0; k < s.outputs(); k++) s.set_shape(k, s.in_shape());
}

Kernel build_noop(Setup& s) {
  std::vector<Kernel> copies;
  for (int k = 0; k < s.outputs(); k++)
    if (s.maybe_out(k)) copies.push_back(convert_kernel(s.in(0), s.out(k)));
  return [=](Pool& pool) {
    for (const Kernel& copy : copies) copy(pool);
  };
}

void infer_reshape(Setup& s) {
  const auto& p = s.param().reshape;
  const Shape in = s.in_shape();
  if (p.dim_num < 1 || p.dim_num > uint32_t(kMaxRank)) fail("reshape.dim_num is %u", p.dim_num);
  Shape out;
  int free_dim = -1;
  for (const int64_t n : s.list(p.size, p.dim_num, "size")) {
    if (n == 0xffffffff) {
      if (free_dim >= 0) fail("more than one dimension of the new shape is -1");
      free_dim = out.rank;
      out.push(1);
    } else {
      out.push(n == 0 ? in[out.rank] : n);
    }
  }
  const int64_t known = checked_count(out);
  if (free_dim >= 0 && known > 0) out.dim[free_dim] = in.count() / known;
  if (checked_count(out) != in.count())
    fail("%s cannot be reshaped to %s", in.text().c_str(), out.text().c_str());
  s.set_shape(0, out);
}

void infer_squeeze(Setup& s) {
  const auto& p = s.param().squeeze;
  const Shape in = s.in_shape();
  uint32_t drop = 0;
  for (const int64_t a : s.list(p.axis, p.axis_num, "axis")) {
    const int d = s.axis(int32_t(a), in.rank);
    if (in[d] != 1) fail("dimension %d has %lld elements and cannot be dropped", d, static_cast<long long>(in[d]));
    drop |= 1u << d;
  }
  Shape out;
  for (int d = 0; d < in.rank; d++)
    if (p.axis_num == 0 ? in[d] != 1 : !(drop >> d & 1)) out.push(in[d]);
  if (out.rank == 0) out.push(1);
  s.set_shape(0, out);
}

}  // namespace

void register_copy(OpTable& t) {
  using Re = vsi_nn_reshape_param;
  using Sq = vsi_nn_squeeze_param;
  using Dr = vsi_nn_dropout_param;
  t.add(in_place({VSI_NN_OP_RESHAPE, "RESHAPE", "reshape", {SIM_POINTER(Re, size, dim_num), SIM_FIELD(Re, dim_num)}, 1,
                  1, 1, 1, infer_reshape, build_copy}));
  t.add(in_place({VSI_NN_OP_SQUEEZE, "SQUEEZE", "squeeze", {SIM_POINTER(Sq, axis, axis_num), SIM_FIELD(Sq, axis_num)},
                  1, 1, 1, 1, infer_squeeze, build_copy}));
  t.add(in_place({VSI_NN_OP_VARIABLE, "VARIABLE", "variable", {}, 1, 1, 1, 1, infer_same, build_copy}));
  t.add({VSI_NN_OP_NOOP, "NOOP", "", {}, 1, 1, 1, 10, infer_noop, build_noop});
  t.add(in_place({VSI_NN_OP_DROPOUT, "DROPOUT", "dropout", {SIM_FIELD(Dr, ratio)}, 1, 1, 1, 1, infer_same, build_copy}));
  t.add(in_place({VSI_NN_OP_DATACONVERT, "DATACONVERT", "dataconvert", {}, 1, 1, 1, 1, infer_same, build_copy}));
  t.add(in_place({VSI_NN_OP_CAST, "CAST", "cast", {}, 1, 1, 1, 1, infer_same, build_copy}));
}

}  // namespace sim
