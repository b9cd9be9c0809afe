// LSTM_OVXLIB and LSTMUNIT_OVXLIB: one cell over a sequence, and one step of it.
#include <algorithm>
#include <cmath>

#include "ops/recurrent.h"
#include "ops/register.h"

namespace sim {

namespace {

// Inputs. There are four of each family of the gates: input, forget, cell, output; peepholes lack the cell.
enum Port : int {
  kInput = 0,
  kHidden = 1,
  kCell = 2,
  kWeight = 3,
  kRecurrent = 7,
  kPeephole = 11,
  kBias = 14,
  kProjection = 18,
  kProjectionBias = 19,
  kNorm = 20,
  kAux = 24,
  kAuxWeight = 25,
  kPortCount = 29
};
enum Gate : int { kI = 0, kF = 1, kC = 2, kO = 3, kGates = 4 };

struct Options {
  double forget_bias, cell_clip;
  int gates;
};

// The state between two steps, rows of one batch element each.
struct State {
  std::vector<double> hidden, cell;
};

class Cell {
 public:
  Cell(Setup& s, const Options& options, const vsi_nn_dtype_t* inner, int64_t width, int64_t batch)
      : options_(options), width_(width), batch_(batch), units_(s.in_shape(kWeight + kF)[1]),
        aux_(s.maybe_in(kAux) ? s.in_shape(kAux)[0] : 0), coupled_(!s.maybe_in(kWeight + kI)),
        normalised_(s.maybe_in(kNorm + kF) != nullptr), projected_(s.maybe_in(kProjection) != nullptr),
        peepholes_(s.maybe_in(kPeephole + 2) != nullptr) {
    outputs_ = projected_ ? s.in_shape(kProjection)[1] : units_;
    const vsi_nn_tensor_t* bias = s.maybe_in(kBias + kF);
    // A bias of another kind than the weights is added after their product was stored.
    late_bias_ = normalised_ || (bias && bias->attr.dtype.qnt_type != s.in(kWeight + kF)->attr.dtype.qnt_type);
    for (int g = 0; g < kGates; g++) {
      input_sum_[g] = Rounding(inner[g]);
      recurrent_sum_[g] = Rounding(inner[kGates + g]);
    }
    const vsi_nn_tensor_t *hidden = s.maybe_out(1), *cell = s.maybe_out(2);
    hidden_ = Rounding(Numeric((hidden ? hidden : s.out(0))->attr.dtype));
    cell_ = cell ? Rounding(Numeric(cell->attr.dtype)) : Rounding::float16();
    before_projection_ = projection_input(s);
    check(s);
  }

  int64_t units() const { return units_; }
  int64_t outputs() const { return outputs_; }

  State start(const double* const* in) const {
    const auto copy = [](const double* from, int64_t n) {
      return from ? std::vector<double>(from, from + n) : std::vector<double>(size_t(n), 0.0);
    };
    return {copy(in[kHidden], outputs_ * batch_), copy(in[kCell], units_ * batch_)};
  }

  // Advances the state by rows of x and gives the output of this step.
  std::vector<double> step(Pool& pool, const double* const* in, const double* x, int64_t stride, State& state) const {
    std::vector<double> gate[kGates];
    for (int g = coupled_ ? kF : kI; g < kGates; g++) gate[g] = gate_sum(pool, in, g, x, stride, state);
    std::vector<double> out(gate[kF].size());
    for (size_t i = 0; i < out.size(); i++) {
      const double f = activated(options_.gates, gate[kF][i] + options_.forget_bias);
      const double input = coupled_ ? 1 - f : activated(options_.gates, gate[kI][i]);
      double c = f * state.cell[i] + input * std::tanh(gate[kC][i]);
      if (options_.cell_clip > 0) c = std::min(std::max(c, -options_.cell_clip), options_.cell_clip);
      state.cell[i] = c;
      out[i] = activated(options_.gates, gate[kO][i]) * std::tanh(c);
    }
    cell_.apply(state.cell);
    if (projected_) {
      before_projection_.apply(out);
      out = dense(pool, in[kProjection], in[kProjectionBias], units_, outputs_, out.data(), units_, batch_);
      hidden_.apply(out);
    }
    state.hidden = out;
    hidden_.apply(state.hidden);
    return out;
  }

