// SOFTMAX and LOG_SOFTMAX along one axis.
#include <algorithm>
#include <cmath>

#include "ops/register.h"

namespace sim {

namespace {

template <class R>
void one(const R* x, R* y, int64_t n, int64_t step, float beta, bool logarithm) {
  R peak = x[0];
  for (int64_t i = 1; i < n; i++) peak = std::max(peak, x[i * step]);
  double sum = 0;
  for (int64_t i = 0; i < n; i++) {
    const R shifted = (x[i * step] - peak) * beta, e = std::exp(shifted);
    y[i * step] = logarithm ? shifted : e;
    sum += e;
  }
  if (logarithm) {
    const R offset = R(std::log(sum));
    for (int64_t i = 0; i < n; i++) y[i * step] -= offset;
  } else {
    const R factor = R(1 / sum);
    for (int64_t i = 0; i < n; i++) y[i * step] *= factor;
  }
}

Kernel build_along(Setup& s, int axis, float beta, bool logarithm) {
  const Shape shape = s.in_shape();
  const int64_t n = shape[axis], inner = shape.range(0, axis), outer = shape.range(axis + 1, shape.rank);
  return wrap_real(s, [=](Pool& pool, auto in, auto out) {
    pool.run(inner * outer, n * 16, [&](int64_t b, int64_t e) {
      for (int64_t i = b; i < e; i++) {
        const int64_t at = i / inner * inner * n + i % inner;
        one(in[0] + at, out[0] + at, n, inner, beta, logarithm);
      }
    });
  });
}

int softmax_axis(const Setup& s) {
  const int rank = s.in_shape().rank;
  // Cases before 1.1.7 had no axis.
  return s.since(1, 1, 7) ? s.axis(s.param().softmax.axis, rank) : rank < 3 ? 0 : 2;
}

void infer_softmax(Setup& s) {
  softmax_axis(s);
  infer_same(s);
}

Kernel build_softmax(Setup& s) {
  const float beta = s.param().softmax.beta;
  return build_along(s, softmax_axis(s), beta == 0 ? 1 : beta, false);
}

void infer_log_softmax(Setup& s) {
  s.axis(s.param().log_softmax.axis, s.in_shape().rank);
  infer_same(s);
}

Kernel build_log_softmax(Setup& s) {
  const float beta = s.param().log_softmax.betaValue;
  return build_along(s, s.axis(s.param().log_softmax.axis, s.in_shape().rank), beta == 0 ? 1 : beta, true);
}

}  // namespace

void register_softmax(OpTable& t) {
  using So = vsi_nn_softmax_param;
  using Lo = vsi_nn_log_softmax_param;
  t.add({VSI_NN_OP_SOFTMAX, "SOFTMAX", "softmax", {SIM_FIELD(So, beta), SIM_FIELD(So, axis)}, 1, 1, 1, 1,
         infer_softmax, build_softmax});
  t.add({VSI_NN_OP_LOG_SOFTMAX, "LOG_SOFTMAX", "log_softmax", {SIM_FIELD(Lo, betaValue), SIM_FIELD(Lo, axis)}, 1, 1, 1,
         1, infer_log_softmax, build_log_softmax});
}

}  // namespace sim
