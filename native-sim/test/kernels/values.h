// Test data: the same in every run and on every machine.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>

#include "isa/isa.h"

namespace proofs {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t bits() {
    uint64_t x = state_ += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
  }
  // 0..n-1
  int64_t below(int64_t n) { return int64_t(bits() % uint64_t(n)); }
  int64_t between(int64_t lo, int64_t hi) { return lo + below(hi - lo + 1); }
  // -1..1
  double real() { return double(int64_t(bits()) >> 11) / double(int64_t(1) << 52); }
  template <class T>
  T one_of(std::initializer_list<T> list) {
    return list.begin()[below(int64_t(list.size()))];
  }

 private:
  uint64_t state_;
};

// What arrays of a test hold. The extremes make the largest sums in both directions.
enum class Values { kRandom, kEdges, kLowest, kHighest };
constexpr Values kAllValues[] = {Values::kRandom, Values::kEdges, Values::kLowest, Values::kHighest};

template <class T>
T integer(Random& random, Values values) {
  constexpr T lowest = std::numeric_limits<T>::min(), highest = std::numeric_limits<T>::max();
  if (values == Values::kLowest) return lowest;
  if (values == Values::kHighest) return highest;
  if (values == Values::kEdges)
    return random.one_of<T>({lowest, T(lowest + 1), T(-1), 0, 1, T(highest / 2), T(highest / 2 + 1), highest});
  return T(random.bits());
}

// Ordinary numbers, with edges among them: zeros of both signs, denormals, overflowing ones, infinities and NaN.
inline float real32(Random& random, Values values) {
  using Limits = std::numeric_limits<float>;
  if (values == Values::kLowest) return Limits::lowest();
  if (values == Values::kHighest) return Limits::max();
  if (values == Values::kEdges && random.below(4) == 0)
    return random.one_of<float>({0.0f, -0.0f, Limits::denorm_min(), -Limits::min(), 1e30f, -1e30f, Limits::infinity(),
                                 -Limits::infinity(), Limits::quiet_NaN()});
  return float(random.real() * 4);
}


// None, a leaky ReLU, or a clamp.
inline sim::F32Activation activation(Random& random) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const float slope = random.one_of<float>({1, 1, 0.25f, -0.1f});
  if (random.below(2)) return {slope, -kInf, kInf};
  return {slope, random.one_of<float>({-1, 0}), 1.5f};
}

// Any array of integers.
template <class T, class Array>
void fill_integers(Array& array, Random& random, Values values) {
  // As T, whatever the array groups it into.
  uint8_t* to = reinterpret_cast<uint8_t*>(array.data());
  const size_t bytes = size_t(array.size()) * sizeof(*array.data());
  for (size_t at = 0; at + sizeof(T) <= bytes; at += sizeof(T)) {
    const T x = integer<T>(random, values);
    std::memcpy(to + at, &x, sizeof(T));
  }
}

template <class Array>
void fill_reals(Array& array, Random& random, Values values) {
  for (float& x : array) x = real32(random, values);
}

}  // namespace proofs
