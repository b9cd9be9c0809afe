// Depthwise convolution straight from the input planes, 4 output rows at a time; see f32_depthwise_4x1.inl.

// Pairs of neighbouring columns as 16-bit values, for V::dot16; what lies outside the input is the zero point. The
// second half of an odd last pair is anything: its weight is 0.
template <int K, int S>
SIM_TARGET static inline void u8_columns(const uint8_t* p, V::I flip, const V::I* keep, const V::I* fill, V::I* x) {
  SIM_UNROLL
  for (int i = 0; i < K; i += 2) {
    V::I v;
    if constexpr (S == 2) v = V::words(p + i);
    else v = i + 1 < K ? V::pairs(p + i) : V::widen(p + i);
    x[i / 2] = V::choose(v, flip, keep[i / 2], fill[i / 2]);
  }
}

template <int K, int S, int R>
SIM_TARGET static inline void u8s16_direct_rows(const Depthwise& d, const uint8_t* in, const int32_t* w, V::I bias,
                                                const V::Rescale& rescale, uint8_t* out, int64_t y) {
  constexpr int kPairs = (K + 1) / 2;
  const int32_t *table = d.keep, *filler = d.fill;
  const V::I flip = V::iset1(d.flip);
  for (int64_t x = 0; x < d.ow; x += V::kLanes, table += kPairs * V::kLanes, filler += kPairs * V::kLanes) {
    V::I keep[kPairs], fill[kPairs];
    SIM_UNROLL
    for (int i = 0; i < kPairs; i++) {
      keep[i] = V::iload(table + i * V::kLanes);
      fill[i] = V::iload(filler + i * V::kLanes);
    }
    const int64_t n = d.ow - x;
    V::I acc[R];
    SIM_UNROLL
    for (int r = 0; r < R; r++) acc[r] = bias;
    SIM_UNROLL
    for (int j = 0; j < (R - 1) * S + K; j++) {
      const int64_t iy = y * S - d.top + j;
      V::I v[kPairs];
      if (iy >= 0 && iy < d.ih) {
        u8_columns<K, S>(in + iy * d.iw + x * S - d.left, flip, keep, fill, v);
      } else {
        SIM_UNROLL
        for (int i = 0; i < kPairs; i++) v[i] = V::iset1(d.zeros);
      }
      SIM_UNROLL
      for (int r = 0; r < R; r++) {
        const int ky = j - r * S;
        if (ky < 0 || ky >= K) continue;
        SIM_UNROLL
        for (int i = 0; i < kPairs; i++) acc[r] = V::dot16(acc[r], v[i], V::iset1(w[ky * kPairs + i]));
      }
    }
    SIM_UNROLL
    for (int r = 0; r < R; r++) V::store_codes(out + (y + r) * d.ow + x, rescale.codes(acc[r]), n);
  }
}

template <int K, int S>
SIM_TARGET static void u8s16_direct(const Depthwise& d, const uint8_t* in, const int32_t* w, int32_t bias,
                                    const Rescaling& how, uint8_t* out) {
  const V::Rescale rescale(how);
  const V::I b = V::iset1(bias);
  int64_t y = 0;
  for (; y + 4 <= d.oh; y += 4) u8s16_direct_rows<K, S, 4>(d, in, w, b, rescale, out, y);
  if (d.oh - y == 3) u8s16_direct_rows<K, S, 3>(d, in, w, b, rescale, out, y);
  if (d.oh - y == 2) u8s16_direct_rows<K, S, 2>(d, in, w, b, rescale, out, y);
  if (d.oh - y == 1) u8s16_direct_rows<K, S, 1>(d, in, w, b, rescale, out, y);
}

SIM_TARGET static void u8s16_depthwise(const Depthwise& d, const uint8_t* in, const int32_t* w, int32_t bias,
                                       const Rescaling& how, uint8_t* out) {
  if (d.kernel == 3 && d.stride == 1) u8s16_direct<3, 1>(d, in, w, bias, how, out);
  else if (d.kernel == 3) u8s16_direct<3, 2>(d, in, w, bias, how, out);
  else if (d.stride == 1) u8s16_direct<5, 1>(d, in, w, bias, how, out);
  else u8s16_direct<5, 2>(d, in, w, bias, how, out);
}
