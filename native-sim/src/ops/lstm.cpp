// LSTM_OVXLIB, BIDIRECTIONAL_SEQUENCE_LSTM and LSTMUNIT_OVXLIB: cells over a sequence, and one step of one.
#include <algorithm>

#include "ops/lstm_cell.h"
#include "ops/register.h"

namespace sim {

namespace {

constexpr LstmPorts kSingle;
constexpr int kPortCount = 29;

// The fields that all parameter structs have.
template <class P>
LstmOptions options_of(const P& p, bool projected) {
  need_activation(p.recurrent_activation, "recurrent_activation");
  if (p.activation != VSI_NN_ACT_TANH) fail("activation %d is not possible, ovxlib always computes tanh", int(p.activation));
  if (p.proj_clip != 0 && projected) fail("proj_clip is %g, ovxlib does not clip projections", double(p.proj_clip));
  return {p.forget_bias, p.cell_clip, p.recurrent_activation};
}

template <class P>
LstmCell plain_cell(const Setup& s, const P& p, int64_t width, int64_t batch) {
  const bool projected = s.maybe_in(kSingle.projection) != nullptr;
  return LstmCell(s, kSingle, options_of(p, projected), p.internal_dtype, {s.out(0), s.maybe_out(1), s.maybe_out(2)}, width,
                  batch);
}

void set_state_shapes(Setup& s, const LstmCell& cell, int64_t batch) {
  s.set_shape(1, Shape{cell.outputs(), batch});
  s.set_shape(2, Shape{cell.units(), batch});
}

LstmCell sequence_cell(Setup& s, const Sequence& q) {
  const auto& p = s.param().lstm_ovxlib;
  if (s.maybe_in(kSingle.aux)) fail("LSTM_OVXLIB does not hand an auxiliary input on; use LSTMUNIT_OVXLIB");
  return plain_cell(s, p, q.width, q.batch);
}

Sequence sequence_of(const Setup& s) {
  s.need_rank(0, 3, 3);
  return Sequence(s.in_shape(0), s.param().lstm_ovxlib.time_major != 0);
}

void infer_lstm(Setup& s) {
  const Sequence q = sequence_of(s);
  const LstmCell cell = sequence_cell(s, q);
  s.set_shape(0, q.output(cell.outputs(), s.param().lstm_ovxlib.return_sequences != 0));
  set_state_shapes(s, cell, q.batch);
}

void put_state(const LstmState& state, double* const* out) {
  if (out[1]) std::copy(state.hidden.begin(), state.hidden.end(), out[1]);
  if (out[2]) std::copy(state.cell.begin(), state.cell.end(), out[2]);
}

Kernel build_lstm(Setup& s) {
  const Sequence q = sequence_of(s);
  const LstmCell cell = sequence_cell(s, q);
  const bool all = s.param().lstm_ovxlib.return_sequences != 0;
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* out) {
    LstmState state = cell.start(in);
    const int64_t n = cell.outputs();
    for (int64_t t = 0; t < q.steps; t++) {
      const std::vector<double> y = cell.step(pool, in, in[0] + q.start(t, q.width), q.stride(q.width), state);
      if (all) put_rows(y, n, q.stride(n), out[0] + q.start(t, n));
      else if (t == q.steps - 1) put_rows(y, n, n, out[0]);
    }
    put_state(state, out);
  });
}

LstmCell unit_cell(Setup& s) {
  s.need_rank(0, 2, 2);
  const auto& p = s.param().lstmunit_ovxlib;
  if (s.maybe_out(3)) fail("output 3 is working memory of the device; leave it out");
  return plain_cell(s, p, s.in_shape(0)[0], s.in_shape(0)[1]);
}

void infer_unit(Setup& s) {
  const LstmCell cell = unit_cell(s);
  const int64_t batch = s.in_shape(0)[1];
  s.set_shape(0, Shape{cell.outputs(), batch});
  set_state_shapes(s, cell, batch);
}

Kernel build_unit(Setup& s) {
  const LstmCell cell = unit_cell(s);
  const int64_t width = s.in_shape(0)[0];
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* out) {
    LstmState state = cell.start(in);
    put_rows(cell.step(pool, in, in[0], width, state), cell.outputs(), cell.outputs(), out[0]);
    put_state(state, out);
  });
}

// --- both directions; states are no outputs. Merged outputs lie side by side ---

constexpr LstmPorts kForward = {35, 36, 1, 5, 9, 12, 16, 17, 48, 39, 40};
constexpr LstmPorts kBackward = {37, 38, 18, 22, 26, 29, 33, 34, 52, 39, 44};

