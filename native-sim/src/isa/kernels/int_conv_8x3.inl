// u8s8_conv, u8s8_conv_codes and s16_conv: tiles of up to 8 rows (output channels) and 3 vectors of pixels.

// Stores the sums of a block as they are.
struct SumStore {
  int32_t* out;
  int64_t stride;
  SumStore rows_from(int r) const { return {out + r * stride, stride}; }
  template <int R, int N>
  SIM_TARGET inline void put(const V::I (&acc)[R][N]) const {
    SIM_UNROLL
    for (int r = 0; r < R; r++)
      SIM_UNROLL
      for (int n = 0; n < N; n++) V::istore(out + r * stride + n * V::kLanes, acc[r][n]);
  }
};

// Stores 8-bit codes.
struct CodeStore {
  TileCodes how;
  int64_t last;
  uint8_t* out;
  int64_t stride;
  CodeStore rows_from(int r) const {
    TileCodes rest = how;
    rest.add += r;
    rest.scale += r;
    return {rest, last, out + r * stride, stride};
  }
  template <int R, int N>
  SIM_TARGET inline void put(const V::I (&acc)[R][N]) const {
    SIM_UNROLL
    for (int r = 0; r < R; r++) {
      const Rescaling row{how.scale[r], how.lo, how.hi, how.offset};
      const V::Rescale rescale(row);
      const V::I add = V::iset1(how.add[r]);
      SIM_UNROLL
      for (int n = 0; n < N; n++) {
        V::I x = V::iadd(acc[r][n], add);
        if (how.minus) x = V::isub(x, V::iload(how.minus + n * V::kLanes));
        V::store_codes(out + r * stride + n * V::kLanes, rescale.codes(x), n + 1 < N ? V::kLanes : last);
      }
    }
  }
};

template <bool kPairs, int R, int N, class Store>
SIM_TARGET static inline void int_conv_block(const int32_t* plane, const int64_t* at, const int32_t* off,
                                             const int32_t* w, int k, const Store& store) {
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
  store.put(acc);
}

template <bool kPairs, int N, class Store>
SIM_TARGET static inline void int_conv_rows(int rows, const int32_t* plane, const int64_t* at, const int32_t* off,
                                            const int32_t* w, int k, const Store& store) {
  int r = 0;
  for (; rows - r >= V::kRows; r += V::kRows)
    int_conv_block<kPairs, V::kRows, N>(plane, at, off, w + r, k, store.rows_from(r));
  if (V::kRows > 4 && rows - r >= 4) {
    int_conv_block<kPairs, 4, N>(plane, at, off, w + r, k, store.rows_from(r));
    r += 4;
  }
  if (rows - r >= 2) {
    int_conv_block<kPairs, 2, N>(plane, at, off, w + r, k, store.rows_from(r));
    r += 2;
  }
  if (rows - r >= 1) int_conv_block<kPairs, 1, N>(plane, at, off, w + r, k, store.rows_from(r));
}

template <bool kPairs, class Store>
SIM_TARGET static inline void int_conv_tile(int rows, int vectors, const int32_t* plane, const int64_t* at,
                                            const int32_t* off, const int32_t* w, int k, const Store& store) {
  switch (vectors) {
    case 3: return int_conv_rows<kPairs, 3>(rows, plane, at, off, w, k, store);
    case 2: return int_conv_rows<kPairs, 2>(rows, plane, at, off, w, k, store);
    default: return int_conv_rows<kPairs, 1>(rows, plane, at, off, w, k, store);
  }
}

template <bool kPairs>
SIM_TARGET static void int_conv(int rows, int vectors, const int32_t* plane, const int64_t* at, const int32_t* off,
                                const int32_t* w, int k, int32_t* out, int64_t stride) {
  int_conv_tile<kPairs>(rows, vectors, plane, at, off, w, k, SumStore{out, stride});
}

SIM_TARGET static void u8s8_conv_codes(int rows, int vectors, const int32_t* plane, const int64_t* at,
                                       const int32_t* off, const int32_t* w, int k, const TileCodes& how, int64_t last,
                                       uint8_t* out, int64_t stride) {
  int_conv_tile<false>(rows, vectors, plane, at, off, w, k, CodeStore{how, last, out, stride});
}
