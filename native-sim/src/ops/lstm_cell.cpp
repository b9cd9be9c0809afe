#include "ops/lstm_cell.h"

#include <algorithm>
#include <cmath>

namespace sim {

namespace {

void add(std::vector<double>& to, const std::vector<double>& values) {
  for (size_t i = 0; i < to.size(); i++) to[i] += values[i];
}

}  // namespace

LstmCell::LstmCell(const Setup& s, const LstmPorts& ports, const LstmOptions& options, const vsi_nn_dtype_t* inner,
                   const LstmStored& stored, int64_t width, int64_t batch)
    : ports_(ports), options_(options), width_(width), batch_(batch), units_(s.in_shape(ports.weight + kF)[1]),
      aux_(s.maybe_in(ports.aux) ? s.in_shape(ports.aux)[0] : 0), coupled_(!s.maybe_in(ports.weight + kI)),
      normalised_(s.maybe_in(ports.norm + kF) != nullptr), projected_(s.maybe_in(ports.projection) != nullptr),
      peepholes_(s.maybe_in(ports.peephole + 2) != nullptr) {
  outputs_ = projected_ ? s.in_shape(ports.projection)[1] : units_;
  const vsi_nn_tensor_t* bias = s.maybe_in(ports.bias + kF);
  // A bias of another kind than the weights is added after their product was stored.
  late_bias_ = normalised_ || (bias && bias->attr.dtype.qnt_type != s.in(ports.weight + kF)->attr.dtype.qnt_type);
  for (int g = 0; inner && g < kGates; g++) {
    input_sum_[g] = Rounding(inner[g]);
    recurrent_sum_[g] = Rounding(inner[kGates + g]);
  }
  hidden_ = Rounding(Numeric((stored.hidden ? stored.hidden : stored.output)->attr.dtype));
  cell_ = stored.cell ? Rounding(Numeric(stored.cell->attr.dtype)) : Rounding::float16();
  before_projection_ = projection_input(s);
  check(s);
}

void LstmCell::check(const Setup& s) const {
  for (int g = coupled_ ? kF : kI; g < kGates; g++) {
    need_elements(s, ports_.weight + g, width_ * units_);
    need_elements(s, ports_.recurrent + g, outputs_ * units_);
    need_elements(s, ports_.bias + g, units_, !normalised_);
    if (normalised_) need_elements(s, ports_.norm + g, units_);
    if (aux_) need_elements(s, ports_.aux_weight + g, aux_ * units_);
    if (peepholes_ && g != kC) need_elements(s, peephole(g), units_);
  }
  if (aux_) need_elements(s, ports_.aux, aux_ * batch_);
  need_elements(s, ports_.hidden, outputs_ * batch_, true);
  need_elements(s, ports_.cell, units_ * batch_, true);
  if (projected_) need_elements(s, ports_.projection, units_ * outputs_);
  need_elements(s, ports_.projection_bias, outputs_, true);
}

// A matrix unit for codes makes the projection of more than one row, from codes of -1 to 1.
Rounding LstmCell::projection_input(const Setup& s) const {
  if (!projected_ || batch_ == 1 || s.in_num(ports_.projection).type != VSI_NN_TYPE_UINT8) return Rounding::float16();
  vsi_nn_dtype_t dtype{};
  dtype.vx_type = VSI_NN_TYPE_UINT8;
  dtype.qnt_type = VSI_NN_QNT_TYPE_AFFINE_ASYMMETRIC;
  dtype.scale = 0.007866097716834601f;
  dtype.zero_point = 128;
  return Rounding(dtype);
}

LstmState LstmCell::start(const double* const* in) const {
  const auto copy = [](const double* from, int64_t n) {
    return from ? std::vector<double>(from, from + n) : std::vector<double>(size_t(n), 0.0);
  };
  return {copy(in[ports_.hidden], outputs_ * batch_), copy(in[ports_.cell], units_ * batch_)};
}

std::vector<double> LstmCell::gate_sum(Pool& pool, const double* const* in, int g, const double* x, int64_t stride,
                                       const LstmState& state) const {
  const double* bias = late_bias_ ? nullptr : in[ports_.bias + g];
  std::vector<double> sum = dense(pool, in[ports_.weight + g], bias, width_, units_, x, stride, batch_);
  input_sum_[g].apply(sum);
  if (aux_) {
    add(sum, dense(pool, in[ports_.aux_weight + g], nullptr, aux_, units_, in[ports_.aux], aux_, batch_));
    input_sum_[kI].apply(sum);
  }
  if (peepholes_ && g != kC) add_peephole(sum, in[peephole(g)], state, g);
  std::vector<double> recurrent =
      dense(pool, in[ports_.recurrent + g], nullptr, outputs_, units_, state.hidden.data(), outputs_, batch_);
  recurrent_sum_[g].apply(recurrent);
  add(sum, recurrent);
  if (normalised_) normalise(sum, in[ports_.norm + g]);
  if (late_bias_ && in[ports_.bias + g])
    for (size_t i = 0; i < sum.size(); i++) sum[i] += in[ports_.bias + g][int64_t(i) % units_];
  return sum;
}

void LstmCell::add_peephole(std::vector<double>& sum, const double* weight, const LstmState& state, int g) const {
  std::vector<double> seen = state.cell;
  for (size_t i = 0; i < seen.size(); i++) seen[i] *= weight[int64_t(i) % units_];
  input_sum_[g].apply(seen);
  add(sum, seen);
  input_sum_[g].apply(sum);
}

// Every row to mean 0 and variance 1, as float16, times a weight.
void LstmCell::normalise(std::vector<double>& rows, const double* weight) const {
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

std::vector<double> LstmCell::step(Pool& pool, const double* const* in, const double* x, int64_t stride,
                                   LstmState& state) const {
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
    out = dense(pool, in[ports_.projection], in[ports_.projection_bias], units_, outputs_, out.data(), units_, batch_);
    hidden_.apply(out);
  }
  state.hidden = out;
  hidden_.apply(state.hidden);
  return out;
}

}  // namespace sim
