// A code of a sum that a double holds.
template <class T>
SIM_TARGET static inline T wide_code(double sum, const WideRescaling& h) {
  return code_of<T>(sum * h.scale + h.plus, h.lo, h.hi, h.offset);
}

template <class T>
SIM_TARGET static inline void s64_requantize_as(const int64_t* acc, const WideRescaling& how, T* __restrict out,
                                                int64_t n) {
  const WideRescaling h = how;
  for (int64_t i = 0; i < n; i++) {
    // The integer becomes the low bits of 1.5 * 2^52; this and the rounding vectorise everywhere.
    const int64_t bits = acc[i] + h.add + 0x4338000000000000;
    double v;
    std::memcpy(&v, &bits, 8);
    out[i] = wide_code<T>(v - 6755399441055744.0, h);
  }
}

SIM_TARGET static void s64_requantize(const int64_t* acc, const WideRescaling& how, int bytes, uint8_t* out,
                                      int64_t n) {
  if (bytes == 1) s64_requantize_as(acc, how, out, n);
  else s64_requantize_as(acc, how, reinterpret_cast<uint16_t*>(out), n);
}
