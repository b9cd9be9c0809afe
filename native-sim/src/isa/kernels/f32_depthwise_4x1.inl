// Depthwise convolution straight from the input planes, 4 output rows at a time.
//
// A vector holds neighbouring output columns. The input vectors of one row serve every output row of a block of R
// rows, and lanes outside the input are masked, so nothing is padded or copied first.

// The input columns that the taps of one filter row need.
template <int K, int S>
SIM_TARGET static inline void f32_columns(const float* p, const V::I* keep, V::F* x) {
  if constexpr (S == 1) {
    SIM_UNROLL
    for (int i = 0; i < K; i++) x[i] = V::keep(V::load(p + i), keep[i]);
  } else {
    SIM_UNROLL
    for (int i = 0; i < K; i += 2) {
      const V::F a = V::load(p + i), b = V::load(p + i + V::kLanes);
      x[i] = V::keep(V::even(a, b), keep[i]);
      if (i + 1 < K) x[i + 1] = V::keep(V::odd(a, b), keep[i + 1]);
    }
  }
}

template <int K, int S, int R>
SIM_TARGET static inline void f32_direct_rows(const Depthwise& d, const float* in, const float* w, V::F bias,
                                              const F32Finish& finish, float* out, int64_t y) {
  const int32_t* table = d.keep;
  for (int64_t x = 0; x < d.ow; x += V::kLanes, table += K * V::kLanes) {
    V::I keep[K];
    SIM_UNROLL
    for (int i = 0; i < K; i++) keep[i] = V::iload(table + i * V::kLanes);
    V::F acc[R];
    SIM_UNROLL
    for (int r = 0; r < R; r++) acc[r] = bias;
    SIM_UNROLL
    for (int j = 0; j < (R - 1) * S + K; j++) {
      const int64_t iy = y * S - d.top + j;
      if (iy < 0 || iy >= d.ih) continue;
      V::F v[K];
      f32_columns<K, S>(in + iy * d.iw + x * S - d.left, keep, v);
      SIM_UNROLL
      for (int r = 0; r < R; r++) {
        const int ky = j - r * S;
        if (ky < 0 || ky >= K) continue;
        SIM_UNROLL
        for (int i = 0; i < K; i++) acc[r] = V::fma(V::set1(w[ky * K + i]), v[i], acc[r]);
      }
    }
    const int64_t n = d.ow - x;
    SIM_UNROLL
    for (int r = 0; r < R; r++) {
      float* to = out + (y + r) * d.ow + x;
      if (n >= V::kLanes) V::store(to, finish(acc[r]));
      else V::store_part(to, finish(acc[r]), n);
    }
  }
}

template <int K, int S>
SIM_TARGET static void f32_direct(const Depthwise& d, const float* in, const float* w, float bias,
                                  const F32Activation& act, float* out) {
  const V::F b = V::set1(bias);
  const F32Finish finish(act);
  int64_t y = 0;
  for (; y + 4 <= d.oh; y += 4) f32_direct_rows<K, S, 4>(d, in, w, b, finish, out, y);
  if (d.oh - y == 3) f32_direct_rows<K, S, 3>(d, in, w, b, finish, out, y);
  if (d.oh - y == 2) f32_direct_rows<K, S, 2>(d, in, w, b, finish, out, y);
  if (d.oh - y == 1) f32_direct_rows<K, S, 1>(d, in, w, b, finish, out, y);
}

SIM_TARGET static void f32_depthwise(const Depthwise& d, const float* in, const float* w, float bias,
                                     const F32Activation& act, float* out) {
  if (d.kernel == 3 && d.stride == 1) f32_direct<3, 1>(d, in, w, bias, act, out);
  else if (d.kernel == 3) f32_direct<3, 2>(d, in, w, bias, act, out);
  else if (d.stride == 1) f32_direct<5, 1>(d, in, w, bias, act, out);
  else f32_direct<5, 2>(d, in, w, bias, act, out);
}
