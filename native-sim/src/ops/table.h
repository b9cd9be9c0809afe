// Functions of one value on 8- and 16-bit inputs, by looking results up.
#pragma once

#include <algorithm>
#include <limits>
#include <type_traits>

#include "core/look_up.h"
#include "core/op.h"

namespace sim {

// A table that only clamps needs no look-up. It is ordered by the bits of the codes.
template <class T>
bool is_clamp(const std::vector<uint8_t>& table, T& lo, T& hi) {
  const auto at = [&](int32_t code) {
    T v;
    std::memcpy(&v, table.data() + size_t(std::make_unsigned_t<T>(T(code))) * sizeof(T), sizeof(T));
    return v;
  };
  constexpr int32_t least = std::numeric_limits<T>::min(), most = std::numeric_limits<T>::max();
  lo = at(least);
  hi = at(most);
  for (int32_t i = least; i <= most; i++)
    if (at(i) != std::min<int32_t>(std::max<int32_t>(i, lo), hi)) return false;
  return lo <= hi;
}

template <class T>
Kernel clamp_kernel(vsi_nn_tensor_t* in, vsi_nn_tensor_t* out, int64_t n, T lo, T hi) {
  constexpr int64_t kBlock = 16384;
  return [=](Pool& pool) {
    pool.run((n + kBlock - 1) / kBlock, kBlock / 8, [&](int64_t first, int64_t last) {
      const T* x = reinterpret_cast<const T*>(in->t->data);
      T* y = reinterpret_cast<T*>(out->t->data);
      for (int64_t i = first * kBlock, end = std::min(n, last * kBlock); i < end; i++) {
        const T v = x[i] < lo ? lo : x[i];
        y[i] = v > hi ? hi : v;
      }
    });
  };
}

// An input of 8 or 16 bits has 256 or 65536 possible results, in whatever type the output has.
template <class T, class F>
Kernel table_kernel(Setup& s, F function) {
  const Numeric a = s.in_num(), b = s.out_num();
  const size_t bytes = b.bytes();
  std::vector<T> codes;
  for (int32_t i = 0; i < 1 << (8 * int(sizeof(T))); i++) codes.push_back(T(i));
  std::vector<double> real(codes.size());
  load_f64(a, reinterpret_cast<const uint8_t*>(codes.data()), int64_t(codes.size()), real.data());
  for (double& v : real) v = function(v);
  std::vector<uint8_t> table(codes.size() * bytes);
  store_f64(b, real.data(), int64_t(real.size()), table.data());
  vsi_nn_tensor_t *in = s.in(0), *out = s.out();
  const int64_t n = s.in_shape().count();
  T lo, hi;
  if (a.type == b.type && is_clamp(table, lo, hi)) return clamp_kernel(in, out, n, lo, hi);
  const Isa& isa = s.isa();
  return [=, &isa](Pool& pool) {
    constexpr int64_t kBlock = 4096;
    pool.run((n + kBlock - 1) / kBlock, kBlock, [&](int64_t first, int64_t last) {
      const int64_t at = first * kBlock, count = std::min(n, last * kBlock) - at;
      const T* x = reinterpret_cast<const T*>(in->t->data) + at;
      uint8_t* y = out->t->data + at * int64_t(bytes);
      look_up(isa, table.data(), bytes, x, y, count);
    });
  };
}

}  // namespace sim
