// Two 16-bit values to a 32-bit group, and the upper bytes of 16-bit values.

SIM_TARGET static inline int32_t word_pair(int16_t a, int16_t b) {
  return int32_t(uint32_t(uint16_t(a)) | uint32_t(uint16_t(b)) << 16);
}

SIM_TARGET static void s16_pack2(const int16_t* a, const int16_t* b, int64_t step, int32_t* __restrict to, int64_t n) {
  if (step == 1) {
    SIM_ROW(n, to[e] = word_pair(a[e], b[e]))
    return;
  }
  for (int64_t i = 0, j = 0; i < n; i++, j += step) to[i] = word_pair(a[j], b[j]);
}

SIM_TARGET static void s16_high_bytes(const int16_t* x, uint8_t* __restrict to, int64_t n) {
  for (int64_t i = 0; i < n; i++) to[i] = uint8_t(uint8_t(uint16_t(x[i]) >> 8) ^ 0x80);
}
