// Elementwise operators of two inputs with numpy-style broadcast; PRELU, ADDN and A_TIMES_B_PLUS_C too.
#include "ops/codes.h"

#include <algorithm>
#include <cmath>

#include "ops/broadcast.h"
#include "ops/register.h"

namespace sim {

namespace {

struct Add {
  template <class T> static T f(T a, T b) { return a + b; }
};
struct Subtract {
  template <class T> static T f(T a, T b) { return a - b; }
};
struct Multiply {
  template <class T> static T f(T a, T b) { return a * b; }
};
struct Divide {
  template <class T> static T f(T a, T b) { return a / b; }
};
struct Maximum {
  template <class T> static T f(T a, T b) { return a > b ? a : b; }
};
struct Minimum {
  template <class T> static T f(T a, T b) { return a < b ? a : b; }
};
struct Power {
  template <class T> static T f(T a, T b) { return std::pow(a, b); }
};
struct FloorDivide {
  template <class T> static T f(T a, T b) { return std::floor(a / b); }
};
struct Prelu {
  template <class T> static T f(T a, T b) { return a > 0 ? a : a * b; }
};

template <class Op, class T>
Kernel real_kernel(Setup& s, double scale) {
  const BroadcastPlan plan(s.in_shape(0), s.in_shape(1), s.out_shape());
  const T factor = T(scale);
  auto loop = [=](Pool& pool, const T* a, const T* b, T* out) {
    plan.run(pool, [&](int64_t ia, int64_t ib, int64_t io, int64_t n, int step_a, int step_b) {
      const T *x = a + ia, *y = b + ib;
      T* z = out + io;
      if (factor != T(1))
        for (int64_t i = 0; i < n; i++) z[i] = Op::f(x[i * step_a], y[i * step_b]) * factor;
      else if (step_a && step_b)
        for (int64_t i = 0; i < n; i++) z[i] = Op::f(x[i], y[i]);
      else if (step_a)
        for (int64_t i = 0; i < n; i++) z[i] = Op::f(x[i], *y);
      else
        for (int64_t i = 0; i < n; i++) z[i] = Op::f(*x, y[i]);
    });
  };
  if constexpr (std::is_same_v<T, float>) {
    return wrap_f32(s, [=](Pool& pool, const float* const* in, float* const* out) { loop(pool, in[0], in[1], out[0]); });
  } else {
    return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* out) { loop(pool, in[0], in[1], out[0]); });
  }
}

// Integers are exact in double, and so are products of half floats.
template <class Op>
Kernel generic(Setup& s, double scale = 1) {
  const bool single = is_float(s.in_num(0).type) && is_float(s.in_num(1).type) && is_float(s.out_num().type) &&
                      s.in_num(0).type != VSI_NN_TYPE_FLOAT64;
  return single ? real_kernel<Op, float>(s, scale) : real_kernel<Op, double>(s, scale);
}

template <class Op>
Kernel plain(Setup& s) {
  return generic<Op>(s);
}

template <int sign>
Kernel add(Setup& s) {
  if (has_codes(s)) return add_codes(s, sign);
  return sign > 0 ? generic<Add>(s) : generic<Subtract>(s);
}

// A scale of 0 is an unset field.
double scale_or_one(float scale) { return scale == 0 ? 1.0 : double(scale); }

Kernel multiply(Setup& s) {
  const double scale = scale_or_one(s.param().multiply.scale);
  return has_codes(s) ? multiply_codes(s, scale) : generic<Multiply>(s, scale);
}

Kernel divide(Setup& s) { return generic<Divide>(s, scale_or_one(s.param().divide.scale)); }

// A one-dimensional alpha lies along `axis` (or along the channels); otherwise shapes broadcast.
Shape alpha_shape(const Setup& s) {
  const Shape in = s.in_shape(0), alpha = s.in_shape(1);
  if (alpha.rank != 1 || alpha[0] == 1) return alpha;
  int axis = s.param().prelu.axis;
  if (s.since(1, 1, 20)) {
    if (alpha[0] == in[0] && in.rank < 3) return alpha;
    axis = std::min(2, in.rank - 1);
  } else {
    axis = s.axis(axis, in.rank);
  }
  Shape out;
  for (int i = 0; i < axis; i++) out.push(1);
  out.push(alpha[0]);
  return out;
}

void infer_prelu(Setup& s) {
  Shape out;
  if (!broadcast(s.in_shape(0), alpha_shape(s), out) || out.count() != s.in_shape(0).count())
    fail("alpha %s does not fit input %s", s.in_shape(1).text().c_str(), s.in_shape(0).text().c_str());
  infer_same(s);
}

