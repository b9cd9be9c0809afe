// Convolution tiles of up to 8 rows and 3 vectors from products of signed bytes. The input is taken as x - 128; what that
// lacks, 128 times the sum of a row's weights, is the same for every pixel and is summed once for 8 rows.

// -128 times the sum of each row's weights.
SIM_TARGET static inline void weight_sums(const int32_t* w, int k, int32_t* sums) {
  V::I low = V::zero(), high = V::zero();
  for (int i = 0; i < k; i++, w += kRowBlock) {
    low = vdotq_s32(low, V::half(), V::bytes(V::iload(w)));
    high = vdotq_s32(high, V::half(), V::bytes(V::iload(w + V::kLanes)));
  }
  V::istore(sums, low);
  V::istore(sums + V::kLanes, high);
}

template <int R, int N>
SIM_TARGET static inline void u8s8_conv_block(const int32_t* plane, const int64_t* at, const int32_t* off,
                                              const int32_t* w, int k, const int32_t* sums, int32_t* out,
                                              int64_t stride) {
  V::I acc[R][N];
  SIM_UNROLL
  for (int r = 0; r < R; r++)
    SIM_UNROLL
    for (int n = 0; n < N; n++) acc[r][n] = V::iset1(int32_t(0 - uint32_t(sums[r])));
  for (int i = 0; i < k; i++) {
    const int32_t* p = plane + off[i];
    int8x16_t x[N];
    SIM_UNROLL
    for (int n = 0; n < N; n++) x[n] = V::less_half(V::iload(p + at[n]));
    SIM_UNROLL
    for (int r = 0; r < R; r++) {
      const int8x16_t a = V::bytes(V::iset1(w[i * kRowBlock + r]));
      SIM_UNROLL
      for (int n = 0; n < N; n++) acc[r][n] = vdotq_s32(acc[r][n], x[n], a);
    }
  }
  SIM_UNROLL
  for (int r = 0; r < R; r++)
    SIM_UNROLL
    for (int n = 0; n < N; n++) V::istore(out + r * stride + n * V::kLanes, acc[r][n]);
}

template <int N>
SIM_TARGET static inline void u8s8_conv_rows(int rows, const int32_t* plane, const int64_t* at, const int32_t* off,
                                             const int32_t* w, int k, const int32_t* sums, int32_t* out,
                                             int64_t stride) {
  int r = 0;
  if (rows == kRowBlock) return u8s8_conv_block<kRowBlock, N>(plane, at, off, w, k, sums, out, stride);
  if (rows - r >= 4) {
    u8s8_conv_block<4, N>(plane, at, off, w + r, k, sums + r, out + r * stride, stride);
    r += 4;
  }
  if (rows - r >= 2) {
    u8s8_conv_block<2, N>(plane, at, off, w + r, k, sums + r, out + r * stride, stride);
    r += 2;
  }
  if (rows - r >= 1) u8s8_conv_block<1, N>(plane, at, off, w + r, k, sums + r, out + r * stride, stride);
}

SIM_TARGET static void u8s8_conv_neondot(int rows, int vectors, const int32_t* plane, const int64_t* at,
                                         const int32_t* off, const int32_t* w, int k, int32_t* out, int64_t stride) {
  int32_t sums[kRowBlock];
  weight_sums(w, k, sums);
  switch (vectors) {
    case 3: return u8s8_conv_rows<3>(rows, plane, at, off, w, k, sums, out, stride);
    case 2: return u8s8_conv_rows<2>(rows, plane, at, off, w, k, sums, out, stride);
    default: return u8s8_conv_rows<1>(rows, plane, at, off, w, k, sums, out, stride);
  }
}
