SIM_TARGET int64_t count(const float* x, int64_t n, const Binning& how, uint32_t* table) {
  uint16_t slots[kPiece + 16];
  uint32_t* other = table + how.mask + 1;
  int64_t counted = 0;
  for (int64_t i = 0; i < n; i += kPiece) {
    const int64_t m = T::slots(x + i, std::min(kPiece, n - i), how, slots);
    int64_t j = 0;
    for (; j + 2 <= m; j += 2) {
      table[slots[j]]++;
      other[slots[j + 1]]++;
    }
    if (j < m) table[slots[j]]++;
    counted += m;
  }
  return counted;
}
