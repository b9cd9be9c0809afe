// u8s8_conv and s16_conv: tiles of up to 8 rows (output channels) and 3 vectors of pixels.

// Where products of bytes take signed inputs, a tile takes 128 from its inputs once for all rows, and its sums begin
// with what that lacks. W is V; as a parameter it lets other V do without these operations.
template <bool kPairs, class W = V>
constexpr bool kShifted = !kPairs && W::kSignedBytes;

template <bool kPairs, class W = V>
SIM_TARGET static inline V::I tile_input(const int32_t* p) {
  if constexpr (kShifted<kPairs>) return W::to_signed(V::iload(p));
  else return V::iload(p);
}

template <bool kPairs, class W = V>
SIM_TARGET static inline V::I tile_start(const int32_t* start) {
  if constexpr (kShifted<kPairs>) return V::iset1(*start);
  else return V::zero();
}

template <bool kPairs, class W = V>
SIM_TARGET static inline V::I tile_product(V::I acc, V::I x, V::I w) {
  if constexpr (kShifted<kPairs>) return W::dot_signed(acc, x, w);
  else return dot_group<kPairs>(acc, x, w);
}

template <bool kPairs, int R, int N>
SIM_TARGET static inline void int_conv_block(const int32_t* plane, const int64_t* at, const int32_t* off,
                                             const int32_t* w, int k, const int32_t* start, int32_t* out,
                                             int64_t stride) {
  V::I acc[R][N];
  SIM_UNROLL
  for (int r = 0; r < R; r++)
    SIM_UNROLL
    for (int n = 0; n < N; n++) acc[r][n] = tile_start<kPairs>(start + r);
  for (int i = 0; i < k; i++) {
    const int32_t* p = plane + off[i];
    V::I x[N];
    SIM_UNROLL
    for (int n = 0; n < N; n++) x[n] = tile_input<kPairs>(p + at[n]);
    SIM_UNROLL
    for (int r = 0; r < R; r++) {
      const V::I a = V::iset1(w[i * kRowBlock + r]);
      SIM_UNROLL
      for (int n = 0; n < N; n++) acc[r][n] = tile_product<kPairs>(acc[r][n], x[n], a);
    }
  }
  SIM_UNROLL
  for (int r = 0; r < R; r++)
    SIM_UNROLL
    for (int n = 0; n < N; n++) V::istore(out + r * stride + n * V::kLanes, acc[r][n]);
}

template <bool kPairs, int N>
SIM_TARGET static inline void int_conv_rows(int rows, const int32_t* plane, const int64_t* at, const int32_t* off,
                                            const int32_t* w, int k, const int32_t* start, int32_t* out,
                                            int64_t stride) {
  constexpr int kRows = kPairs || V::kPack == 2 ? V::kPairRows : V::kRows;
  int r = 0;
  for (; rows - r >= kRows; r += kRows)
    int_conv_block<kPairs, kRows, N>(plane, at, off, w + r, k, start + r, out + r * stride, stride);
  if (kRows > 4 && rows - r >= 4) {
    int_conv_block<kPairs, 4, N>(plane, at, off, w + r, k, start + r, out + r * stride, stride);
    r += 4;
  }
  if (rows - r >= 2) {
    int_conv_block<kPairs, 2, N>(plane, at, off, w + r, k, start + r, out + r * stride, stride);
    r += 2;
  }
  if (rows - r >= 1) int_conv_block<kPairs, 1, N>(plane, at, off, w + r, k, start + r, out + r * stride, stride);
}

template <bool kPairs, class W = V>
SIM_TARGET static void int_conv(int rows, int vectors, const int32_t* plane, const int64_t* at, const int32_t* off,
                                const int32_t* w, int k, int32_t* out, int64_t stride) {
  int32_t start[kRowBlock] = {};
  if constexpr (kShifted<kPairs>) W::start_sums(w, k, start);
  switch (vectors) {
    case 3: return int_conv_rows<kPairs, 3>(rows, plane, at, off, w, k, start, out, stride);
    case 2: return int_conv_rows<kPairs, 2>(rows, plane, at, off, w, k, start, out, stride);
    default: return int_conv_rows<kPairs, 1>(rows, plane, at, off, w, k, start, out, stride);
  }
}
