// The loops behind an Isa record, written once over a vector type V that the including file defines together
// with SIM_TARGET (the instruction set its functions are compiled for).
//
// V has: F, I (vector types), kLanes, kRows (rows a register tile holds), and the operations used below.

template <int R, int N>
SIM_TARGET static inline void f32_block(const float* plane, const int64_t* at, const int32_t* off,
                                        const float* w, int k, const float* bias, float* out, int64_t stride) {
  V::F acc[R][N];
  for (int r = 0; r < R; r++)
    for (int n = 0; n < N; n++) acc[r][n] = V::set1(bias[r]);
  for (int i = 0; i < k; i++) {
    const float* p = plane + off[i];
    V::F x[N];
    for (int n = 0; n < N; n++) x[n] = V::load(p + at[n]);
    for (int r = 0; r < R; r++) {
      const V::F a = V::set1(w[i * kRowBlock + r]);
      for (int n = 0; n < N; n++) acc[r][n] = V::fma(a, x[n], acc[r][n]);
    }
  }
  for (int r = 0; r < R; r++)
    for (int n = 0; n < N; n++) V::store(out + r * stride + n * V::kLanes, acc[r][n]);
}

template <int R, int N>
SIM_TARGET static inline void int_block(const int32_t* plane, const int64_t* at, const int32_t* off, const int32_t* w, int k,
                                        int32_t* out, int64_t stride) {
  V::I acc[R][N];
  for (int r = 0; r < R; r++)
    for (int n = 0; n < N; n++) acc[r][n] = V::zero();
  for (int i = 0; i < k; i++) {
    const int32_t* p = plane + off[i];
    V::I x[N];
    for (int n = 0; n < N; n++) x[n] = V::iload(p + at[n]);
    for (int r = 0; r < R; r++) {
      const V::I a = V::iset1(w[i * kRowBlock + r]);
      for (int n = 0; n < N; n++) acc[r][n] = V::dot(acc[r][n], x[n], a);
    }
  }
  for (int r = 0; r < R; r++)
    for (int n = 0; n < N; n++) V::istore(out + r * stride + n * V::kLanes, acc[r][n]);
}

template <int N>
SIM_TARGET static inline void f32_rows(int rows, const float* plane, const int64_t* at, const int32_t* off, const float* w, int k,
                                       const float* bias, float* out, int64_t stride) {
  int r = 0;
  for (; rows - r >= V::kRows; r += V::kRows)
    f32_block<V::kRows, N>(plane, at, off, w + r, k, bias + r, out + r * stride, stride);
  if (V::kRows > 4 && rows - r >= 4) {
    f32_block<4, N>(plane, at, off, w + r, k, bias + r, out + r * stride, stride);
    r += 4;
  }
  if (rows - r >= 2) {
    f32_block<2, N>(plane, at, off, w + r, k, bias + r, out + r * stride, stride);
    r += 2;
  }
  if (rows - r >= 1) f32_block<1, N>(plane, at, off, w + r, k, bias + r, out + r * stride, stride);
}

template <int N>
SIM_TARGET static inline void int_rows(int rows, const int32_t* plane, const int64_t* at, const int32_t* off, const int32_t* w, int k,
                                       int32_t* out, int64_t stride) {
  int r = 0;
  for (; rows - r >= V::kRows; r += V::kRows)
    int_block<V::kRows, N>(plane, at, off, w + r, k, out + r * stride, stride);
  if (V::kRows > 4 && rows - r >= 4) {
    int_block<4, N>(plane, at, off, w + r, k, out + r * stride, stride);
    r += 4;
  }
  if (rows - r >= 2) {
    int_block<2, N>(plane, at, off, w + r, k, out + r * stride, stride);
    r += 2;
  }
  if (rows - r >= 1) int_block<1, N>(plane, at, off, w + r, k, out + r * stride, stride);
}

