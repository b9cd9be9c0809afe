// Convolution tiles whose sums become 8-bit codes. The sums pass through a few lines of the nearest cache: with the
// constants of the rescaling beside them they would not all fit into registers.

// Rows of a tile, `width` sums apart: some V have a form of their own. W is V.
template <class W = V>
SIM_TARGET static inline void tile_codes(int rows, int vectors, const int32_t* sums, int64_t width,
                                         const TileCodes& how, int64_t last, uint8_t* out, int64_t stride) {
  if constexpr (W::kRescalesTiles) {
    W::rescale_tile(rows, vectors, sums, width, how, last, out, stride);
  } else {
    for (int r = 0; r < rows; r++)
      W::requantize(sums + r * width, how.minus, how.add[r], how.scale[r], how.lo, how.hi, how.offset, out + r * stride,
                    int64_t(vectors - 1) * V::kLanes + last);
  }
}

SIM_TARGET static void u8s8_conv_codes(int rows, int vectors, const int32_t* plane, const int64_t* at,
                                       const int32_t* off, const int32_t* w, int k, const TileCodes& how, int64_t last,
                                       uint8_t* out, int64_t stride) {
  constexpr int64_t kWidth = int64_t(kTileVectors) * V::kLanes;
  alignas(64) int32_t sums[kRowBlock * kWidth];
  int_conv<false>(rows, vectors, plane, at, off, w, k, sums, kWidth);
  tile_codes(rows, vectors, sums, kWidth, how, last, out, stride);
}
