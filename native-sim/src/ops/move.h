// Operators that only move elements are all the same copy between two strided views.
#pragma once

#include "core/op.h"

namespace sim {

// A box of elements: dimension 0 is the innermost. Strides are in elements and may be zero or negative.
struct Move {
  static constexpr int kRank = 2 * kMaxRank;
  int rank = 0;
  int64_t size[kRank], from_stride[kRank], to_stride[kRank];
  int64_t from = 0, to = 0;

  void add(int64_t n, int64_t from_step, int64_t to_step);
  // Drops dimensions of size 1 and joins those that continue each other.
  void simplify();
  int64_t count() const;
};

// Elements in the input's or output's own dense order.
std::vector<int64_t> dense_strides(const Shape& shape);

// One view copy per entry, from an input tensor to an output tensor. Elements are converted when the two
// tensors differ in type or quantization.
struct MoveTask {
  vsi_nn_tensor_t* from;
  vsi_nn_tensor_t* to;
  Move move;
};
Kernel move_kernel(Setup& s, std::vector<MoveTask> tasks);

// Runs one copy of elements of `bytes` bytes.
void run_move(Pool& pool, const Move& m, size_t bytes, const uint8_t* from, uint8_t* to);

// `shape` elements read from a view of the input, written densely.
Move gather_move(const Shape& out, const std::vector<int64_t>& from_stride, int64_t from);

}  // namespace sim