SIM_TARGET static void f32_tile(int rows, int vectors, const float* plane, const int64_t* at, const int32_t* off, const float* w,
                                int k, const float* bias, float* out, int64_t stride) {
  switch (vectors) {
    case 3: return f32_rows<3>(rows, plane, at, off, w, k, bias, out, stride);
    case 2: return f32_rows<2>(rows, plane, at, off, w, k, bias, out, stride);
    default: return f32_rows<1>(rows, plane, at, off, w, k, bias, out, stride);
  }
}

SIM_TARGET static void int_tile(int rows, int vectors, const int32_t* plane, const int64_t* at, const int32_t* off, const int32_t* w,
                                int k, int32_t* out, int64_t stride) {
  switch (vectors) {
    case 3: return int_rows<3>(rows, plane, at, off, w, k, out, stride);
    case 2: return int_rows<2>(rows, plane, at, off, w, k, out, stride);
    default: return int_rows<1>(rows, plane, at, off, w, k, out, stride);
  }
}

SIM_TARGET static void f32_plane(const float* plane, int64_t stride, const int32_t* off, const float* w, int k,
                                 float bias, float lo, float hi, float* out, int64_t width, int64_t height) {
  const V::F low = V::set1(lo), high = V::set1(hi);
  for (int64_t y = 0; y < height; y++)
    for (int64_t x = 0; x < width; x += V::kLanes) {
      const float* p = plane + y * stride + x;
      V::F acc = V::set1(bias);
      for (int i = 0; i < k; i++) acc = V::fma(V::set1(w[i]), V::load(p + off[i]), acc);
      acc = V::clamp(acc, low, high);
      float* to = out + y * width + x;
      if (width - x >= V::kLanes) V::store(to, acc);
      else V::store_part(to, acc, width - x);
    }
}

SIM_TARGET static void pack_f32(const float* from, int64_t step, float* to, int64_t n) {
  if (step == 1)
    for (int64_t i = 0; i < n; i++) to[i] = from[i];
  else if (step == 2)
    for (int64_t i = 0; i < n; i++) to[i] = from[2 * i];
  else
    for (int64_t i = 0; i < n; i++) to[i] = from[i * step];
}

SIM_TARGET static void pack_four(const uint8_t* const* from, int64_t at, int64_t step, uint32_t flip, int32_t* to,
                                 int64_t n) {
  const uint8_t *a = from[0] + at, *b = from[1] + at, *c = from[2] + at, *d = from[3] + at;
  if (step == 1)
    for (int64_t i = 0; i < n; i++)
      to[i] = int32_t((uint32_t(a[i]) | uint32_t(b[i]) << 8 | uint32_t(c[i]) << 16 | uint32_t(d[i]) << 24) ^ flip);
  else
    for (int64_t i = 0, j = 0; i < n; i++, j += step)
      to[i] = int32_t((uint32_t(a[j]) | uint32_t(b[j]) << 8 | uint32_t(c[j]) << 16 | uint32_t(d[j]) << 24) ^ flip);
}

SIM_TARGET static void pack_two(const uint8_t* const* from, int64_t at, int64_t step, uint32_t flip, uint32_t zero,
                                int32_t* to, int64_t n) {
  const uint8_t *a = from[0] + at, *b = from[1] + at;
  if (step == 1)
    for (int64_t i = 0; i < n; i++)
      to[i] = int32_t((((a[i] ^ flip) - zero) & 0xffff) | ((b[i] ^ flip) - zero) << 16);
  else if (step == 2)
    for (int64_t i = 0; i < n; i++)
      to[i] = int32_t((((a[2 * i] ^ flip) - zero) & 0xffff) | ((b[2 * i] ^ flip) - zero) << 16);
  else
    for (int64_t i = 0, j = 0; i < n; i++, j += step)
      to[i] = int32_t((((a[j] ^ flip) - zero) & 0xffff) | ((b[j] ^ flip) - zero) << 16);
}

