// The loops behind an Isa record, written once over a vector type V that the including file defines together
// with SIM_TARGET (the instruction set its functions are compiled for).
//
// V has: F, I (vector types), kLanes, kRows (rows a register tile holds), and the operations used below.

// The tiles must be unrolled before gcc decides what lives in registers, or it keeps copies of them on the stack.
#if defined(__GNUC__) && !defined(__clang__)
#define SIM_UNROLL _Pragma("GCC unroll 16")
#else
#define SIM_UNROLL
#endif

template <int R, int N>
SIM_TARGET static inline void f32_block(const float* plane, const int64_t* at, const int32_t* off,
                                        const float* w, int k, const float* bias, const TileStore& how,
                                        float* out, int64_t stride) {
  V::F acc[R][N];
  SIM_UNROLL
  for (int r = 0; r < R; r++)
    SIM_UNROLL
    for (int n = 0; n < N; n++) acc[r][n] = V::set1(bias[r]);
  for (int i = 0; i < k; i++) {
    const float* p = plane + off[i];
    V::F x[N];
    SIM_UNROLL
    for (int n = 0; n < N; n++) x[n] = V::load(p + at[n]);
    SIM_UNROLL
    for (int r = 0; r < R; r++) {
      const V::F a = V::set1(w[i * kRowBlock + r]);
      SIM_UNROLL
      for (int n = 0; n < N; n++) acc[r][n] = V::fma(a, x[n], acc[r][n]);
    }
  }
  const V::F lo = V::set1(how.lo), hi = V::set1(how.hi);
  SIM_UNROLL
  for (int r = 0; r < R; r++)
    SIM_UNROLL
    for (int n = 0; n < N; n++) {
      float* to = out + r * stride + n * V::kLanes;
      const V::F y = V::clamp(acc[r][n], lo, hi);
      if (n + 1 < N || how.last >= V::kLanes) V::store(to, y);
      else V::store_part(to, y, how.last);
    }
}

// One group of integer products: pairs of 16-bit values, or what the instruction set packs.
template <bool kPairs>
SIM_TARGET static inline V::I dot_group(V::I acc, V::I x, V::I w) {
  if constexpr (kPairs) return V::dot16(acc, x, w);
  else return V::dot(acc, x, w);
}

template <bool kPairs, int R, int N>
SIM_TARGET static inline void int_block(const int32_t* plane, const int64_t* at, const int32_t* off, const int32_t* w, int k,
                                        int32_t* out, int64_t stride) {
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
  SIM_UNROLL
  for (int r = 0; r < R; r++)
    SIM_UNROLL
    for (int n = 0; n < N; n++) V::istore(out + r * stride + n * V::kLanes, acc[r][n]);
}

template <int N>
SIM_TARGET static inline void f32_rows(int rows, const float* plane, const int64_t* at, const int32_t* off, const float* w, int k,
                                       const float* bias, const TileStore& how, float* out, int64_t stride) {
  int r = 0;
  for (; rows - r >= V::kRows; r += V::kRows)
    f32_block<V::kRows, N>(plane, at, off, w + r, k, bias + r, how, out + r * stride, stride);
  if (V::kRows > 4 && rows - r >= 4) {
    f32_block<4, N>(plane, at, off, w + r, k, bias + r, how, out + r * stride, stride);
    r += 4;
  }
  if (rows - r >= 2) {
    f32_block<2, N>(plane, at, off, w + r, k, bias + r, how, out + r * stride, stride);
    r += 2;
  }
  if (rows - r >= 1) f32_block<1, N>(plane, at, off, w + r, k, bias + r, how, out + r * stride, stride);
}

template <bool kPairs, int N>
SIM_TARGET static inline void int_rows(int rows, const int32_t* plane, const int64_t* at, const int32_t* off, const int32_t* w, int k,
                                       int32_t* out, int64_t stride) {
  int r = 0;
  for (; rows - r >= V::kRows; r += V::kRows)
    int_block<kPairs, V::kRows, N>(plane, at, off, w + r, k, out + r * stride, stride);
  if (V::kRows > 4 && rows - r >= 4) {
    int_block<kPairs, 4, N>(plane, at, off, w + r, k, out + r * stride, stride);
    r += 4;
  }
  if (rows - r >= 2) {
    int_block<kPairs, 2, N>(plane, at, off, w + r, k, out + r * stride, stride);
    r += 2;
  }
  if (rows - r >= 1) int_block<kPairs, 1, N>(plane, at, off, w + r, k, out + r * stride, stride);
}

SIM_TARGET static void f32_tile(int rows, int vectors, const float* plane, const int64_t* at, const int32_t* off, const float* w,
                                int k, const float* bias, const TileStore& how, float* out, int64_t stride) {
  switch (vectors) {
    case 3: return f32_rows<3>(rows, plane, at, off, w, k, bias, how, out, stride);
    case 2: return f32_rows<2>(rows, plane, at, off, w, k, bias, how, out, stride);
    default: return f32_rows<1>(rows, plane, at, off, w, k, bias, how, out, stride);
  }
}

