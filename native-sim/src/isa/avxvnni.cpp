// 256-bit VNNI: four 8-bit products per lane.
#include <cstring>

#include "isa/isa.h"

#ifdef SIM_X86_VARIANTS

#define SIM_TARGET __attribute__((target("avx2,fma,avxvnni")))
#include "isa/avx2.h"

namespace sim {

namespace {

struct V : Avx2Base {
  static constexpr int kPack = 4;
  SIM_TARGET static inline I dot(I acc, I x, I w) { return _mm256_dpbusd_avx_epi32(acc, x, w); }
};

#include "isa/kernels/all.inl"

}  // namespace

constexpr Isa kAvxVnni = isa_record("avxvnni");

}  // namespace sim

#endif
