// u8_add in float32 wherever that cannot round to another integer; see Rescale in avx512.h.

// 16 results, of which only those of `mask` are read and count.
SIM_TARGET static inline V::I u8_add_quick(const uint8_t* a, const uint8_t* b, __mmask16 mask, V::F ra, V::F rb,
                                           V::F base, V::F lo, V::F hi, V::F& far) {
  const V::F x = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(mask, a)));
  const V::F y = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(mask, b)));
  const V::F v = V::fma(x, ra, V::fma(y, rb, base)), z = _mm512_min_ps(_mm512_max_ps(v, lo), hi);
  far = _mm512_range_ps(far, _mm512_reduce_ps(z, 0), 0x0b);
  return _mm512_cvtps_epi32(z);
}

SIM_TARGET static void u8_add_512(const AddCodes& how, const uint8_t* a, const uint8_t* b, uint8_t* out, int64_t n) {
  // Zero points and offset in one constant. Every rounding is off by at most 2^-24 of a partial sum, which is at most
  // `most`; there are six of them.
  const double base = double(how.offset) - how.za * how.ra - how.zb * how.rb;
  const double most = 255 * ((how.ra < 0 ? -how.ra : how.ra) + (how.rb < 0 ? -how.rb : how.rb)) +
                      (base < 0 ? -base : base) + 255;
  const double error = 6 * most / 16777216;
  if (!(error < 0.05)) return int_add<uint8_t>(how, a, b, out, n);
  const V::F ra = V::set1(float(how.ra)), rb = V::set1(float(how.rb)), start = V::set1(float(base));
  const V::F lo = V::set1(float(how.lo + how.offset)), hi = V::set1(float(how.hi + how.offset));
  const V::F sure = V::set1(float(0.4999 - error));
  constexpr int64_t kPiece = 4 * V::kLanes;
  for (int64_t first = 0; first < n; first += kPiece) {
    const int64_t end = first + kPiece < n ? first + kPiece : n;
    uint8_t line[kPiece];
    V::F far = _mm512_setzero_ps();
    for (int64_t i = first; i < end; i += V::kLanes) {
      const __mmask16 mask = end - i >= V::kLanes ? __mmask16(0xffff) : __mmask16((1u << (end - i)) - 1);
      const V::I q = u8_add_quick(a + i, b + i, mask, ra, rb, start, lo, hi, far);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(line + (i - first)), _mm512_cvtepi32_epi8(q));
    }
    // The output may be an input, so nothing is written before it is sure.
    if (__builtin_expect(_mm512_cmp_ps_mask(far, sure, _CMP_GT_OQ) != 0, 0))
      int_add<uint8_t>(how, a + first, b + first, out + first, end - first);
    else
      std::memcpy(out + first, line, size_t(end - first));
  }
}
