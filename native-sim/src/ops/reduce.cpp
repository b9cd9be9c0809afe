// REDUCE over any set of axes, and MOMENTS.
#include "ops/reduce.h"

#include <algorithm>
#include <limits>

#include "ops/broadcast.h"
#include "ops/move.h"
#include "ops/register.h"

namespace sim {

AxisSet::AxisSet(const Setup& s, const Shape& in, const std::vector<int64_t>& axes) : shape(in) {
  for (const int64_t a : axes) mask |= 1u << s.axis(a, in.rank);
  const std::vector<int64_t> dense = dense_strides(in);
  for (int d = 0; d < in.rank; d++) {
    if (mask >> d & 1) {
      inner_size.push_back(in[d]);
      inner_stride.push_back(dense[size_t(d)]);
      reduced *= in[d];
    } else {
      outer_size.push_back(in[d]);
      outer_stride.push_back(dense[size_t(d)]);
    }
  }
  kept = in.count() / reduced;
}

Shape AxisSet::output(bool keep_dim) const {
  Shape out;
  for (int d = 0; d < shape.rank; d++) {
    if (!(mask >> d & 1)) out.push(shape[d]);
    else if (keep_dim) out.push(1);
  }
  if (out.rank == 0) out.push(1);
  return out;
}

int64_t AxisSet::walk(int64_t i, const std::vector<int64_t>& size, const std::vector<int64_t>& stride) {
  int64_t at = 0;
  for (size_t d = 0; d < size.size(); d++) {
    at += i % size[d] * stride[d];
    i /= size[d];
  }
  return at;
}

namespace {

AxisSet axes_of(const Setup& s) {
  const auto& p = s.param().reduce;
  if (p.axis_num < 1) fail("no axis is given");
  return AxisSet(s, s.in_shape(), s.list(p.axis, p.axis_num, "axis"));
}

void infer_reduce(Setup& s) {
  const int type = s.param().reduce.type;
  if (type < VSI_NN_REDUCE_MEAN || type > VSI_NN_REDUCE_PROD) fail("reduce type %d is not known", type);
  s.set_shape(0, axes_of(s).output(s.param().reduce.keep_dim != 0));
}

// Accumulates in double, so that the order of the elements hardly matters.
double reduce_one(int type, const double* x, const AxisSet& a) {
  double acc = 0;
  if (type == VSI_NN_REDUCE_MAX) acc = -std::numeric_limits<double>::infinity();
  if (type == VSI_NN_REDUCE_MIN) acc = std::numeric_limits<double>::infinity();
  if (type == VSI_NN_REDUCE_PROD || type == VSI_NN_REDUCE_ALL) acc = 1;
  a.each([&](int64_t at) {
    const double v = x[at];
    switch (type) {
      case VSI_NN_REDUCE_MAX: acc = std::max(acc, v); break;
      case VSI_NN_REDUCE_MIN: acc = std::min(acc, v); break;
      case VSI_NN_REDUCE_PROD: acc *= v; break;
      case VSI_NN_REDUCE_ALL: acc = acc != 0 && v != 0 ? 1 : 0; break;
      case VSI_NN_REDUCE_ANY: acc = acc != 0 || v != 0 ? 1 : 0; break;
      default: acc += v;
    }
  });
  return type == VSI_NN_REDUCE_MEAN ? acc / double(a.reduced) : acc;
}

Kernel build_reduce(Setup& s) {
  const AxisSet a = axes_of(s);
  const int type = s.param().reduce.type;
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* out) {
    pool.run(a.kept, a.reduced * 2, [&](int64_t b, int64_t e) {
      for (int64_t i = b; i < e; i++) out[0][i] = reduce_one(type, in[0] + a.base(i), a);
    });
  });
}

AxisSet moment_axes(const Setup& s) {
  const auto& p = s.param().moments;
  if (p.axis_num < 1) fail("no axis is given");
  return AxisSet(s, s.in_shape(), s.list(p.axis, p.axis_num, "axis"));
}

void infer_moments(Setup& s) {
  const Shape out = moment_axes(s).output(s.param().moments.keep_dim != 0);
  s.set_shape(0, out);
  s.set_shape(1, out);
}

Kernel build_moments(Setup& s) {
  const AxisSet a = moment_axes(s);
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* out) {
    pool.run(a.kept, a.reduced * 4, [&](int64_t b, int64_t e) {
      for (int64_t i = b; i < e; i++) {
        const double* x = in[0] + a.base(i);
        double sum = 0, squares = 0;
        a.each([&](int64_t at) { sum += x[at]; });
        const double mean = sum / double(a.reduced);
        a.each([&](int64_t at) { squares += (x[at] - mean) * (x[at] - mean); });
        out[0][i] = mean;
        if (out[1]) out[1][i] = squares / double(a.reduced);
      }
    });
  });
}

}  // namespace

void register_reduce(OpTable& t) {
  using Re = vsi_nn_reduce_param;
  using Mo = vsi_nn_moments_param;
  t.add({VSI_NN_OP_REDUCE, "REDUCE", "reduce",
         {SIM_FIELD(Re, type), SIM_POINTER(Re, axis, axis_num), SIM_FIELD(Re, axis_num), SIM_FIELD(Re, keep_dim)}, 1, 1,
         1, 1, infer_reduce, build_reduce});
  t.add({VSI_NN_OP_MOMENTS, "MOMENTS", "moments",
         {SIM_POINTER(Mo, axis, axis_num), SIM_FIELD(Mo, axis_num), SIM_FIELD(Mo, keep_dim)}, 1, 1, 1, 2, infer_moments,
         build_moments});
}

}  // namespace sim
