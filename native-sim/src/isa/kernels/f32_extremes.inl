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
