// Depthwise convolution of a packed plane, 4 vectors of pixels at a time.

template <int N>
SIM_TARGET static inline void s16_plane_block(const int32_t* plane, const int32_t* off, const int32_t* w, int k,
                                              int32_t bias, int32_t* out) {
  V::I acc[N];
  SIM_UNROLL
  for (int n = 0; n < N; n++) acc[n] = V::iset1(bias);
  for (int i = 0; i < k; i++) {
    const V::I a = V::iset1(w[i]);
    SIM_UNROLL
    for (int n = 0; n < N; n++) acc[n] = V::dot16(acc[n], V::iload(plane + off[i] + n * V::kLanes), a);
  }
  SIM_UNROLL
  for (int n = 0; n < N; n++) V::istore(out + n * V::kLanes, acc[n]);
}

SIM_TARGET static void s16_plane(const int32_t* plane, const int32_t* off, const int32_t* w, int k, int32_t bias,
                                 int32_t* out, int64_t n) {
  int64_t p = 0;
  for (; p + 4 * V::kLanes <= n; p += 4 * V::kLanes) s16_plane_block<4>(plane + p, off, w, k, bias, out + p);
  for (; p < n; p += V::kLanes) s16_plane_block<1>(plane + p, off, w, k, bias, out + p);
}