 private:
  void check(const Setup& s) const {
    for (int g = coupled_ ? kF : kI; g < kGates; g++) {
      need_elements(s, kWeight + g, width_ * units_);
      need_elements(s, kRecurrent + g, outputs_ * units_);
      need_elements(s, kBias + g, units_, !normalised_);
      if (normalised_) need_elements(s, kNorm + g, units_);
      if (aux_) need_elements(s, kAuxWeight + g, aux_ * units_);
      if (peepholes_ && g != kC) need_elements(s, peephole(g), units_);
    }
    if (aux_) need_elements(s, kAux, aux_ * batch_);
    need_elements(s, kHidden, outputs_ * batch_, true);
    need_elements(s, kCell, units_ * batch_, true);
    if (projected_) need_elements(s, kProjection, units_ * outputs_);
    need_elements(s, kProjectionBias, outputs_, true);
  }

  static int peephole(int g) { return kPeephole + (g == kO ? 2 : g); }

  // A matrix unit for codes makes the projection of more than one row, from codes of -1 to 1.
  Rounding projection_input(const Setup& s) const {
    if (!projected_ || batch_ == 1 || s.in_num(kProjection).type != VSI_NN_TYPE_UINT8) return Rounding::float16();
    vsi_nn_dtype_t dtype{};
    dtype.vx_type = VSI_NN_TYPE_UINT8;
    dtype.qnt_type = VSI_NN_QNT_TYPE_AFFINE_ASYMMETRIC;
    dtype.scale = 0.007866097716834601f;
    dtype.zero_point = 128;
    return Rounding(dtype);
  }

  std::vector<double> gate_sum(Pool& pool, const double* const* in, int g, const double* x, int64_t stride,
                               const State& state) const {
    const double* bias = late_bias_ ? nullptr : in[kBias + g];
    std::vector<double> sum = dense(pool, in[kWeight + g], bias, width_, units_, x, stride, batch_);
    input_sum_[g].apply(sum);
    if (aux_) {
      add(sum, dense(pool, in[kAuxWeight + g], nullptr, aux_, units_, in[kAux], aux_, batch_));
      input_sum_[kI].apply(sum);
    }
    if (peepholes_ && g != kC) add_peephole(sum, in[peephole(g)], state, g);
    std::vector<double> recurrent =
        dense(pool, in[kRecurrent + g], nullptr, outputs_, units_, state.hidden.data(), outputs_, batch_);
    recurrent_sum_[g].apply(recurrent);
    add(sum, recurrent);
    if (normalised_) normalise(sum, in[kNorm + g]);
    if (late_bias_ && in[kBias + g])
      for (size_t i = 0; i < sum.size(); i++) sum[i] += in[kBias + g][int64_t(i) % units_];
    return sum;
  }

  static void add(std::vector<double>& to, const std::vector<double>& values) {
    for (size_t i = 0; i < to.size(); i++) to[i] += values[i];
  }

  void add_peephole(std::vector<double>& sum, const double* weight, const State& state, int g) const {
    std::vector<double> seen = state.cell;
    for (size_t i = 0; i < seen.size(); i++) seen[i] *= weight[int64_t(i) % units_];
    input_sum_[g].apply(seen);
    add(sum, seen);
    input_sum_[g].apply(sum);
  }

  // Every row to mean 0 and variance 1, as float16, times a weight.
  void normalise(std::vector<double>& rows, const double* weight) const {
    for (size_t at = 0; at < rows.size(); at += size_t(units_)) {
      double* row = rows.data() + at;
      double mean = 0, squares = 0;
      for (int64_t i = 0; i < units_; i++) mean += row[i] / double(units_);
      for (int64_t i = 0; i < units_; i++) squares += (row[i] - mean) * (row[i] - mean) / double(units_);
      const double factor = 1 / std::sqrt(squares > 0 ? squares : 1e-8);
      for (int64_t i = 0; i < units_; i++) row[i] = (row[i] - mean) * factor;
    }
    Rounding::float16().apply(rows);
    for (size_t i = 0; i < rows.size(); i++) rows[i] *= weight[int64_t(i) % units_];
  }

