// u8_add and s16_add.

template <class T>
SIM_TARGET static void int_add(const AddCodes& how, const T* a, const T* b, T* out, int64_t n) {
  const AddCodes c = how;
  for (int64_t i = 0; i < n; i++) {
    const double v = double(int32_t(a[i]) - c.za) * c.ra + double(int32_t(b[i]) - c.zb) * c.rb;
    out[i] = code_of<T>(v, c.lo, c.hi, c.offset);
  }
}
