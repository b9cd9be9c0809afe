// GRU and GRUCELL, and GRU_OVXLIB and GRUCELL_OVXLIB, which have their inputs in another order.
#include <algorithm>

#include "ops/recurrent.h"
#include "ops/register.h"

namespace sim {

namespace {

// Where the weights and biases of the gates are among the inputs: update, reset, candidate.
enum Gate : int { kZ = 0, kR = 1, kH = 2, kGates = 3 };
struct Ports {
  int input[kGates], recurrent[kGates], input_bias[kGates], recurrent_bias[kGates];
};
constexpr Ports kPlain = {{2, 3, 4}, {5, 6, 7}, {8, 9, 10}, {11, 12, 13}};
constexpr Ports kOvxlib = {{3, 2, 10}, {5, 4, 11}, {7, 6, 12}, {9, 8, 13}};

struct Options {
  int64_t units;
  int candidate, gates;
  bool reset_after;
  // GRU stores everything in between as float16.
  Rounding inner;
};

// out = z * h + (1 - z) * candidate(x, reset * h)
class Cell {
 public:
  Cell(const Setup& s, const Ports& ports, const Options& o, int64_t width, int64_t batch)
      : ports_(ports), o_(o), width_(width), batch_(batch) {
    if (o.units < 1 || o.units > (1 << 20)) fail("num_units is %lld", static_cast<long long>(o.units));
    need_activation(o.candidate, "activation");
    need_activation(o.gates, "recurrent_activation");
    for (int g = 0; g < kGates; g++) {
      need_elements(s, ports.input[g], width * o.units);
      need_elements(s, ports.recurrent[g], o.units * o.units);
      need_elements(s, ports.input_bias[g], o.units, true);
      need_elements(s, ports.recurrent_bias[g], o.units, true);
    }
    need_elements(s, 1, o.units * batch, true);
    hidden_ = Rounding(Numeric((s.maybe_out(1) ? s.maybe_out(1) : s.out(0))->attr.dtype));
    output_ = Rounding(Numeric(s.out(0)->attr.dtype));
  }

  int64_t units() const { return o_.units; }

  std::vector<double> start(const double* const* in) const {
    const size_t n = size_t(o_.units * batch_);
    return in[1] ? std::vector<double>(in[1], in[1] + n) : std::vector<double>(n, 0.0);
  }

  // Advances the hidden state by rows of x and gives the output of this step.
  std::vector<double> step(Pool& pool, const double* const* in, const double* x, int64_t stride,
                           std::vector<double>& hidden) const {
    const std::vector<double> z = gate(pool, in, kZ, x, stride, hidden), r = gate(pool, in, kR, x, stride, hidden);
    std::vector<double> candidate = product(pool, in, ports_.input, ports_.input_bias, kH, x, stride, width_);
    add(candidate, reset(pool, in, r, hidden));
    o_.inner.apply(candidate);
    activate(o_.candidate, candidate);
    o_.inner.apply(candidate);
    std::vector<double> out = hidden;
    for (size_t i = 0; i < out.size(); i++) out[i] -= candidate[i];
    o_.inner.apply(out);
    for (size_t i = 0; i < out.size(); i++) out[i] *= z[i];
    o_.inner.apply(out);
    add(out, candidate);
    hidden = out;
    output_.apply(hidden);
    hidden_.apply(hidden);
    return out;
  }

 private:
  static void add(std::vector<double>& to, const std::vector<double>& values) {
    for (size_t i = 0; i < to.size(); i++) to[i] += values[i];
  }

  std::vector<double> product(Pool& pool, const double* const* in, const int* weights, const int* biases, int g,
                              const double* x, int64_t stride, int64_t n) const {
    std::vector<double> y = dense(pool, in[weights[g]], in[biases[g]], n, o_.units, x, stride, batch_);
    o_.inner.apply(y);
    return y;
  }

  std::vector<double> recurrent(Pool& pool, const double* const* in, int g, const std::vector<double>& hidden) const {
    return product(pool, in, ports_.recurrent, ports_.recurrent_bias, g, hidden.data(), o_.units, o_.units);
  }

  std::vector<double> gate(Pool& pool, const double* const* in, int g, const double* x, int64_t stride,
                           const std::vector<double>& hidden) const {
    std::vector<double> sum = product(pool, in, ports_.input, ports_.input_bias, g, x, stride, width_);
    add(sum, recurrent(pool, in, g, hidden));
    o_.inner.apply(sum);
    activate(o_.gates, sum);
    o_.inner.apply(sum);
    return sum;
  }

  // What is left of the hidden state, multiplied with its weights.
  std::vector<double> reset(Pool& pool, const double* const* in, const std::vector<double>& r,
                            const std::vector<double>& hidden) const {
    std::vector<double> left = o_.reset_after ? recurrent(pool, in, kH, hidden) : hidden;
    for (size_t i = 0; i < left.size(); i++) left[i] *= r[i];
    o_.inner.apply(left);
    return o_.reset_after ? left : recurrent(pool, in, kH, left);
  }