template <bool kPairs>
SIM_TARGET static void int_tile(int rows, int vectors, const int32_t* plane, const int64_t* at, const int32_t* off, const int32_t* w,
                                int k, int32_t* out, int64_t stride) {
  switch (vectors) {
    case 3: return int_rows<kPairs, 3>(rows, plane, at, off, w, k, out, stride);
    case 2: return int_rows<kPairs, 2>(rows, plane, at, off, w, k, out, stride);
    default: return int_rows<kPairs, 1>(rows, plane, at, off, w, k, out, stride);
  }
}

template <int R>
SIM_TARGET static inline void f32_plane_rows(const float* plane, int64_t stride, const int32_t* off, const float* w,
                                             int k, float bias, V::F lo, V::F hi, float* out, int64_t width) {
  for (int64_t x = 0; x < width; x += V::kLanes) {
    V::F acc[R];
    SIM_UNROLL
    for (int r = 0; r < R; r++) acc[r] = V::set1(bias);
    for (int i = 0; i < k; i++) {
      const V::F a = V::set1(w[i]);
      const float* p = plane + x + off[i];
      SIM_UNROLL
      for (int r = 0; r < R; r++) acc[r] = V::fma(a, V::load(p + r * stride), acc[r]);
    }
    SIM_UNROLL
    for (int r = 0; r < R; r++) {
      acc[r] = V::clamp(acc[r], lo, hi);
      if (width - x >= V::kLanes) V::store(out + r * width + x, acc[r]);
      else V::store_part(out + r * width + x, acc[r], width - x);
    }
  }
}

SIM_TARGET static void f32_plane(const float* plane, int64_t stride, const int32_t* off, const float* w, int k,
                                 float bias, float lo, float hi, float* out, int64_t width, int64_t height) {
  const V::F low = V::set1(lo), high = V::set1(hi);
  int64_t y = 0;
  for (; y + 4 <= height; y += 4)
    f32_plane_rows<4>(plane + y * stride, stride, off, w, k, bias, low, high, out + y * width, width);
  for (; y < height; y++)
    f32_plane_rows<1>(plane + y * stride, stride, off, w, k, bias, low, high, out + y * width, width);
}

// Runs `statement` for e = 0..n-1 in blocks of a fixed length, which compile to straight vector code; the last block
// overlaps the one before instead of leaving single elements. Rows of planes are short, so this matters.
#define SIM_BLOCKS(block, n, statement)                                      \
  if (n >= block) {                                                          \
    for (int64_t i = 0;; i = i + 2 * block <= n ? i + block : n - block) {   \
      for (int q = 0; q < block; q++) {                                      \
        const int64_t e = i + q;                                             \
        statement;                                                           \
      }                                                                      \
      if (i + block >= n) return;                                            \
    }                                                                        \
  }
#define SIM_ROW(n, statement)      \
  SIM_BLOCKS(16, n, statement)     \
  SIM_BLOCKS(4, n, statement)      \
  for (int64_t e = 0; e < n; e++) statement;

SIM_TARGET static void pack_f32(const float* from, int64_t step, float* __restrict to, int64_t n) {
  if (step == 1) {
    std::memcpy(to, from, size_t(n) * sizeof(float));
    return;
  }
  if (step == 2) {
    SIM_ROW(n, to[e] = from[2 * e])
    return;
  }
  for (int64_t i = 0; i < n; i++) to[i] = from[i * step];
}

SIM_TARGET static inline int32_t four(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t flip) {
  return int32_t((a | b << 8 | c << 16 | d << 24) ^ flip);
}

SIM_TARGET static inline int32_t two(uint32_t a, uint32_t b, uint32_t flip, uint32_t zero) {
  return int32_t((((a ^ flip) - zero) & 0xffff) | ((b ^ flip) - zero) << 16);
}

SIM_TARGET static void pack_four(const uint8_t* const* from, int64_t at, int64_t step, uint32_t flip,
                                 int32_t* __restrict to,
                                 int64_t n) {
  const uint8_t *a = from[0] + at, *b = from[1] + at, *c = from[2] + at, *d = from[3] + at;
  if (step == 1) {
    SIM_ROW(n, to[e] = four(a[e], b[e], c[e], d[e], flip))
    return;
  }
  for (int64_t i = 0, j = 0; i < n; i++, j += step) to[i] = four(a[j], b[j], c[j], d[j], flip);
}

