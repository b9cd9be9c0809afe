// u8s16_depthwise and s16_depthwise: straight from the input planes, 4 output rows at a time; see f32_depthwise_4x1.inl.
// Products are pairs of 16-bit values. 16-bit weights are two planes of bytes, whose sums fit 32 bits.

// Pairs of neighbouring columns as 16-bit values, for V::dot16; what lies outside the input is the zero point. The
// second half of an odd last pair is anything: its weight is 0.
template <int K, int S, class T>
SIM_TARGET static inline void int_columns(const T* p, V::I flip, const V::I* keep, const V::I* fill, V::I* x) {
  SIM_UNROLL
  for (int i = 0; i < K; i += 2) {
    V::I v;
    if constexpr (S == 2) v = V::words(p + i);
    else v = i + 1 < K ? V::pairs(p + i) : V::widen(p + i);
    x[i / 2] = V::choose(v, flip, keep[i / 2], fill[i / 2]);
  }
}

template <int K, int S, int R, class T, class Store>
SIM_TARGET static inline void int_direct_rows(const Depthwise& d, const T* in, const int32_t* w, const Store& store,
                                              int64_t y) {
  constexpr int kPairs = (K + 1) / 2, kPlanes = Store::kPlanes;
  const int32_t *table = d.keep, *filler = d.fill;
  const V::I flip = V::iset1(d.flip);
  for (int64_t x = 0; x < d.ow; x += V::kLanes, table += kPairs * V::kLanes, filler += kPairs * V::kLanes) {
    V::I keep[kPairs], fill[kPairs];
    SIM_UNROLL
    for (int i = 0; i < kPairs; i++) {
      keep[i] = V::iload(table + i * V::kLanes);
      fill[i] = V::iload(filler + i * V::kLanes);
    }
    V::I acc[R][kPlanes];
    SIM_UNROLL
    for (int r = 0; r < R; r++)
      SIM_UNROLL
      for (int p = 0; p < kPlanes; p++) acc[r][p] = V::iset1(p == 0 ? store.bias : 0);
    SIM_UNROLL
    for (int j = 0; j < (R - 1) * S + K; j++) {
      const int64_t iy = y * S - d.top + j;
      V::I v[kPairs];
      if (iy >= 0 && iy < d.ih) {
        int_columns<K, S>(in + iy * d.iw + x * S - d.left, flip, keep, fill, v);
      } else {
        SIM_UNROLL
        for (int i = 0; i < kPairs; i++) v[i] = V::iset1(d.zeros);
      }
      SIM_UNROLL
      for (int r = 0; r < R; r++) {
        const int ky = j - r * S;
        if (ky < 0 || ky >= K) continue;
        SIM_UNROLL
        for (int i = 0; i < kPairs; i++)
          SIM_UNROLL
          for (int p = 0; p < kPlanes; p++)
            acc[r][p] = V::dot16(acc[r][p], v[i], V::iset1(w[(p * K + ky) * kPairs + i]));
      }
    }
    store.put(acc, y * d.ow + x, d.ow, d.ow - x);
  }
}

template <int K, int S, class T, class Store>
SIM_TARGET static void int_direct(const Depthwise& d, const T* in, const int32_t* w, const Store& store) {
  int64_t y = 0;
  for (; y + 4 <= d.oh; y += 4) int_direct_rows<K, S, 4>(d, in, w, store, y);
  if (d.oh - y == 3) int_direct_rows<K, S, 3>(d, in, w, store, y);
  if (d.oh - y == 2) int_direct_rows<K, S, 2>(d, in, w, store, y);
  if (d.oh - y == 1) int_direct_rows<K, S, 1>(d, in, w, store, y);
}

template <class T, class Store>
SIM_TARGET static inline void int_depthwise(const Depthwise& d, const T* in, const int32_t* w, const Store& store) {
  if (d.kernel == 3 && d.stride == 1) int_direct<3, 1>(d, in, w, store);
  else if (d.kernel == 3) int_direct<3, 2>(d, in, w, store);
  else if (d.stride == 1) int_direct<5, 1>(d, in, w, store);
  else int_direct<5, 2>(d, in, w, store);
}

struct ByteStore {
  static constexpr int kPlanes = 1;
  const V::Rescale& rescale;
  int32_t bias;
  uint8_t* out;
  template <int R>
  SIM_TARGET inline void put(const V::I (&acc)[R][1], int64_t at, int64_t stride, int64_t n) const {
    SIM_UNROLL
    for (int r = 0; r < R; r++) V::store_codes(out + at + r * stride, rescale.codes(acc[r][0]), n);
  }
};

// Codes of the sums low + 256 * high, which a double holds. A function of its own, or the loop is unrolled before it is
// vectorised.
SIM_TARGET static __attribute__((noinline)) void plane_codes(const int32_t* low, const int32_t* high,
                                                             const WideRescaling& how, int16_t* __restrict out,
                                                             int64_t n) {
  const WideRescaling h = how;
  const double add = double(h.add);
  for (int64_t i = 0; i < n; i++) out[i] = wide_code<int16_t>(double(high[i]) * 256 + double(low[i]) + add, h);
}

struct WordStore {
  static constexpr int kPlanes = 2;
  const WideRescaling& how;
  int32_t bias;
  int16_t* out;
  template <int R>
  SIM_TARGET inline void put(const V::I (&acc)[R][2], int64_t at, int64_t stride, int64_t n) const {
    alignas(64) int32_t low[R * V::kLanes], high[R * V::kLanes];
    alignas(64) int16_t lines[R * V::kLanes];
    SIM_UNROLL
    for (int r = 0; r < R; r++) {
      V::istore(low + r * V::kLanes, acc[r][0]);
      V::istore(high + r * V::kLanes, acc[r][1]);
    }
    plane_codes(low, high, how, lines, R * V::kLanes);
    for (int r = 0; r < R; r++)
      std::memcpy(out + at + r * stride, lines + r * V::kLanes,
                  size_t(n < V::kLanes ? n : V::kLanes) * sizeof(int16_t));
  }
};

SIM_TARGET static void u8s16_depthwise(const Depthwise& d, const uint8_t* in, const int32_t* w, int32_t bias,
                                       const Rescaling& how, uint8_t* out) {
  const V::Rescale rescale(how);
  int_depthwise(d, in, w, ByteStore{rescale, bias, out});
}

SIM_TARGET static void s16_depthwise(const Depthwise& d, const int16_t* in, const int32_t* w, const WideRescaling& how,
                                     int16_t* out) {
  int_depthwise(d, in, w, WordStore{how, 0, out});
}
