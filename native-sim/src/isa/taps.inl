// Written once over a vector type T; included by taps.cpp.

// Folds vectors of extremes and the n elements that filled no vector.
SIM_TARGET Extremes gathered(typename T::F lo, typename T::F hi, const float* rest, int64_t n) {
  float low[T::kLanes], high[T::kLanes];
  T::store(low, lo);
  T::store(high, hi);
  Extremes e{low[0], high[0]};
  for (int k = 1; k < T::kLanes; k++) {
    e.lo = low[k] < e.lo ? low[k] : e.lo;
    e.hi = high[k] > e.hi ? high[k] : e.hi;
  }
  for (int64_t i = 0; i < n; i++) {
    e.lo = rest[i] < e.lo ? rest[i] : e.lo;
    e.hi = rest[i] > e.hi ? rest[i] : e.hi;
  }
  return e;
}

// Each value times zero is added to `zeros` if wanted: NaN comes out if one was not finite.
template <bool kZeros>
SIM_TARGET Extremes scanned(const float* x, int64_t n, float* zeros) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  typename T::F lo[2] = {T::set1(kInf), T::set1(kInf)}, hi[2] = {T::set1(-kInf), T::set1(-kInf)};
  typename T::F zero[2] = {T::set1(0), T::set1(0)};
  int64_t i = 0;
  for (; i + 2 * T::kLanes <= n; i += 2 * T::kLanes)
    for (int v = 0; v < 2; v++) {
      const typename T::F a = T::load(x + i + v * T::kLanes);
      lo[v] = T::min(a, lo[v]);
      hi[v] = T::max(a, hi[v]);
      if (kZeros) zero[v] = T::add_zeros(zero[v], a);
    }
  if (kZeros) {
    float lanes[2][T::kLanes];
    for (int v = 0; v < 2; v++) T::store(lanes[v], zero[v]);
    for (int k = 0; k < T::kLanes; k++) *zeros += lanes[0][k] + lanes[1][k];
    for (int64_t k = i; k < n; k++) *zeros += x[k] * 0.0f;
  }
  return gathered(T::min(lo[0], lo[1]), T::max(hi[0], hi[1]), x + i, n - i);
}

SIM_TARGET Extremes extremes(const float* x, int64_t n) { return scanned<false>(x, n, nullptr); }

SIM_TARGET FiniteExtremes finite_extremes(const float* x, int64_t n) {
  float zeros = 0;
  const Extremes e = scanned<true>(x, n, &zeros);
  return {e, zeros == 0};
}

SIM_TARGET Summary summary(const float* x, int64_t n) {
  constexpr int kVectors = 16 / T::kLanes;
  constexpr float kInf = std::numeric_limits<float>::infinity();
  typename T::F lo = T::set1(kInf), hi = T::set1(-kInf);
  typename T::Sums sums[kVectors];
  const int64_t whole = n / 16 * 16;
  for (int v = 0; v < kVectors; v++) T::clear(sums[v]);
  for (int64_t i = 0; i < whole; i += 16)
    for (int v = 0; v < kVectors; v++) {
      const typename T::F a = T::load(x + i + v * T::kLanes);
      lo = T::min(a, lo);
      hi = T::max(a, hi);
      T::add(sums[v], a);
    }
  double sum[16];
  for (int v = 0; v < kVectors; v++) T::store_sums(sums[v], sum + v * T::kLanes);
  for (int64_t i = whole; i < n; i++) sum[i - whole] += double(x[i]);
  const Extremes e = gathered(lo, hi, x + whole, n - whole);
  Summary s{e.lo, e.hi, 0};
  for (int k = 0; k < 16; k++) s.sum += sum[k];
  return s;
}

SIM_TARGET int64_t count(const float* x, int64_t n, const Binning& how, uint32_t* table) {
  uint16_t slots[kPiece + 16];
  uint32_t* other = table + how.mask + 1;
  int64_t counted = 0;
  for (int64_t i = 0; i < n; i += kPiece) {
    const int64_t m = T::slots(x + i, std::min(kPiece, n - i), how, slots);
    int64_t j = 0;
    for (; j + 2 <= m; j += 2) {
      table[slots[j]]++;
      other[slots[j + 1]]++;
    }
    if (j < m) table[slots[j]]++;
    counted += m;
  }
  return counted;
}
