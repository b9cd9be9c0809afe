// Elementwise operators of one input: activations, arithmetic, copies that change the type.
#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/register.h"
#include "ops/table.h"

namespace sim {

namespace {

// Parameters of an activation; most use none.
struct Args {
  double a = 0, b = 0;
};

// The functions are written over T: float for float tensors, double for integer ones.
#define SIM_UNARY(name, expression)                   \
  struct name {                                       \
    template <class T>                                \
    static T f(T x, const Args& p) {                  \
      (void)p;                                        \
      return expression;                              \
    }                                                 \
  };

template <class T>
T softplus(T x) {
  return std::max(x, T(0)) + std::log1p(std::exp(-std::abs(x)));
}

template <class T>
T sigmoid(T x) {
  return T(1) / (T(1) + std::exp(-x));
}

template <class T>
T clamp(T x, T lo, T hi) {
  return x < lo ? lo : x > hi ? hi : x;
}

SIM_UNARY(Relu, x < 0 ? T(0) : x)
SIM_UNARY(Clip, clamp(x, T(p.a), T(p.b)))
SIM_UNARY(LeakyRelu, x > 0 ? x : x * T(p.a))
SIM_UNARY(Sigmoid, sigmoid(x))
SIM_UNARY(HardSigmoid, clamp(T(0.2) * x + T(0.5), T(0), T(1)))
SIM_UNARY(Tanh, T(p.a) * std::tanh(T(p.b) * x))
SIM_UNARY(Swish, x * sigmoid(T(p.a) * x))
SIM_UNARY(HardSwish, x * clamp(x + T(3), T(0), T(6)) / T(6))
SIM_UNARY(Elu, x > 0 ? x : T(p.a) * std::expm1(x))
SIM_UNARY(SoftRelu, softplus(x))
SIM_UNARY(Mish, x * std::tanh(softplus(x)))
SIM_UNARY(GeluErf, T(0.5) * x * (T(1) + std::erf(x * T(0.7071067811865476))))
SIM_UNARY(GeluTanh, T(0.5) * x * (T(1) + std::tanh(T(0.7978845608028654) * (x + T(0.044715) * x * x * x))))
SIM_UNARY(Exp, std::exp(x))
SIM_UNARY(Log, std::log(x))
SIM_UNARY(Sqrt, std::sqrt(x))
SIM_UNARY(Rsqrt, T(1) / std::sqrt(x))
SIM_UNARY(Square, x * x)
SIM_UNARY(Abs, std::abs(x))
SIM_UNARY(Neg, -x)
SIM_UNARY(Floor, std::floor(x))
SIM_UNARY(Ceil, std::ceil(x))
SIM_UNARY(Round, std::nearbyint(x))
SIM_UNARY(Sin, std::sin(x))
SIM_UNARY(Erf, std::erf(x))
SIM_UNARY(Linear, x * T(p.a) + T(p.b))
#undef SIM_UNARY

struct ReluKeras {
  template <class T>
  static T f(T x, const Args& p, T threshold) {
    return x < threshold ? T(p.a) * (x - threshold) : std::min(x, T(p.b));
  }
};

// Smaller 16-bit tensors are computed element by element, with the same results.
constexpr int64_t kWorthTable = 4096;

// `function` is written over float and double.
template <class F>
Kernel elementwise(Setup& s, F function) {
  const Numeric a = s.in_num();
  const int64_t n = s.in_shape().count();
  if (a.type == VSI_NN_TYPE_UINT8) return table_kernel<uint8_t>(s, function);
  if (a.type == VSI_NN_TYPE_INT8) return table_kernel<int8_t>(s, function);
  if (a.type == VSI_NN_TYPE_UINT16 && n >= kWorthTable) return table_kernel<uint16_t>(s, function);
  if (a.type == VSI_NN_TYPE_INT16 && n >= kWorthTable) return table_kernel<int16_t>(s, function);
  return wrap_real(s, [=](Pool& pool, auto in, auto out) {
    constexpr int64_t kBlock = 2048;
    pool.run((n + kBlock - 1) / kBlock, kBlock * 4, [&](int64_t first, int64_t last) {
      const auto* x = in[0];
      auto* y = out[0];
      const int64_t end = std::min(n, last * kBlock);
      for (int64_t i = first * kBlock; i < end; i++) y[i] = function(x[i]);
    });
  });
}

template <class Op>
Kernel apply(Setup& s, Args p = {}) {
  return elementwise(s, [p](auto x) { return Op::f(x, p); });
}

template <class Op>
Kernel plain(Setup& s) {
  return apply<Op>(s);
}

Kernel relu1(Setup& s) { return apply<Clip>(s, {-1, 1}); }
Kernel relu6(Setup& s) { return apply<Clip>(s, {0, 6}); }
Kernel relun(Setup& s) { return apply<Clip>(s, {s.param().relun.relu_clamp_bottom, s.param().relun.relu_clamp_top}); }
Kernel clip(Setup& s) { return apply<Clip>(s, {s.param().clip.min, s.param().clip.max}); }
// 65536 results do not stay in the nearest cache; computing them again gives the same, because dividing by a power of
// two is exact.
Kernel leaky_words(Setup& s) {
  const Numeric a = s.in_num(), b = s.out_num();
  const double slope = s.param().activation.leaky_ratio;
  const LeakyCodes how{a.scale / b.scale, slope, b.lo - b.zero, b.hi - b.zero, a.zero, b.zero};
  const Isa& isa = s.isa();
  vsi_nn_tensor_t *in = s.in(0), *out = s.out();
  const int64_t n = s.in_shape().count();
  return [=, &isa](Pool& pool) {
    constexpr int64_t kBlock = 4096;
    pool.run((n + kBlock - 1) / kBlock, kBlock / 2, [&](int64_t first, int64_t last) {
      const int64_t at = first * kBlock, count = std::min(n, last * kBlock) - at;
      isa.s16_leaky(how, reinterpret_cast<const int16_t*>(in->t->data) + at,
                    reinterpret_cast<int16_t*>(out->t->data) + at, count);
    });
  };
}

Kernel leaky(Setup& s) {
  const Numeric a = s.in_num(), b = s.out_num();
  int exponent;
  const bool words = a.is_code() && b.is_code() && a.type == VSI_NN_TYPE_INT16 && b.type == VSI_NN_TYPE_INT16;
  if (words && std::frexp(b.scale, &exponent) == 0.5) return leaky_words(s);
  return apply<LeakyRelu>(s, {s.param().activation.leaky_ratio, 0});
}
Kernel tanh_op(Setup& s) { return apply<Tanh>(s, {s.param().tanh.scale_a, s.param().tanh.scale_b}); }
Kernel linear(Setup& s) { return apply<Linear>(s, {s.param().linear.a, s.param().linear.b}); }

Kernel elu(Setup& s) {
  // Cases before 1.1.29 had no alpha.
  return apply<Elu>(s, {s.since(1, 1, 29) ? s.param().elu.alpha : 1.0, 0});
}

Kernel swish(Setup& s) {
  return s.param().swish.type == VSI_NN_HSWISH ? apply<HardSwish>(s) : apply<Swish>(s, {s.param().swish.beta, 0});
}

Kernel gelu(Setup& s) { return s.param().gelu.approximate ? apply<GeluTanh>(s) : apply<GeluErf>(s); }

Kernel relu_keras(Setup& s) {
  const auto& q = s.param().relu_keras;
  const Args p{q.alpha, q.max_value};
  const float threshold = q.threshold;
  return elementwise(s, [=](auto x) { return ReluKeras::f(x, p, decltype(x)(threshold)); });
}

void infer_relun(Setup& s) {
  const auto& p = s.param().relun;
  const bool known = (p.relu_clamp_top == 6 && p.relu_clamp_bottom == 0) ||
                     (p.relu_clamp_top == 1 && p.relu_clamp_bottom == -1);
  if (!known) fail("relun knows only 0..6 and -1..1, not %g..%g; use CLIP", p.relu_clamp_bottom, p.relu_clamp_top);
  infer_same(s);
}

void infer_clip(Setup& s) {
  if (!(s.param().clip.min <= s.param().clip.max)) fail("min %g is above max %g", s.param().clip.min, s.param().clip.max);
  infer_same(s);
}

constexpr float kInfinity = std::numeric_limits<float>::infinity();

template <int lo, int hi>
bool clamps(const vsi_nn_node_t*, Activation& a) {
  a.lo = lo;
  a.hi = hi;
  return true;
}

bool relu_clamps(const vsi_nn_node_t*, Activation& a) {
  a.lo = 0;
  return true;
}

bool relun_clamps(const vsi_nn_node_t* n, Activation& a) {
  a.lo = n->nn_param.relun.relu_clamp_bottom;
  a.hi = n->nn_param.relun.relu_clamp_top;
  return true;
}

bool clip_clamps(const vsi_nn_node_t* n, Activation& a) {
  a.lo = n->nn_param.clip.min;
  a.hi = n->nn_param.clip.max;
  return true;
}

bool leaky_slopes(const vsi_nn_node_t* n, Activation& a) {
  a.slope = n->nn_param.activation.leaky_ratio;
  return true;
}

void swish_defaults(vsi_nn_node_t* n) { n->nn_param.swish.beta = 1; }
void tanh_defaults(vsi_nn_node_t* n) { n->nn_param.tanh.scale_a = n->nn_param.tanh.scale_b = 1; }

}  // namespace

void register_unary(OpTable& t) {
  struct Plain {
    vsi_nn_op_t op;
    const char* name;
    Kernel (*build)(Setup&);
    bool (*activation)(const vsi_nn_node_t*, Activation&) = nullptr;
  };
  const Plain without_parameters[] = {
      {VSI_NN_OP_RELU, "RELU", plain<Relu>, relu_clamps},       {VSI_NN_OP_RELU1, "RELU1", relu1, clamps<-1, 1>},
      {VSI_NN_OP_RELU6, "RELU6", relu6, clamps<0, 6>},           {VSI_NN_OP_SIGMOID, "SIGMOID", plain<Sigmoid>},
      {VSI_NN_OP_SOFTRELU, "SOFTRELU", plain<SoftRelu>}, {VSI_NN_OP_MISH, "MISH", plain<Mish>},
      {VSI_NN_OP_HARD_SIGMOID, "HARD_SIGMOID", plain<HardSigmoid>},
      {VSI_NN_OP_EXP, "EXP", plain<Exp>},          {VSI_NN_OP_LOG, "LOG", plain<Log>},
      {VSI_NN_OP_SQRT, "SQRT", plain<Sqrt>},       {VSI_NN_OP_RSQRT, "RSQRT", plain<Rsqrt>},
      {VSI_NN_OP_SQUARE, "SQUARE", plain<Square>}, {VSI_NN_OP_ABS, "ABS", plain<Abs>},
      {VSI_NN_OP_NEG, "NEG", plain<Neg>},          {VSI_NN_OP_FLOOR, "FLOOR", plain<Floor>},
      {VSI_NN_OP_CEIL, "CEIL", plain<Ceil>},       {VSI_NN_OP_ROUND, "ROUND", plain<Round>},
      {VSI_NN_OP_SIN, "SIN", plain<Sin>},          {VSI_NN_OP_ERF, "ERF", plain<Erf>}};
  for (const Plain& p : without_parameters)
    t.add(in_place({p.op, p.name, "", {}, 1, 1, 1, 1, infer_same, p.build, nullptr, p.activation}));
  using Re = vsi_nn_relun_param;
  using Cl = vsi_nn_clip_param;
  using Ac = vsi_nn_activation_param;
  using Ta = vsi_nn_tanh_param;
  using Sw = vsi_nn_swish_param;
  using El = vsi_nn_elu_param;
  using Ge = vsi_nn_gelu_param;
  using Ke = vsi_nn_relu_keras_param;
  using Li = vsi_nn_linear_param;
  t.add(in_place({VSI_NN_OP_RELUN, "RELUN", "relun", {SIM_FIELD(Re, relu_clamp_top), SIM_FIELD(Re, relu_clamp_bottom)},
                  1, 1, 1, 1, infer_relun, relun, nullptr, relun_clamps}));
  t.add(in_place({VSI_NN_OP_CLIP, "CLIP", "clip", {SIM_FIELD(Cl, min), SIM_FIELD(Cl, max)}, 1, 1, 1, 1, infer_clip,
                  clip, nullptr, clip_clamps}));
  t.add(in_place({VSI_NN_OP_LEAKY_RELU, "LEAKY_RELU", "activation", {SIM_FIELD(Ac, leaky_ratio)}, 1, 1, 1, 1,
                  infer_same, leaky, nullptr, leaky_slopes}));
  t.add(in_place({VSI_NN_OP_TANH, "TANH", "tanh", {SIM_FIELD(Ta, scale_a), SIM_FIELD(Ta, scale_b)}, 1, 1, 1, 1,
                  infer_same, tanh_op, tanh_defaults}));
  t.add(in_place({VSI_NN_OP_SWISH, "SWISH", "swish", {SIM_FIELD(Sw, beta), SIM_FIELD(Sw, type)}, 1, 1, 1, 1, infer_same,
                  swish, swish_defaults}));
  t.add(in_place({VSI_NN_OP_ELU, "ELU", "elu", {SIM_FIELD(El, alpha)}, 1, 1, 1, 1, infer_same, elu}));
  t.add(in_place({VSI_NN_OP_GELU, "GELU", "gelu", {SIM_FIELD(Ge, approximate)}, 1, 1, 1, 1, infer_same, gelu}));
  t.add(in_place({VSI_NN_OP_RELU_KERAS, "RELU_KERAS", "relu_keras",
                  {SIM_FIELD(Ke, alpha), SIM_FIELD(Ke, max_value), SIM_FIELD(Ke, threshold)}, 1, 1, 1, 1, infer_same,
                  relu_keras}));
  t.add(in_place({VSI_NN_OP_LINEAR, "LINEAR", "linear", {SIM_FIELD(Li, a), SIM_FIELD(Li, b)}, 1, 1, 1, 1, infer_same,
                  linear}));
}

}  // namespace sim
