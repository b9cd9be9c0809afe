// u8s8_dot and s16_dot: four dot products with one vector.

template <bool kPairs>
SIM_TARGET static void int_dot(const void* rows, int64_t stride, const void* x, int64_t n, int32_t* out) {
  // Both sides are read as 32-bit groups.
  const auto* a = static_cast<const int32_t*>(rows);
  const auto* b = static_cast<const int32_t*>(x);
  constexpr int64_t kGroup = kPairs ? 2 : V::kPack;
  const int64_t groups = n / kGroup, step = stride / kGroup;
  V::I acc[4];
  for (int r = 0; r < 4; r++) acc[r] = V::zero();
  for (int64_t i = 0; i < groups; i += V::kLanes) {
    const V::I v = V::iload(b + i);
    for (int r = 0; r < 4; r++) acc[r] = dot_group<kPairs>(acc[r], v, V::iload(a + r * step + i));
  }
  for (int r = 0; r < 4; r++) {
    int32_t part[V::kLanes];
    uint32_t sum = 0;
    V::istore(part, acc[r]);
    for (int j = 0; j < V::kLanes; j++) sum += uint32_t(part[j]);
    out[r] = int32_t(sum);
  }
}
