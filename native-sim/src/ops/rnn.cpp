// RNN, RNNCELL_OVXLIB, and sequences of it in one or both directions: h = f(W x + R h + b); and SVDF.
#include <algorithm>

#include "ops/recurrent.h"
#include "ops/register.h"

namespace sim {

namespace {

// Inputs: data, weights of it, weights of the hidden state, bias, hidden state; more data with its weights.
struct Ports {
  int weight = 1, recurrent = 2, bias = 3, hidden = 4, aux = 5, aux_weight = 6;
};

struct Cell {
  Ports p;
  int64_t width, units, batch, aux = 0;
  int activation;
  Rounding hidden;

  Cell(const Setup& s, const Ports& ports, int64_t w, int64_t b, int f, const vsi_nn_tensor_t* state)
      : p(ports), width(w), units(s.in_shape(p.recurrent)[0]), batch(b), activation(f),
        hidden(Numeric(state->attr.dtype)) {
    need_activation(f, "activation");
    need_elements(s, p.weight, width * units);
    need_elements(s, p.recurrent, units * units);
    need_elements(s, p.bias, units, true);
    need_elements(s, p.hidden, units * batch, true);
  }

  // One step may have more data.
  void add_aux(const Setup& s) {
    if (!s.maybe_in(p.aux)) return;
    aux = s.in_shape(p.aux)[0];
    need_elements(s, p.aux, aux * batch);
    need_elements(s, p.aux_weight, aux * units);
  }

  std::vector<double> start(const double* const* in) const {
    const size_t n = size_t(units * batch);
    return in[p.hidden] ? std::vector<double>(in[p.hidden], in[p.hidden] + n) : std::vector<double>(n, 0.0);
  }

  std::vector<double> step(Pool& pool, const double* const* in, const double* x, int64_t stride,
                           std::vector<double>& state) const {
    std::vector<double> sum = dense(pool, in[p.weight], in[p.bias], width, units, x, stride, batch);
    const auto add = [&](const std::vector<double>& more) {
      for (size_t i = 0; i < sum.size(); i++) sum[i] += more[i];
    };
    add(dense(pool, in[p.recurrent], nullptr, units, units, state.data(), units, batch));
    if (aux) add(dense(pool, in[p.aux_weight], nullptr, aux, units, in[p.aux], aux, batch));
    activate(activation, sum);
    state = sum;
    hidden.apply(state);
    return sum;
  }
};

// --- one step; the state comes first among the outputs ---

Cell unit_cell(const Setup& s) {
  s.need_rank(0, 2, 2);
  const int f = s.node().op == VSI_NN_OP_RNN ? s.param().rnn.activation : s.param().rnncell_ovxlib.activation;
  Cell cell(s, Ports(), s.in_shape(0)[0], s.in_shape(0)[1], f, s.out(0));
  cell.add_aux(s);
  return cell;
}

void infer_unit(Setup& s) {
  const Cell cell = unit_cell(s);
  for (int i = 0; i < 2; i++) s.set_shape(i, Shape{cell.units, cell.batch});
}

Kernel build_unit(Setup& s) {
  const Cell cell = unit_cell(s);
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* out) {
    std::vector<double> state = cell.start(in);
    const std::vector<double> y = cell.step(pool, in, in[0], cell.width, state);
    std::copy(y.begin(), y.end(), out[0]);
    if (out[1]) std::copy(y.begin(), y.end(), out[1]);
  });
}

// --- sequences; their state is no output and has the output's type ---

bool is_double(const Setup& s) { return s.node().op == VSI_NN_OP_BIDIRECTIONAL_SEQUENCE_RNN; }

struct Sequences {
  Sequence sequence;
  // The second one runs backwards. Merged outputs lie side by side.
  std::vector<Cell> cells;
  bool merged = false;
  int64_t total() const { return merged ? cells[0].units + cells[1].units : cells[0].units; }
};

template <class P>
Sequences sequences(const Setup& s, const P& p) {
  s.need_rank(0, 3, 3);
  Sequences q;
  q.sequence = Sequence(s.in_shape(0), p.time_major != 0);
  const auto add = [&](const Ports& ports, int output) {
    q.cells.emplace_back(s, ports, q.sequence.width, q.sequence.batch, p.activation, s.out(output));
  };
  add(Ports(), 0);
  if (!is_double(s)) return q;
  if (s.maybe_in(9)) fail("an auxiliary input is not supported");
  q.merged = s.param().bidirectional_sequence_rnn.merge_outputs != 0;
  add({5, 6, 7, 8}, q.merged ? 0 : 1);
  return q;
}

Sequences sequences_of(const Setup& s) {
  return is_double(s) ? sequences(s, s.param().bidirectional_sequence_rnn)
                      : sequences(s, s.param().unidirectional_sequence_rnn);
}

void infer_sequence(Setup& s) {
  const Sequences q = sequences_of(s);
  s.set_shape(0, q.sequence.output(q.total(), true));
  if (q.cells.size() > 1 && !q.merged) s.set_shape(1, q.sequence.output(q.cells[1].units, true));
}

