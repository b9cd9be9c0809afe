#include "core/shape.h"

#include <algorithm>

namespace sim {

void Shape::insert(int at, int64_t d) {
  for (int i = rank; i > at; i--) dim[i] = dim[i - 1];
  dim[at] = d;
  rank++;
}

void Shape::erase(int at) {
  for (int i = at; i + 1 < rank; i++) dim[i] = dim[i + 1];
  rank--;
}

bool Shape::operator==(const Shape& o) const {
  return rank == o.rank && std::equal(dim, dim + rank, o.dim);
}

std::string Shape::text() const {
  std::string s = "[";
  for (int i = 0; i < rank; i++) s += (i ? "," : "") + std::to_string(dim[i]);
  return s + "]";
}

Shape shape_of(const vsi_nn_tensor_attr_t& attr) {
  Shape s;
  for (uint32_t i = 0; i < attr.dim_num && i < uint32_t(kMaxRank); i++) s.push(attr.size[i]);
  return s;
}

int64_t checked_count(const Shape& shape) {
  int64_t n = 1;
  for (int i = 0; i < shape.rank; i++) {
    if (shape.dim[i] <= 0 || shape.dim[i] > kMaxElements / n) return -1;
    n *= shape.dim[i];
  }
  return n;
}

bool broadcast(const Shape& a, const Shape& b, Shape& out) {
  out = Shape();
  for (int i = 0; i < std::max(a.rank, b.rank); i++) {
    if (a[i] != b[i] && a[i] != 1 && b[i] != 1) return false;
    out.push(std::max(a[i], b[i]));
  }
  return true;
}

}  // namespace sim
