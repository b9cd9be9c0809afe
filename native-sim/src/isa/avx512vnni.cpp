// AVX-512 with VNNI: four 8-bit products per lane.
#include <cstring>

#include "isa/isa.h"

#ifdef SIM_X86_VARIANTS

#define SIM_TARGET __attribute__((target("avx2,fma,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
#include "isa/avx512.h"

namespace sim {

namespace {

struct V : Avx512Base {
  static constexpr int kPack = 4;
  SIM_TARGET static inline I dot16(I acc, I x, I w) { return _mm512_dpwssd_epi32(acc, x, w); }
  SIM_TARGET static inline I dot(I acc, I x, I w) { return _mm512_dpbusd_epi32(acc, x, w); }
};

#include "isa/kernels/all_avx512.inl"

}  // namespace

constexpr Isa kAvx512Vnni = isa_record_512("avx512vnni");

}  // namespace sim

#endif
