// Four dot products with one vector.

SIM_TARGET static void f32_dot(const float* rows, int64_t stride, const float* x, int64_t n, float* out) {
  V::F acc[4][2];
  for (int r = 0; r < 4; r++) acc[r][0] = acc[r][1] = V::set1(0.0f);
  for (int64_t i = 0; i < n; i += 2 * V::kLanes) {
    const V::F x0 = V::load(x + i), x1 = V::load(x + i + V::kLanes);
    for (int r = 0; r < 4; r++) {
      acc[r][0] = V::fma(V::load(rows + r * stride + i), x0, acc[r][0]);
      acc[r][1] = V::fma(V::load(rows + r * stride + i + V::kLanes), x1, acc[r][1]);
    }
  }
  for (int r = 0; r < 4; r++) {
    float part[2 * V::kLanes], sum = 0;
    V::store(part, acc[r][0]);
    V::store(part + V::kLanes, acc[r][1]);
    for (int j = 0; j < 2 * V::kLanes; j++) sum += part[j];
    out[r] = sum;
  }
}