  Ports ports_;
  Options o_;
  int64_t width_, batch_;
  Rounding hidden_, output_;
};

template <class P>
Options plain_options(const P& p) {
  return {p.num_units, p.activation, p.recurrent_activation, p.reset_after != 0, Rounding::float16()};
}

template <class P>
Options ovxlib_options(const Setup& s, const P& p) {
  if (p.use_cudnn_implementation) fail("use_cudnn_implementation is not supported");
  return {s.in_shape(kOvxlib.input[kR])[1], p.activation, p.recurrent_activation, p.linear_before_reset != 0, Rounding()};
}

bool is_ovxlib(const Setup& s) {
  return s.node().op == VSI_NN_OP_GRU_OVXLIB || s.node().op == VSI_NN_OP_GRUCELL_OVXLIB;
}

Options options_of(const Setup& s) {
  switch (s.node().op) {
    case VSI_NN_OP_GRU: return plain_options(s.param().gru);
    case VSI_NN_OP_GRUCELL: return plain_options(s.param().grucell);
    case VSI_NN_OP_GRU_OVXLIB: return ovxlib_options(s, s.param().gru_ovxlib);
    default:
      for (int i = 14; i < 17; i++)
        if (s.maybe_in(i)) fail("input %d: conditions are not supported", i);
      return ovxlib_options(s, s.param().grucell_ovxlib);
  }
}

Cell cell_of(const Setup& s, int64_t width, int64_t batch) {
  return Cell(s, is_ovxlib(s) ? kOvxlib : kPlain, options_of(s), width, batch);
}

// --- sequences ---

struct Spec {
  Sequence sequence;
  bool all;
};

Spec spec_of(const Setup& s) {
  s.need_rank(0, 3, 3);
  const auto spec = [&](const auto& p) { return Spec{Sequence(s.in_shape(0), p.time_major != 0), p.return_sequences != 0}; };
  return is_ovxlib(s) ? spec(s.param().gru_ovxlib) : spec(s.param().gru);
}

void infer_gru(Setup& s) {
  const auto [q, all] = spec_of(s);
  const int64_t units = cell_of(s, q.width, q.batch).units();
  s.set_shape(0, q.output(units, all));
  s.set_shape(1, Shape{units, q.batch});
}

Kernel build_gru(Setup& s) {
  const Spec spec = spec_of(s);
  const Cell cell = cell_of(s, spec.sequence.width, spec.sequence.batch);
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* out) {
    const Sequence& q = spec.sequence;
    const int64_t n = cell.units();
    std::vector<double> hidden = cell.start(in);
    for (int64_t t = 0; t < q.steps; t++) {
      const std::vector<double> y = cell.step(pool, in, in[0] + q.start(t, q.width), q.stride(q.width), hidden);
      if (spec.all) put_rows(y, n, q.stride(n), out[0] + q.start(t, n));
      else if (t == q.steps - 1) put_rows(y, n, n, out[0]);
    }
    if (out[1]) std::copy(hidden.begin(), hidden.end(), out[1]);
  });
}

// --- single steps ---

void infer_cell(Setup& s) {
  s.need_rank(0, 2, 2);
  const int64_t batch = s.in_shape(0)[1], units = cell_of(s, s.in_shape(0)[0], batch).units();
  s.set_shape(0, Shape{units, batch});
  s.set_shape(1, Shape{units, batch});
}

Kernel build_cell(Setup& s) {
  const int64_t width = s.in_shape(0)[0];
  const Cell cell = cell_of(s, width, s.in_shape(0)[1]);
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* out) {
    std::vector<double> hidden = cell.start(in);
    put_rows(cell.step(pool, in, in[0], width, hidden), cell.units(), cell.units(), out[0]);
    if (out[1]) std::copy(hidden.begin(), hidden.end(), out[1]);
  });
}

template <class P>
void activation_defaults(P& p) {
  p.activation = VSI_NN_ACT_TANH;
  p.recurrent_activation = VSI_NN_ACT_SIGMOID;
}

void ovxlib_defaults(vsi_nn_node_t* n) {
  activation_defaults(n->nn_param.gru_ovxlib);
  n->nn_param.gru_ovxlib.time_major = n->nn_param.gru_ovxlib.return_sequences = 1;
}

void ovxlib_cell_defaults(vsi_nn_node_t* n) { activation_defaults(n->nn_param.grucell_ovxlib); }

}  // namespace

void register_gru(OpTable& t) {
  using G = vsi_nn_gru_param;
  using C = vsi_nn_grucell_param;
  using O = vsi_nn_gru_ovxlib_param;
  using Oc = vsi_nn_grucell_ovxlib_param;
  t.add({VSI_NN_OP_GRU, "GRU", "gru",
         {SIM_FIELD(G, num_units), SIM_FIELD(G, activation), SIM_FIELD(G, recurrent_activation),
          SIM_FIELD(G, reset_after), SIM_FIELD(G, return_sequences), SIM_FIELD(G, time_major)},
         1, 14, 1, 2, infer_gru, build_gru});
  t.add({VSI_NN_OP_GRUCELL, "GRUCELL", "grucell",
         {SIM_FIELD(C, num_units), SIM_FIELD(C, activation), SIM_FIELD(C, recurrent_activation),
          SIM_FIELD(C, reset_after)},
         1, 14, 1, 2, infer_cell, build_cell});
  t.add({VSI_NN_OP_GRU_OVXLIB, "GRU_OVXLIB", "gru_ovxlib",
         {SIM_FIELD(O, num_units), SIM_FIELD(O, time_major), SIM_FIELD(O, activation),
          SIM_FIELD(O, recurrent_activation), SIM_FIELD(O, return_sequences), SIM_FIELD(O, linear_before_reset),
          SIM_FIELD(O, use_cudnn_implementation), SIM_FIELD(O, cudnn_implementation_version)},
         1, 14, 1, 2, infer_gru, build_gru, ovxlib_defaults});
  t.add({VSI_NN_OP_GRUCELL_OVXLIB, "GRUCELL_OVXLIB", "grucell_ovxlib",
         {SIM_FIELD(Oc, num_units), SIM_FIELD(Oc, activation), SIM_FIELD(Oc, recurrent_activation),
          SIM_FIELD(Oc, linear_before_reset), SIM_FIELD(Oc, use_cudnn_implementation),
          SIM_FIELD(Oc, cudnn_implementation_version)},
         1, 17, 1, 2, infer_cell, build_cell, ovxlib_cell_defaults});
}

}  // namespace sim
