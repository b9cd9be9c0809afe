// ARM with products of unsigned by signed bytes (ARMv8.6).
#include "isa/isa.h"

#ifdef SIM_ARM_BYTE_PRODUCTS

#ifdef __clang__
#define SIM_TARGET __attribute__((target("i8mm")))
#else
#define SIM_TARGET __attribute__((target("arch=armv8.2-a+i8mm")))
#endif
#include "isa/neon.h"

namespace sim {

namespace {

struct V : NeonBase {
  static constexpr int kPack = 4;
  SIM_TARGET static inline I dot(I acc, I x, I w) {
    return vusdotq_s32(acc, vreinterpretq_u8_s32(x), vreinterpretq_s8_s32(w));
  }
};

#include "isa/kernels/all.inl"

}  // namespace

constexpr Isa kNeonI8mm = isa_record("neoni8mm");

}  // namespace sim

#endif
