// AVX2 with FMA. There is no exact 8-bit product here, so integers are 16-bit pairs.
#include <cstring>

#include "isa/isa.h"

#ifdef SIM_X86_VARIANTS

#define SIM_TARGET __attribute__((target("avx2,fma")))
#include "isa/avx2.h"

namespace sim {

namespace {

struct V : Avx2Base {
  static constexpr int kPack = 2;
  SIM_TARGET static inline I dot(I acc, I x, I w) { return dot16(acc, x, w); }
};

#include "isa/kernels/all.inl"

}  // namespace

constexpr Isa kAvx2 = isa_record("avx2");

}  // namespace sim

#endif
