// Two or four bytes to a 32-bit group.

SIM_TARGET static inline int32_t four(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t flip) {
  return int32_t((a | b << 8 | c << 16 | d << 24) ^ flip);
}

SIM_TARGET static inline int32_t two(uint32_t a, uint32_t b, uint32_t flip, uint32_t zero) {
  return int32_t((((a ^ flip) - zero) & 0xffff) | ((b ^ flip) - zero) << 16);
}

SIM_TARGET static void u8_pack4(const uint8_t* const* from, int64_t at, int64_t step, uint32_t flip,
                                int32_t* __restrict to,
                                int64_t n) {
  const uint8_t *a = from[0] + at, *b = from[1] + at, *c = from[2] + at, *d = from[3] + at;
  if (step == 1) {
    SIM_ROW(n, to[e] = four(a[e], b[e], c[e], d[e], flip))
    return;
  }
  for (int64_t i = 0, j = 0; i < n; i++, j += step) to[i] = four(a[j], b[j], c[j], d[j], flip);
}

SIM_TARGET static void u8_pack2(const uint8_t* const* from, int64_t at, int64_t step, uint32_t flip, uint32_t zero,
                                int32_t* __restrict to, int64_t n) {
  const uint8_t *a = from[0] + at, *b = from[1] + at;
  if (step == 1) {
    SIM_ROW(n, to[e] = two(a[e], b[e], flip, zero))
    return;
  }
  if (step == 2) {
    SIM_ROW(n, to[e] = two(a[2 * e], b[2 * e], flip, zero))
    return;
  }
  for (int64_t i = 0, j = 0; i < n; i++, j += step) to[i] = two(a[j], b[j], flip, zero);
}
