SIM_TARGET static void s16_leaky(const LeakyCodes& how, const int16_t* x, int16_t* y, int64_t n) {
  constexpr double kMagic = 6755399441055744.0;
  const LeakyCodes h = how;
  for (int64_t i = 0; i < n; i++) {
    const double real = double(int32_t(x[i]) - h.zero);
    double v = real * h.scale, low = v * h.slope;
    v = real > 0 ? v : low;
    v = v < h.lo ? h.lo : v;
    v = v > h.hi ? h.hi : v;
    y[i] = int16_t(int32_t(v + kMagic - kMagic) + h.offset);
  }
}