  Options options_;
  int64_t width_, batch_, units_, outputs_ = 0, aux_;
  bool coupled_, normalised_, projected_, peepholes_, late_bias_ = false;
  Rounding input_sum_[kGates], recurrent_sum_[kGates], hidden_, cell_, before_projection_;
};

// The fields that both parameter structs have.
template <class P>
Options options_of(const Setup& s, const P& p) {
  need_activation(p.recurrent_activation, "recurrent_activation");
  if (p.activation != VSI_NN_ACT_TANH) fail("activation %d is not possible, ovxlib always computes tanh", int(p.activation));
  if (p.proj_clip != 0 && s.maybe_in(kProjection)) fail("proj_clip is %g, ovxlib does not clip projections", double(p.proj_clip));
  return {p.forget_bias, p.cell_clip, p.recurrent_activation};
}

void set_state_shapes(Setup& s, const Cell& cell, int64_t batch) {
  s.set_shape(1, Shape{cell.outputs(), batch});
  s.set_shape(2, Shape{cell.units(), batch});
}

Cell sequence_cell(Setup& s, const Sequence& q) {
  const auto& p = s.param().lstm_ovxlib;
  if (s.maybe_in(kAux)) fail("LSTM_OVXLIB does not hand an auxiliary input on; use LSTMUNIT_OVXLIB");
  return Cell(s, options_of(s, p), p.internal_dtype, q.width, q.batch);
}

Sequence sequence_of(const Setup& s) {
  s.need_rank(0, 3, 3);
  return Sequence(s.in_shape(0), s.param().lstm_ovxlib.time_major != 0);
}

void infer_lstm(Setup& s) {
  const Sequence q = sequence_of(s);
  const Cell cell = sequence_cell(s, q);
  s.set_shape(0, q.output(cell.outputs(), s.param().lstm_ovxlib.return_sequences != 0));
  set_state_shapes(s, cell, q.batch);
}

void put_state(const State& state, double* const* out) {
  if (out[1]) std::copy(state.hidden.begin(), state.hidden.end(), out[1]);
  if (out[2]) std::copy(state.cell.begin(), state.cell.end(), out[2]);
}

Kernel build_lstm(Setup& s) {
  const Sequence q = sequence_of(s);
  const Cell cell = sequence_cell(s, q);
  const bool all = s.param().lstm_ovxlib.return_sequences != 0;
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* out) {
    State state = cell.start(in);
    const int64_t n = cell.outputs();
    for (int64_t t = 0; t < q.steps; t++) {
      const std::vector<double> y = cell.step(pool, in, in[kInput] + q.start(t, q.width), q.stride(q.width), state);
      if (all) put_rows(y, n, q.stride(n), out[0] + q.start(t, n));
      else if (t == q.steps - 1) put_rows(y, n, n, out[0]);
    }
    put_state(state, out);
  });
}

Cell unit_cell(Setup& s) {
  s.need_rank(0, 2, 2);
  const auto& p = s.param().lstmunit_ovxlib;
  if (s.maybe_out(3)) fail("output 3 is working memory of the device; leave it out");
  return Cell(s, options_of(s, p), p.internal_dtype, s.in_shape(0)[0], s.in_shape(0)[1]);
}

void infer_unit(Setup& s) {
  const Cell cell = unit_cell(s);
  const int64_t batch = s.in_shape(0)[1];
  s.set_shape(0, Shape{cell.outputs(), batch});
  set_state_shapes(s, cell, batch);
}

Kernel build_unit(Setup& s) {
  const Cell cell = unit_cell(s);
  const int64_t width = s.in_shape(0)[0];
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* out) {
    State state = cell.start(in);
    put_rows(cell.step(pool, in, in[kInput], width, state), cell.outputs(), cell.outputs(), out[0]);
    put_state(state, out);
  });
}

template <class P>
void activation_defaults(P& p) {
  p.activation = VSI_NN_ACT_TANH;
  p.recurrent_activation = VSI_NN_ACT_SIGMOID;
}

void lstm_defaults(vsi_nn_node_t* n) {
  auto& p = n->nn_param.lstm_ovxlib;
  activation_defaults(p);
  p.time_major = p.return_sequences = 1;
}

void unit_defaults(vsi_nn_node_t* n) { activation_defaults(n->nn_param.lstmunit_ovxlib); }

}  // namespace

void register_lstm(OpTable& t) {
  using L = vsi_nn_lstm_ovxlib_param;
  using U = vsi_nn_lstmunit_ovxlib_param;
  t.add({VSI_NN_OP_LSTM_OVXLIB, "LSTM_OVXLIB", "lstm_ovxlib",
         {SIM_FIELD(L, cell_clip), SIM_FIELD(L, proj_clip), SIM_FIELD(L, activation), SIM_FIELD(L, forget_bias),
          SIM_FIELD(L, time_major), SIM_FIELD(L, recurrent_activation), SIM_FIELD(L, return_sequences),
          SIM_FIELD(L, weights)},
         1, kPortCount, 1, 3, infer_lstm, build_lstm, lstm_defaults});
  t.add({VSI_NN_OP_LSTMUNIT_OVXLIB, "LSTMUNIT_OVXLIB", "lstmunit_ovxlib",
         {SIM_FIELD(U, cell_clip), SIM_FIELD(U, proj_clip), SIM_FIELD(U, activation), SIM_FIELD(U, forget_bias),
          SIM_FIELD(U, recurrent_activation)},
         1, kPortCount, 1, 4, infer_unit, build_unit, unit_defaults});
}

}  // namespace sim
