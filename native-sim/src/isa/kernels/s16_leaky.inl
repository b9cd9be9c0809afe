SIM_TARGET static void s16_leaky(const LeakyCodes& how, const int16_t* x, int16_t* y, int64_t n) {
  const LeakyCodes h = how;
  for (int64_t i = 0; i < n; i++) {
    const double real = double(int32_t(x[i]) - h.zero);
    const double v = real * h.scale, low = v * h.slope;
    y[i] = code_of<int16_t>(real > 0 ? v : low, h.lo, h.hi, h.offset);
  }
}
