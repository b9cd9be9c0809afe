// Results that are looked up: one for every code of 8 or 16 bits.
#pragma once

#include <cstring>
#include <type_traits>

#include "isa/isa.h"

namespace sim {

template <size_t bytes, class T>
void look_up_each(const uint8_t* table, const T* x, uint8_t* y, int64_t n) {
  for (int64_t i = 0; i < n; i++)
    std::memcpy(y + i * int64_t(bytes), table + size_t(std::make_unsigned_t<T>(x[i])) * bytes, bytes);
}

// y[i] = entry x[i] of a table of elements of 1, 2, 4 or 8 bytes, which is ordered by the bits of the codes.
template <class T>
void look_up(const Isa& isa, const uint8_t* table, size_t bytes, const T* x, uint8_t* y, int64_t n) {
  if (sizeof(T) == 1 && bytes == 1) return isa.u8_table(table, reinterpret_cast<const uint8_t*>(x), y, n);
  switch (bytes) {
    case 1: return look_up_each<1>(table, x, y, n);
    case 2: return look_up_each<2>(table, x, y, n);
    case 4: return look_up_each<4>(table, x, y, n);
    default: return look_up_each<8>(table, x, y, n);
  }
}

}  // namespace sim
