// Depthwise convolution of a packed plane, 4 output rows at a time.

template <int R>
SIM_TARGET static inline void f32_plane_rows(const float* plane, int64_t stride, const int32_t* off, const float* w,
                                             int k, float bias, const F32Finish& finish, float* out, int64_t width) {
  for (int64_t x = 0; x < width; x += V::kLanes) {
    V::F acc[R];
    SIM_UNROLL
    for (int r = 0; r < R; r++) acc[r] = V::set1(bias);
    for (int i = 0; i < k; i++) {
      const V::F a = V::set1(w[i]);
      const float* p = plane + x + off[i];
      SIM_UNROLL
      for (int r = 0; r < R; r++) acc[r] = V::fma(a, V::load(p + r * stride), acc[r]);
    }
    SIM_UNROLL
    for (int r = 0; r < R; r++) {
      acc[r] = finish(acc[r]);
      if (width - x >= V::kLanes) V::store(out + r * width + x, acc[r]);
      else V::store_part(out + r * width + x, acc[r], width - x);
    }
  }
}

SIM_TARGET static void f32_plane(const float* plane, int64_t stride, const int32_t* off, const float* w, int k,
                                 float bias, const F32Activation& act, float* out, int64_t width, int64_t height) {
  const F32Finish finish(act);
  int64_t y = 0;
  for (; y + 4 <= height; y += 4)
    f32_plane_rows<4>(plane + y * stride, stride, off, w, k, bias, finish, out + y * width, width);
  for (; y < height; y++)
    f32_plane_rows<1>(plane + y * stride, stride, off, w, k, bias, finish, out + y * width, width);
}
