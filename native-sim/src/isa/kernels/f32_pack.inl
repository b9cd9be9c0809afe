SIM_TARGET static void f32_pack(const float* from, int64_t step, float* __restrict to, int64_t n) {
  if (step == 1) {
    std::memcpy(to, from, size_t(n) * sizeof(float));
    return;
  }
  if (step == 2) {
    SIM_ROW(n, to[e] = from[2 * e])
    return;
  }
  for (int64_t i = 0; i < n; i++) to[i] = from[i * step];
}
