// u8_add and s16_add.

// Adding and taking away 1.5 * 2^52 rounds half to even; unlike nearbyint it vectorises everywhere.
template <class T>
SIM_TARGET static void int_add(const AddCodes& how, const T* a, const T* b, T* out, int64_t n) {
  const AddCodes c = how;
  for (int64_t i = 0; i < n; i++) {
    double v = double(int32_t(a[i]) - c.za) * c.ra + double(int32_t(b[i]) - c.zb) * c.rb;
    v = v < c.lo ? c.lo : v;
    v = v > c.hi ? c.hi : v;
    out[i] = T(int32_t(v + 6755399441055744.0 - 6755399441055744.0) + c.offset);
  }
}
