// ARGMAX, ARGMIN, TOPK.
#include <algorithm>
#include <numeric>

#include "ops/broadcast.h"
#include "ops/register.h"

namespace sim {

namespace {

int arg_axis(const Setup& s) {
  const int rank = s.in_shape().rank;
  if (!s.since(1, 1, 11)) return std::min(2, rank - 1);
  return s.axis(s.node().op == VSI_NN_OP_ARGMAX ? s.param().argmax.axis : s.param().argmin.axis, rank);
}

void infer_arg(Setup& s) {
  Shape out = s.in_shape();
  out.erase(arg_axis(s));
  if (out.rank == 0) out.push(1);
  s.set_shape(0, out);
}

// The first of equal extremes wins.
Kernel build_arg(Setup& s) {
  const Shape in_shape = s.in_shape();
  const int axis = arg_axis(s);
  const int64_t n = in_shape[axis], step = in_shape.range(0, axis), lines = in_shape.count() / n;
  const double sign = s.node().op == VSI_NN_OP_ARGMAX ? 1 : -1;
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* out) {
    pool.run(lines, n * 2, [&](int64_t b, int64_t e) {
      for (int64_t i = b; i < e; i++) {
        const double* x = in[0] + i / step * step * n + i % step;
        int64_t best = 0;
        for (int64_t k = 1; k < n; k++)
          if (x[k * step] * sign > x[best * step] * sign) best = k;
        out[0][i] = double(best);
      }
    });
  });
}

void infer_topk(Setup& s) {
  Shape out = s.in_shape();
  const int64_t k = s.param().topk.k;
  if (k < 1 || k > out[0]) fail("k is %lld, dimension 0 has %lld elements", static_cast<long long>(k),
                                static_cast<long long>(out[0]));
  out.dim[0] = k;
  s.set_shape(0, out);
  s.set_shape(1, out);
}

Kernel build_topk(Setup& s) {
  const int64_t n = s.in_shape()[0], rows = s.in_shape().count() / n, k = s.param().topk.k;
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* out) {
    pool.run(rows, n * 8, [&](int64_t b, int64_t e) {
      std::vector<int64_t> order(static_cast<size_t>(n));
      for (int64_t r = b; r < e; r++) {
        const double* x = in[0] + r * n;
        std::iota(order.begin(), order.end(), int64_t(0));
        // NaN goes last, so that the order is a strict one.
        std::stable_sort(order.begin(), order.end(), [x](int64_t p, int64_t q) {
          return x[q] != x[q] ? x[p] == x[p] : x[p] > x[q];
        });
        for (int64_t i = 0; i < k; i++) {
          out[0][r * k + i] = x[order[size_t(i)]];
          if (out[1]) out[1][r * k + i] = double(order[size_t(i)]);
        }
      }
    });
  });
}

}  // namespace

void register_arg(OpTable& t) {
  using Ma = vsi_nn_argmax_param;
  using Mi = vsi_nn_argmin_param;
  using To = vsi_nn_topk_param;
  t.add({VSI_NN_OP_ARGMAX, "ARGMAX", "argmax", {SIM_FIELD(Ma, axis)}, 1, 1, 1, 1, infer_arg, build_arg});
  t.add({VSI_NN_OP_ARGMIN, "ARGMIN", "argmin", {SIM_FIELD(Mi, axis)}, 1, 1, 1, 1, infer_arg, build_arg});
  t.add({VSI_NN_OP_TOPK, "TOPK", "topk", {SIM_FIELD(To, k)}, 1, 1, 1, 2, infer_topk, build_topk});
}

}  // namespace sim