Kernel build_sequence(Setup& s) {
  const Sequences all = sequences_of(s);
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* out) {
    const Sequence& q = all.sequence;
    for (size_t i = 0; i < all.cells.size(); i++) {
      const Cell& cell = all.cells[i];
      const int64_t total = all.merged ? all.total() : cell.units;
      double* to = all.merged ? out[0] + (i == 0 ? 0 : all.cells[0].units) : out[i];
      std::vector<double> state = cell.start(in);
      for (int64_t k = 0; k < q.steps; k++) {
        const int64_t t = i == 0 ? k : q.steps - 1 - k;
        const std::vector<double> y = cell.step(pool, in, in[0] + q.start(t, q.width), q.stride(q.width), state);
        put_rows(y, cell.units, q.stride(total), to + q.start(t, total));
      }
    }
  });
}

void unit_defaults(vsi_nn_node_t* n) { n->nn_param.rnncell_ovxlib.internal_dtype = unread_types(); }
void directions_defaults(vsi_nn_node_t* n) { n->nn_param.bidirectional_sequence_rnn.internal_dtype = unread_types(); }

// --- SVDF: every filter remembers its last products with the input and weighs them by age ---

struct Svdf {
  int64_t width, batch, filters, memory, rank, units;
};

Svdf svdf_of(const Setup& s) {
  s.need_rank(0, 2, 2);
  s.need_rank(2, 2, 2);
  s.need_rank(3, 2, 2);
  const auto& p = s.param().svdf;
  const Svdf v{s.in_shape(0)[0], s.in_shape(0)[1], s.in_shape(2)[1], s.in_shape(3)[0], p.rank, p.num_units};
  if (v.rank < 1 || v.units < 1 || v.filters != v.rank * v.units)
    fail("%lld filters are not rank %d times %d units", static_cast<long long>(v.filters), p.rank, p.num_units);
  need_elements(s, 2, v.width * v.filters);
  need_elements(s, 3, v.memory * v.filters);
  need_elements(s, 1, v.memory * v.filters * v.batch);
  need_elements(s, 4, v.units, true);
  return v;
}

void infer_svdf(Setup& s) {
  const Svdf v = svdf_of(s);
  s.set_shape(0, Shape{v.units, v.batch});
  s.set_shape(1, Shape{v.memory * v.filters, v.batch});
}

Kernel build_svdf(Setup& s) {
  const Svdf v = svdf_of(s);
  const Rounding kept = s.maybe_out(1) ? Rounding(Numeric(s.out(1)->attr.dtype)) : Rounding();
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* out) {
    const std::vector<double> now = dense(pool, in[2], nullptr, v.width, v.filters, in[0], v.width, v.batch);
    std::vector<double> state(in[1], in[1] + v.memory * v.filters * v.batch);
    for (int64_t f = 0; f < v.filters * v.batch; f++) {
      double* line = state.data() + f * v.memory;
      std::rotate(line, line + 1, line + v.memory);
      line[v.memory - 1] = now[size_t(f)];
    }
    kept.apply(state);
    for (int64_t u = 0; u < v.units * v.batch; u++) {
      double sum = in[4] ? in[4][u % v.units] : 0;
      for (int64_t i = 0; i < v.rank * v.memory; i++)
        sum += state[size_t(u * v.rank * v.memory + i)] * in[3][u % v.units * v.rank * v.memory + i];
      out[0][u] = sum;
    }
    if (out[1]) std::copy(state.begin(), state.end(), out[1]);
  });
}

}  // namespace

void register_rnn(OpTable& t) {
  using R = vsi_nn_rnn_param;
  using C = vsi_nn_rnncell_ovxlib_param;
  using U = vsi_nn_unidirectional_sequence_rnn_param;
  using Bi = vsi_nn_bidirectional_sequence_rnn_param;
  using S = vsi_nn_svdf_param;
  t.add({VSI_NN_OP_RNN, "RNN", "rnn", {SIM_FIELD(R, activation)}, 5, 5, 2, 2, infer_unit, build_unit});
  t.add({VSI_NN_OP_RNNCELL_OVXLIB, "RNNCELL_OVXLIB", "rnncell_ovxlib", {SIM_FIELD(C, activation)}, 3, 7, 1, 2,
         infer_unit, build_unit, unit_defaults});
  t.add({VSI_NN_OP_UNIDIRECTIONAL_SEQUENCE_RNN, "UNIDIRECTIONAL_SEQUENCE_RNN", "unidirectional_sequence_rnn",
         {SIM_FIELD(U, time_major), SIM_FIELD(U, activation)}, 3, 5, 1, 1, infer_sequence, build_sequence});
  t.add({VSI_NN_OP_BIDIRECTIONAL_SEQUENCE_RNN, "BIDIRECTIONAL_SEQUENCE_RNN", "bidirectional_sequence_rnn",
         {SIM_FIELD(Bi, time_major), SIM_FIELD(Bi, merge_outputs), SIM_FIELD(Bi, activation)}, 3, 12, 1, 2,
         infer_sequence, build_sequence, directions_defaults});
  t.add({VSI_NN_OP_SVDF, "SVDF", "svdf",
         {SIM_FIELD(S, rank), SIM_FIELD(S, num_units), SIM_FIELD(S, spectrogram_length)}, 4, 5, 1, 2, infer_svdf,
         build_svdf});
}

}  // namespace sim
