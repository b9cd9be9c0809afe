#include "ops/recurrent.h"

#include <algorithm>
#include <cmath>

namespace sim {

Rounding Rounding::float16() {
  Numeric half;
  half.type = VSI_NN_TYPE_FLOAT16;
  return Rounding(half);
}

void Rounding::apply(std::vector<double>& values) const {
  if (!on_) return;
  std::vector<uint8_t> stored(values.size() * num_.bytes());
  store_f64(num_, values.data(), int64_t(values.size()), stored.data());
  load_f64(num_, stored.data(), int64_t(values.size()), values.data());
}

vsi_nn_dtype_t* unread_types() {
  static vsi_nn_dtype_t types[32];
  return types;
}

void need_activation(int type, const char* name) {
  switch (type) {
    case VSI_NN_ACT_NONE: case VSI_NN_ACT_RELU: case VSI_NN_ACT_RELU6: case VSI_NN_ACT_TANH: case VSI_NN_ACT_SIGMOID:
    case VSI_NN_ACT_HARD_SIGMOID: return;
    default: fail("%s %d is not known", name, type);
  }
}

double activated(int type, double x) {
  switch (type) {
    case VSI_NN_ACT_RELU: return std::max(x, 0.0);
    case VSI_NN_ACT_RELU6: return std::min(std::max(x, 0.0), 6.0);
    case VSI_NN_ACT_TANH: return std::tanh(x);
    case VSI_NN_ACT_SIGMOID: return 1 / (1 + std::exp(-x));
    case VSI_NN_ACT_HARD_SIGMOID: return std::min(std::max(0.2 * x + 0.5, 0.0), 1.0);
    default: return x;
  }
}

void activate(int type, std::vector<double>& values) {
  for (double& v : values) v = activated(type, v);
}

void need_elements(const Setup& s, int i, int64_t count, bool optional) {
  if (!s.maybe_in(i) && optional) return;
  const Shape shape = shape_of(s.in(i)->attr);
  if (shape.count() != count)
    fail("input %d has shape %s, expected %lld elements", i, shape.text().c_str(), static_cast<long long>(count));
}

std::vector<double> dense(Pool& pool, const double* w, const double* bias, int64_t inputs, int64_t outputs,
                          const double* x, int64_t stride, int64_t batch) {
  std::vector<double> y(static_cast<size_t>(batch * outputs));
  pool.run(batch * outputs, inputs, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; i++) {
      const double *row = x + i / outputs * stride, *weights = w + i % outputs * inputs;
      double sum[4] = {};
      int64_t k = 0;
      for (; k + 4 <= inputs; k += 4)
        for (int64_t j = 0; j < 4; j++) sum[j] += row[k + j] * weights[k + j];
      for (; k < inputs; k++) sum[0] += row[k] * weights[k];
      y[size_t(i)] = (sum[0] + sum[1]) + (sum[2] + sum[3]) + (bias ? bias[i % outputs] : 0);
    }
  });
  return y;
}

Sequence::Sequence(const Shape& in, bool time_first)
    : width(in[0]), batch(in[time_first ? 1 : 2]), steps(in[time_first ? 2 : 1]), time_major(time_first) {}

Shape Sequence::output(int64_t n, bool all) const {
  if (!all) return Shape{n, batch};
  return time_major ? Shape{n, batch, steps} : Shape{n, steps, batch};
}

void put_rows(const std::vector<double>& rows, int64_t n, int64_t stride, double* out) {
  for (int64_t at = 0; at < int64_t(rows.size()); at += n) std::copy_n(rows.data() + at, n, out + at / n * stride);
}

}  // namespace sim
