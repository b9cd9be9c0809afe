// Convolution tiles of up to 8 rows (output channels) and 3 vectors of pixels; where kRows is 4, 8 rows are two halves.

template <int R, int N>
SIM_TARGET static inline void f32_conv_block(const float* plane, const int64_t* at, const int32_t* off,
                                             const float* w, int k, const float* bias, const F32Activation& act,
                                             int64_t last, float* out, int64_t stride) {
  V::F acc[R][N];
  SIM_UNROLL
  for (int r = 0; r < R; r++)
    SIM_UNROLL
    for (int n = 0; n < N; n++) acc[r][n] = V::set1(bias[r]);
  for (int i = 0; i < k; i++) {
    const float* p = plane + off[i];
    V::F x[N];
    SIM_UNROLL
    for (int n = 0; n < N; n++) x[n] = V::load(p + at[n]);
    SIM_UNROLL
    for (int r = 0; r < R; r++) {
      const V::F a = V::set1(w[i * kRowBlock + r]);
      SIM_UNROLL
      for (int n = 0; n < N; n++) acc[r][n] = V::fma(a, x[n], acc[r][n]);
    }
  }
  const F32Finish finish(act);
  SIM_UNROLL
  for (int r = 0; r < R; r++)
    SIM_UNROLL
    for (int n = 0; n < N; n++) {
      float* to = out + r * stride + n * V::kLanes;
      const V::F y = finish(acc[r][n]);
      if (n + 1 < N || last >= V::kLanes) V::store(to, y);
      else V::store_part(to, y, last);
    }
}

template <int N>
SIM_TARGET static inline void f32_conv_rows(int rows, const float* plane, const int64_t* at, const int32_t* off,
                                            const float* w, int k, const float* bias, const F32Activation& act,
                                            int64_t last, float* out, int64_t stride) {
  int r = 0;
  for (; rows - r >= V::kRows; r += V::kRows)
    f32_conv_block<V::kRows, N>(plane, at, off, w + r, k, bias + r, act, last, out + r * stride, stride);
  if (V::kRows > 4 && rows - r >= 4) {
    f32_conv_block<4, N>(plane, at, off, w + r, k, bias + r, act, last, out + r * stride, stride);
    r += 4;
  }
  if (rows - r >= 2) {
    f32_conv_block<2, N>(plane, at, off, w + r, k, bias + r, act, last, out + r * stride, stride);
    r += 2;
  }
  if (rows - r >= 1) f32_conv_block<1, N>(plane, at, off, w + r, k, bias + r, act, last, out + r * stride, stride);
}

SIM_TARGET static void f32_conv(int rows, int vectors, const float* plane, const int64_t* at, const int32_t* off,
                                const float* w, int k, const float* bias, const F32Activation& act, int64_t last,
                                float* out, int64_t stride) {
  switch (vectors) {
    case 3: return f32_conv_rows<3>(rows, plane, at, off, w, k, bias, act, last, out, stride);
    case 2: return f32_conv_rows<2>(rows, plane, at, off, w, k, bias, act, last, out, stride);
    default: return f32_conv_rows<1>(rows, plane, at, off, w, k, bias, act, last, out, stride);
  }
}
