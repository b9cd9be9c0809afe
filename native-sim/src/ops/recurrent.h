// What recurrent operators share: products with weights, activations, and tensors that exist only inside of them.
// They compute in double; only these inner tensors are rounded to the types that ovxlib gives them.
#pragma once

#include "core/op.h"

namespace sim {

// The type of a tensor inside of an operator. Without one, numbers stay as they are.
class Rounding {
 public:
  Rounding() = default;
  explicit Rounding(const Numeric& type) : num_(type), on_(true) {}
  // Nothing is known of a type that the case has not set.
  explicit Rounding(const vsi_nn_dtype_t& dtype) : Rounding(Numeric(dtype)) { on_ = dtype.vx_type != VSI_NN_TYPE_NONE; }
  static Rounding float16();
  void apply(std::vector<double>& values) const;

 private:
  Numeric num_;
  bool on_ = false;
};

// What pointer fields to inner types point at, so that a case can fill them in. Nothing reads it.
vsi_nn_dtype_t* unread_types();

// Fails unless `type` is an activation that recurrent operators know.
void need_activation(int type, const char* name);
double activated(int type, double x);
void activate(int type, std::vector<double>& values);

// Fails unless input i has `count` elements; absent ones are fine if `optional`.
void need_elements(const Setup& s, int i, int64_t count, bool optional = false);

// y [batch][outputs] = rows of x, `stride` elements apart, times the rows of w [outputs][inputs], plus a bias if there
// is one. The order of the sums does not depend on the threads.
std::vector<double> dense(Pool& pool, const double* w, const double* bias, int64_t inputs, int64_t outputs,
                          const double* x, int64_t stride, int64_t batch);

// Steps of a sequence [inputs, batch, steps], or [inputs, steps, batch] if it is not `time_major`.
struct Sequence {
  int64_t width = 1, batch = 1, steps = 1;
  bool time_major = true;

  Sequence() = default;
  Sequence(const Shape& in, bool time_first);
  // Element where a step begins, and the distance of its rows, for rows of `n` elements.
  int64_t start(int64_t step, int64_t n) const { return step * n * (time_major ? batch : 1); }
  int64_t stride(int64_t n) const { return n * (time_major ? 1 : steps); }
  // The output: all steps, or the last one.
  Shape output(int64_t n, bool all) const;
};

// Copies the rows of a step to where they lie in the output.
void put_rows(const std::vector<double>& rows, int64_t n, int64_t stride, double* out);

}  // namespace sim
