// One step of an LSTM, which sequences of it repeat.
#pragma once

#include "ops/recurrent.h"

namespace sim {

// Where the inputs of a cell are among a node's. There are four of each family, of the input, forget, cell and output
// gate; peepholes lack the cell.
struct LstmPorts {
  int hidden = 1, cell = 2, weight = 3, recurrent = 7, peephole = 11, bias = 14, projection = 18, projection_bias = 19,
      norm = 20, aux = 24, aux_weight = 25;
};

struct LstmOptions {
  double forget_bias, cell_clip;
  int gates;  // activation
};

// The state between two steps, rows of one batch element each.
struct LstmState {
  std::vector<double> hidden, cell;
};

// Tensors whose types the states have: the output stands for a hidden state, float16 for a cell state that is none.
struct LstmStored {
  const vsi_nn_tensor_t *output, *hidden, *cell;
};

class LstmCell {
 public:
  // `inner` are the types of the products with the input and with the hidden state, of each gate; null if unknown.
  LstmCell(const Setup& s, const LstmPorts& ports, const LstmOptions& options, const vsi_nn_dtype_t* inner,
           const LstmStored& stored, int64_t width, int64_t batch);

  int64_t units() const { return units_; }
  int64_t outputs() const { return outputs_; }
  LstmState start(const double* const* in) const;
  // Advances the state by rows of x and gives the output of this step.
  std::vector<double> step(Pool& pool, const double* const* in, const double* x, int64_t stride, LstmState& state) const;

 private:
  enum Gate : int { kI = 0, kF = 1, kC = 2, kO = 3, kGates = 4 };

  void check(const Setup& s) const;
  int peephole(int gate) const { return ports_.peephole + (gate == kO ? 2 : gate); }
  Rounding projection_input(const Setup& s) const;
  std::vector<double> gate_sum(Pool& pool, const double* const* in, int g, const double* x, int64_t stride,
                               const LstmState& state) const;
  void add_peephole(std::vector<double>& sum, const double* weight, const LstmState& state, int g) const;
  void normalise(std::vector<double>& rows, const double* weight) const;

  LstmPorts ports_;
  LstmOptions options_;
  int64_t width_, batch_, units_, outputs_ = 0, aux_;
  bool coupled_, normalised_, projected_, peepholes_, late_bias_ = false;
  Rounding input_sum_[kGates], recurrent_sum_[kGates], hidden_, cell_, before_projection_;
};

}  // namespace sim
