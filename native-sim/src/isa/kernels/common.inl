// What several kernels use.

// The tiles must be unrolled before gcc decides what lives in registers, or it keeps copies of them on the stack.
#if defined(__GNUC__) && !defined(__clang__)
#define SIM_UNROLL _Pragma("GCC unroll 16")
#else
#define SIM_UNROLL
#endif

// Every float32 kernel stores through this.
struct F32Finish {
  V::F slope, lo, hi;
  bool leaky;
  SIM_TARGET inline explicit F32Finish(const F32Activation& act)
      : slope(V::set1(act.slope)), lo(V::set1(act.lo)), hi(V::set1(act.hi)), leaky(act.slope != 1.0f) {}
  SIM_TARGET inline V::F operator()(V::F x) const { return V::clamp(leaky ? V::leaky(x, slope) : x, lo, hi); }
};

// rint_half_even(clamp(v)) + offset. Adding and taking away 1.5 * 2^52 rounds half to even; unlike nearbyint it
// vectorises everywhere.
template <class T>
SIM_TARGET static inline T code_of(double v, double lo, double hi, int32_t offset) {
  constexpr double kMagic = 6755399441055744.0;
  v = v < lo ? lo : v;
  v = v > hi ? hi : v;
  return T(int32_t(v + kMagic - kMagic) + offset);
}

// One group of integer products: pairs of 16-bit values, or what the instruction set packs.
template <bool kPairs>
SIM_TARGET static inline V::I dot_group(V::I acc, V::I x, V::I w) {
  if constexpr (kPairs) return V::dot16(acc, x, w);
  else return V::dot(acc, x, w);
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