struct Directions {
  Sequence sequence;
  std::vector<LstmCell> cells;
  bool merged;
  int64_t total() const { return cells[0].outputs() + (merged ? cells[1].outputs() : 0); }
};

Directions directions_of(const Setup& s) {
  s.need_rank(0, 3, 3);
  const auto& p = s.param().bidirectional_sequence_lstm;
  if (s.maybe_in(kForward.aux)) fail("an auxiliary input is not supported");
  Directions d{Sequence(s.in_shape(0), p.time_major != 0), {}, p.merge_outputs != 0};
  for (const LstmPorts& ports : {kForward, kBackward}) {
    const vsi_nn_tensor_t* output = s.out(d.merged ? 0 : int(d.cells.size()));
    const LstmOptions options = options_of(p, s.maybe_in(ports.projection) != nullptr);
    d.cells.emplace_back(s, ports, options, nullptr, LstmStored{output, nullptr, nullptr}, d.sequence.width,
                         d.sequence.batch);
  }
  return d;
}

void infer_directions(Setup& s) {
  const Directions d = directions_of(s);
  s.set_shape(0, d.sequence.output(d.total(), true));
  if (!d.merged) s.set_shape(1, d.sequence.output(d.cells[1].outputs(), true));
}

Kernel build_directions(Setup& s) {
  const Directions d = directions_of(s);
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* out) {
    const Sequence& q = d.sequence;
    for (size_t i = 0; i < 2; i++) {
      const LstmCell& cell = d.cells[i];
      const int64_t n = cell.outputs(), total = d.merged ? d.total() : n;
      double* to = d.merged ? out[0] + (i == 0 ? 0 : d.cells[0].outputs()) : out[i];
      LstmState state = cell.start(in);
      for (int64_t k = 0; k < q.steps; k++) {
        const int64_t t = i == 0 ? k : q.steps - 1 - k;
        const std::vector<double> y = cell.step(pool, in, in[0] + q.start(t, q.width), q.stride(q.width), state);
        put_rows(y, n, q.stride(total), to + q.start(t, total));
      }
    }
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

void unit_defaults(vsi_nn_node_t* n) {
  activation_defaults(n->nn_param.lstmunit_ovxlib);
  n->nn_param.lstmunit_ovxlib.internal_dtype_aux = unread_types();
}

void directions_defaults(vsi_nn_node_t* n) {
  activation_defaults(n->nn_param.bidirectional_sequence_lstm);
  n->nn_param.bidirectional_sequence_lstm.internal_dtype = unread_types();
}

}  // namespace

void register_lstm(OpTable& t) {
  using L = vsi_nn_lstm_ovxlib_param;
  using U = vsi_nn_lstmunit_ovxlib_param;
  using B = vsi_nn_bidirectional_sequence_lstm_param;
  t.add({VSI_NN_OP_LSTM_OVXLIB, "LSTM_OVXLIB", "lstm_ovxlib",
         {SIM_FIELD(L, cell_clip), SIM_FIELD(L, proj_clip), SIM_FIELD(L, activation), SIM_FIELD(L, forget_bias),
          SIM_FIELD(L, time_major), SIM_FIELD(L, recurrent_activation), SIM_FIELD(L, return_sequences),
          SIM_FIELD(L, weights)},
         1, kPortCount, 1, 3, infer_lstm, build_lstm, lstm_defaults});
  t.add({VSI_NN_OP_LSTMUNIT_OVXLIB, "LSTMUNIT_OVXLIB", "lstmunit_ovxlib",
         {SIM_FIELD(U, cell_clip), SIM_FIELD(U, proj_clip), SIM_FIELD(U, activation), SIM_FIELD(U, forget_bias),
          SIM_FIELD(U, recurrent_activation)},
         1, kPortCount, 1, 4, infer_unit, build_unit, unit_defaults});
  t.add({VSI_NN_OP_BIDIRECTIONAL_SEQUENCE_LSTM, "BIDIRECTIONAL_SEQUENCE_LSTM", "bidirectional_sequence_lstm",
         {SIM_FIELD(B, time_major), SIM_FIELD(B, merge_outputs), SIM_FIELD(B, activation), SIM_FIELD(B, cell_clip),
          SIM_FIELD(B, proj_clip), SIM_FIELD(B, forget_bias), SIM_FIELD(B, recurrent_activation)},
         1, 56, 1, 2, infer_directions, build_directions, directions_defaults});
}

}  // namespace sim
