// u8s8_conv and s16_conv: tiles of up to 8 rows (output channels) and 3 vectors of pixels.

template <bool kPairs, int R, int N>
SIM_TARGET static inline void int_conv_block(const int32_t* plane, const int64_t* at, const int32_t* off,
                                             const int32_t* w, int k, int32_t* out, int64_t stride) {
  V::I acc[R][N];
  SIM_UNROLL
  for (int r = 0; r < R; r++)
    SIM_UNROLL
    for (int n = 0; n < N; n++) acc[r][n] = V::zero();
  for (int i = 0; i < k; i++) {
    const int32_t* p = plane + off[i];
    V::I x[N];
    SIM_UNROLL
    for (int n = 0; n < N; n++) x[n] = V::iload(p + at[n]);
    SIM_UNROLL
    for (int r = 0; r < R; r++) {
      const V::I a = V::iset1(w[i * kRowBlock + r]);
      SIM_UNROLL
      for (int n = 0; n < N; n++) acc[r][n] = dot_group<kPairs>(acc[r][n], x[n], a);
    }
  }
  SIM_UNROLL
  for (int r = 0; r < R; r++)
    SIM_UNROLL
    for (int n = 0; n < N; n++) V::istore(out + r * stride + n * V::kLanes, acc[r][n]);
}

template <bool kPairs, int N>
SIM_TARGET static inline void int_conv_rows(int rows, const int32_t* plane, const int64_t* at, const int32_t* off,
                                            const int32_t* w, int k, int32_t* out, int64_t stride) {
  int r = 0;
  for (; rows - r >= V::kRows; r += V::kRows)
    int_conv_block<kPairs, V::kRows, N>(plane, at, off, w + r, k, out + r * stride, stride);
  if (V::kRows > 4 && rows - r >= 4) {
    int_conv_block<kPairs, 4, N>(plane, at, off, w + r, k, out + r * stride, stride);
    r += 4;
  }
  if (rows - r >= 2) {
    int_conv_block<kPairs, 2, N>(plane, at, off, w + r, k, out + r * stride, stride);
    r += 2;
  }
  if (rows - r >= 1) int_conv_block<kPairs, 1, N>(plane, at, off, w + r, k, out + r * stride, stride);
}

template <bool kPairs>
SIM_TARGET static void int_conv(int rows, int vectors, const int32_t* plane, const int64_t* at, const int32_t* off,
                                const int32_t* w, int k, int32_t* out, int64_t stride) {
  switch (vectors) {
    case 3: return int_conv_rows<kPairs, 3>(rows, plane, at, off, w, k, out, stride);
    case 2: return int_conv_rows<kPairs, 2>(rows, plane, at, off, w, k, out, stride);
    default: return int_conv_rows<kPairs, 1>(rows, plane, at, off, w, k, out, stride);
  }
}