template <int N>
SIM_TARGET static inline void int_plane_block(const int32_t* plane, const int32_t* off, const int32_t* w, int k,
                                              int32_t bias, int32_t* out) {
  V::I acc[N];
  for (int n = 0; n < N; n++) acc[n] = V::iset1(bias);
  for (int i = 0; i < k; i++) {
    const V::I a = V::iset1(w[i]);
    for (int n = 0; n < N; n++) acc[n] = V::dot16(acc[n], V::iload(plane + off[i] + n * V::kLanes), a);
  }
  for (int n = 0; n < N; n++) V::istore(out + n * V::kLanes, acc[n]);
}

SIM_TARGET static void int_plane(const int32_t* plane, const int32_t* off, const int32_t* w, int k, int32_t bias,
                                 int32_t* out, int64_t n) {
  int64_t p = 0;
  for (; p + 4 * V::kLanes <= n; p += 4 * V::kLanes) int_plane_block<4>(plane + p, off, w, k, bias, out + p);
  for (; p < n; p += V::kLanes) int_plane_block<1>(plane + p, off, w, k, bias, out + p);
}

SIM_TARGET static void f32_dot4(const float* rows, int64_t stride, const float* x, int64_t n, float* out) {
  V::F acc[4][2];
  for (int r = 0; r < 4; r++) acc[r][0] = acc[r][1] = V::set1(0.0f);
  for (int64_t i = 0; i < n; i += 2 * V::kLanes) {
    const V::F x0 = V::load(x + i), x1 = V::load(x + i + V::kLanes);
    for (int r = 0; r < 4; r++) {
      acc[r][0] = V::fma(V::load(rows + r * stride + i), x0, acc[r][0]);
      acc[r][1] = V::fma(V::load(rows + r * stride + i + V::kLanes), x1, acc[r][1]);
    }
  }
  for (int r = 0; r < 4; r++) {
    float part[2 * V::kLanes], sum = 0;
    V::store(part, acc[r][0]);
    V::store(part + V::kLanes, acc[r][1]);
    for (int j = 0; j < 2 * V::kLanes; j++) sum += part[j];
    out[r] = sum;
  }
}

// Adding and taking away 1.5 * 2^52 rounds half to even; unlike nearbyint it vectorises everywhere.
SIM_TARGET static void add_codes(const AddCodes& how, const uint8_t* a, const uint8_t* b, uint8_t* out, int64_t n) {
  const AddCodes c = how;
  for (int64_t i = 0; i < n; i++) {
    double v = double(int32_t(a[i]) - c.za) * c.ra + double(int32_t(b[i]) - c.zb) * c.rb;
    v = v < c.lo ? c.lo : v;
    v = v > c.hi ? c.hi : v;
    out[i] = uint8_t(int32_t(v + 6755399441055744.0 - 6755399441055744.0) + c.offset);
  }
}

SIM_TARGET static void int_dot4(const void* rows, int64_t stride, const void* x, int64_t n, int32_t* out) {
  // Both sides are read as 32-bit groups.
  const auto* a = static_cast<const int32_t*>(rows);
  const auto* b = static_cast<const int32_t*>(x);
  const int64_t groups = n / V::kPack, step = stride / V::kPack;
  V::I acc[4];
  for (int r = 0; r < 4; r++) acc[r] = V::zero();
  for (int64_t i = 0; i < groups; i += V::kLanes) {
    const V::I v = V::iload(b + i);
    for (int r = 0; r < 4; r++) acc[r] = V::dot(acc[r], v, V::iload(a + r * step + i));
  }
  for (int r = 0; r < 4; r++) {
    int32_t part[V::kLanes];
    uint32_t sum = 0;
    V::istore(part, acc[r]);
    for (int j = 0; j < V::kLanes; j++) sum += uint32_t(part[j]);
    out[r] = int32_t(sum);
  }
}