SIM_TARGET static void pack_two(const uint8_t* const* from, int64_t at, int64_t step, uint32_t flip, uint32_t zero,
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

SIM_TARGET static inline int32_t word_pair(int16_t a, int16_t b) {
  return int32_t(uint32_t(uint16_t(a)) | uint32_t(uint16_t(b)) << 16);
}

SIM_TARGET static void pack_words(const int16_t* a, const int16_t* b, int64_t step, int32_t* __restrict to, int64_t n) {
  if (step == 1) {
    SIM_ROW(n, to[e] = word_pair(a[e], b[e]))
    return;
  }
  for (int64_t i = 0, j = 0; i < n; i++, j += step) to[i] = word_pair(a[j], b[j]);
}
#undef SIM_ROW
#undef SIM_BLOCKS

SIM_TARGET static void high_bytes(const int16_t* x, uint8_t* __restrict to, int64_t n) {
  for (int64_t i = 0; i < n; i++) to[i] = uint8_t(uint8_t(uint16_t(x[i]) >> 8) ^ 0x80);
}

// The sum that is `low` modulo 2^32 and closest to rough + half - 2^31.
SIM_TARGET static inline int64_t turn(int32_t low, int64_t rough, int64_t half) {
  return ((rough + half - low) & ~int64_t(0xffffffff)) + low;
}

SIM_TARGET static void wide_sum(const int32_t* low, const int32_t* high, int shift, int64_t constant, bool first,
                                int64_t* __restrict sum, int64_t n) {
  if (!high) {
    if (first)
      for (int64_t i = 0; i < n; i++) sum[i] = low[i];
    else
      for (int64_t i = 0; i < n; i++) sum[i] += low[i];
    return;
  }
  const int64_t half = constant + (int64_t(1) << 31);
  if (first)
    for (int64_t i = 0; i < n; i++) sum[i] = turn(low[i], int64_t(uint64_t(int64_t(high[i])) << shift), half);
  else
    for (int64_t i = 0; i < n; i++) sum[i] += turn(low[i], int64_t(uint64_t(int64_t(high[i])) << shift), half);
}

template <class T>
SIM_TARGET static inline void requantize_wide_as(const int64_t* acc, const WideRescaling& how, T* __restrict out,
                                                 int64_t n) {
  const WideRescaling h = how;
  constexpr double kMagic = 6755399441055744.0;
  for (int64_t i = 0; i < n; i++) {
    // The integer becomes the low bits of 1.5 * 2^52; this and the rounding below vectorise everywhere.
    const int64_t bits = acc[i] + h.add + 0x4338000000000000;
    double v;
    std::memcpy(&v, &bits, 8);
    v = (v - kMagic) * h.scale + h.plus;
    v = v < h.lo ? h.lo : v;
    v = v > h.hi ? h.hi : v;
    out[i] = T(int32_t(v + kMagic - kMagic) + h.offset);
  }
}

SIM_TARGET static void requantize_wide(const int64_t* acc, const WideRescaling& how, int bytes, uint8_t* out,
                                       int64_t n) {
  if (bytes == 1) requantize_wide_as(acc, how, out, n);
  else requantize_wide_as(acc, how, reinterpret_cast<uint16_t*>(out), n);
}

template <int N>
SIM_TARGET static inline void int_plane_block(const int32_t* plane, const int32_t* off, const int32_t* w, int k,
                                              int32_t bias, int32_t* out) {
  V::I acc[N];
  SIM_UNROLL
  for (int n = 0; n < N; n++) acc[n] = V::iset1(bias);
  for (int i = 0; i < k; i++) {
    const V::I a = V::iset1(w[i]);
    SIM_UNROLL
    for (int n = 0; n < N; n++) acc[n] = V::dot16(acc[n], V::iload(plane + off[i] + n * V::kLanes), a);
  }
  SIM_UNROLL
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
template <class T>
SIM_TARGET static void add_codes(const AddCodes& how, const T* a, const T* b, T* out, int64_t n) {
  const AddCodes c = how;
  for (int64_t i = 0; i < n; i++) {
    double v = double(int32_t(a[i]) - c.za) * c.ra + double(int32_t(b[i]) - c.zb) * c.rb;
    v = v < c.lo ? c.lo : v;
    v = v > c.hi ? c.hi : v;
    out[i] = T(int32_t(v + 6755399441055744.0 - 6755399441055744.0) + c.offset);
  }
}

template <bool kPairs>
SIM_TARGET static void int_dot4(const void* rows, int64_t stride, const void* x, int64_t n, int32_t* out) {
  // Both sides are read as 32-bit groups.
  const auto* a = static_cast<const int32_t*>(rows);
  const auto* b = static_cast<const int32_t*>(x);
  constexpr int64_t kGroup = kPairs ? 2 : V::kPack;
  const int64_t groups = n / kGroup, step = stride / kGroup;
  V::I acc[4];
  for (int r = 0; r < 4; r++) acc[r] = V::zero();
  for (int64_t i = 0; i < groups; i += V::kLanes) {
    const V::I v = V::iload(b + i);
    for (int r = 0; r < 4; r++) acc[r] = dot_group<kPairs>(acc[r], v, V::iload(a + r * step + i));
  }
  for (int r = 0; r < 4; r++) {
    int32_t part[V::kLanes];
    uint32_t sum = 0;
    V::istore(part, acc[r]);
    for (int j = 0; j < V::kLanes; j++) sum += uint32_t(part[j]);
    out[r] = int32_t(sum);
  }
}
