// Shapes in ovxlib order: dim[0] is the innermost (fastest) dimension.
#pragma once

#include <cstdint>
#include <string>

#include "vsi_nn_pub.h"

namespace sim {

constexpr int kMaxRank = VSI_NN_MAX_DIM_NUM;
// Larger tensors would overflow the 32-bit sizes of the API.
constexpr int64_t kMaxElements = int64_t(1) << 31;

struct Shape {
  int rank = 0;
  int64_t dim[kMaxRank] = {};

  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) {
    for (int64_t d : dims) push(d);
  }

  int64_t operator[](int i) const { return i < rank ? dim[i] : 1; }
  void push(int64_t d) { dim[rank++] = d; }
  void insert(int at, int64_t d);
  void erase(int at);

  int64_t count() const { return range(0, rank); }
  // Product of the dimensions from..to-1.
  int64_t range(int from, int to) const {
    int64_t n = 1;
    for (int i = from; i < to && i < rank; i++) n *= dim[i];
    return n;
  }
  bool operator==(const Shape& o) const;
  bool operator!=(const Shape& o) const { return !(*this == o); }
  std::string text() const;
};

// The shape of an attribute block; rank 0 when it is still to be inferred.
Shape shape_of(const vsi_nn_tensor_attr_t& attr);

// Number of elements, or -1 if a dimension is 0 or the product exceeds kMaxElements.
int64_t checked_count(const Shape& shape);

// Numpy-style broadcast; false if the shapes do not fit together.
bool broadcast(const Shape& a, const Shape& b, Shape& out);

}  // namespace sim