Kernel prelu(Setup& s) {
  const BroadcastPlan plan(s.in_shape(0), alpha_shape(s), s.out_shape());
  return wrap_real(s, [=](Pool& pool, auto in, auto out) {
    plan.run(pool, [&](int64_t ia, int64_t ib, int64_t io, int64_t n, int step_a, int step_b) {
      for (int64_t i = 0; i < n; i++)
        out[0][io + i] = Prelu::f(in[0][ia + i * step_a], in[1][ib + i * step_b]);
    });
  });
}

void infer_all_inputs(Setup& s) {
  Shape out = s.in_shape(0), both;
  for (int i = 1; i < s.inputs(); i++) {
    if (!s.maybe_in(i)) continue;
    if (!broadcast(out, s.in_shape(i), both)) fail("input %d of shape %s does not broadcast", i, s.in_shape(i).text().c_str());
    out = both;
  }
  s.set_shape(0, out);
}

// out = in0 op in1 op in2 ... through an intermediate per step.
Kernel sum_of_inputs(Setup& s) {
  const Shape out = s.out_shape();
  std::vector<BroadcastPlan> plans;
  std::vector<int> index;
  for (int i = 0; i < s.inputs(); i++)
    if (s.maybe_in(i)) {
      plans.emplace_back(s.in_shape(i), out, out);
      index.push_back(i);
    }
  const int64_t total = out.count();
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* dst) {
    std::fill_n(dst[0], total, 0.0);
    for (size_t k = 0; k < plans.size(); k++)
      plans[k].run(pool, [&](int64_t ia, int64_t, int64_t io, int64_t n, int step, int) {
        const double* x = in[index[k]] + ia;
        for (int64_t i = 0; i < n; i++) dst[0][io + i] += x[i * step];
      });
  });
}

Kernel multiply_add(Setup& s) {
  const Shape out = s.out_shape();
  const BroadcastPlan ab(s.in_shape(0), s.in_shape(1), out), c(s.in_shape(2), out, out);
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* dst) {
    ab.run(pool, [&](int64_t ia, int64_t ib, int64_t io, int64_t n, int sa, int sb) {
      for (int64_t i = 0; i < n; i++) dst[0][io + i] = in[0][ia + i * sa] * in[1][ib + i * sb];
    });
    c.run(pool, [&](int64_t ia, int64_t, int64_t io, int64_t n, int sa, int) {
      for (int64_t i = 0; i < n; i++) dst[0][io + i] += in[2][ia + i * sa];
    });
  });
}

void multiply_defaults(vsi_nn_node_t* n) { n->nn_param.multiply.scale = 1; }
void divide_defaults(vsi_nn_node_t* n) { n->nn_param.divide.scale = 1; }

}  // namespace

void register_binary(OpTable& t) {
  using Mu = vsi_nn_multiply_param;
  using Di = vsi_nn_divide_param;
  using Pr = vsi_nn_prelu_param;
  const auto plain_op = [&](vsi_nn_op_t op, const char* name, Kernel (*build)(Setup&)) {
    t.add(in_place({op, name, "", {}, 2, 2, 1, 1, infer_broadcast, build}));
  };
  t.add(in_place({VSI_NN_OP_ADD, "ADD", "", {}, 2, 2, 1, 1, infer_broadcast, add<1>, nullptr, nullptr, is_residual}));
  t.add(in_place({VSI_NN_OP_SUBTRACT, "SUBTRACT", "", {}, 2, 2, 1, 1, infer_broadcast, add<-1>, nullptr, nullptr,
                  is_residual}));
  plain_op(VSI_NN_OP_MAXIMUM, "MAXIMUM", plain<Maximum>);
  plain_op(VSI_NN_OP_MINIMUM, "MINIMUM", plain<Minimum>);
  plain_op(VSI_NN_OP_POW, "POW", plain<Power>);
  plain_op(VSI_NN_OP_FLOORDIV, "FLOORDIV", plain<FloorDivide>);
  t.add(in_place({VSI_NN_OP_MULTIPLY, "MULTIPLY", "multiply", {SIM_FIELD(Mu, scale)}, 2, 2, 1, 1, infer_broadcast,
                  multiply, multiply_defaults}));
  t.add(in_place({VSI_NN_OP_DIVIDE, "DIVIDE", "divide", {SIM_FIELD(Di, scale)}, 2, 2, 1, 1, infer_broadcast, divide,
                  divide_defaults}));
  t.add(in_place({VSI_NN_OP_PRELU, "PRELU", "prelu", {SIM_FIELD(Pr, axis)}, 2, 2, 1, 1, infer_prelu, prelu}));
  t.add({VSI_NN_OP_ADDN, "ADDN", "", {}, 2, 16, 1, 1, infer_all_inputs, sum_of_inputs});
  t.add({VSI_NN_OP_A_TIMES_B_PLUS_C, "A_TIMES_B_PLUS_C", "", {}, 3, 3, 1, 1, infer_all_inputs, multiply_add});
}

}  // namespace sim
