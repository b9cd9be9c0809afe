// AVX-512 without VNNI: integers are 16-bit pairs.
#include <cstring>

#include "isa/isa.h"

#ifdef SIM_X86_VARIANTS

#define SIM_TARGET __attribute__((target("avx2,fma,avx512f,avx512bw,avx512vl,avx512dq")))
#include "isa/avx512.h"

namespace sim {

namespace {

struct V : Avx512Base {
  static constexpr int kPack = 2;
  SIM_TARGET static inline I dot16(I acc, I x, I w) { return _mm512_add_epi32(acc, _mm512_madd_epi16(x, w)); }
  SIM_TARGET static inline I dot(I acc, I x, I w) { return dot16(acc, x, w); }
};

#include "isa/kernels/all_avx512.inl"

}  // namespace

constexpr Isa kAvx512 = isa_record_512("avx512");

}  // namespace sim

#endif
