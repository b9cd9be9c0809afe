// ARM with dot products (ARMv8.2): four products of signed bytes per lane. Inputs are unsigned: 128 is taken from them
// first, and 128 times the weights is added.
#include "isa/isa.h"

#ifdef SIM_ARM_BYTE_PRODUCTS

#ifdef __clang__
#define SIM_TARGET __attribute__((target("dotprod")))
#else
#define SIM_TARGET __attribute__((target("arch=armv8.2-a+dotprod")))
#endif
#include "isa/neon.h"

namespace sim {

namespace {

struct V : NeonBase {
  static constexpr int kPack = 4;
  SIM_TARGET static inline int8x16_t half() { return vdupq_n_s8(-128); }
  SIM_TARGET static inline int8x16_t bytes(I x) { return vreinterpretq_s8_s32(x); }
  SIM_TARGET static inline int8x16_t less_half(I x) { return veorq_s8(bytes(x), half()); }
  SIM_TARGET static inline I dot(I acc, I x, I w) {
    acc = vdotq_s32(acc, less_half(x), bytes(w));
    return vsubq_s32(acc, vdotq_s32(zero(), half(), bytes(w)));
  }
};

#include "isa/kernels/all.inl"
#include "isa/kernels/u8s8_conv_8x3_neondot.inl"

constexpr Isa neondot_record() {
  Isa isa = isa_record("neondot");
  isa.u8s8_conv = u8s8_conv_neondot;
  return isa;
}

}  // namespace

constexpr Isa kNeonDot = neondot_record();

}  // namespace sim

#endif
