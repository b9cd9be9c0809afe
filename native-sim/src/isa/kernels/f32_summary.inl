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
