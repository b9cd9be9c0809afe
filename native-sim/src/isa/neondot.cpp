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
  static constexpr bool kSignedBytes = true;
  SIM_TARGET static inline I half() { return vreinterpretq_s32_s8(vdupq_n_s8(-128)); }
  SIM_TARGET static inline I to_signed(I x) { return veorq_s32(x, half()); }
  SIM_TARGET static inline I dot_signed(I acc, I x, I w) {
    return vdotq_s32(acc, vreinterpretq_s8_s32(x), vreinterpretq_s8_s32(w));
  }
  // 128 times the weights of each of 8 rows.
  SIM_TARGET static inline void start_sums(const int32_t* w, int k, int32_t* start) {
    I low = zero(), high = zero();
    for (int i = 0; i < k; i++, w += kRowBlock) {
      low = dot_signed(low, half(), iload(w));
      high = dot_signed(high, half(), iload(w + kLanes));
    }
    istore(start, vnegq_s32(low));
    istore(start + kLanes, vnegq_s32(high));
  }
  SIM_TARGET static inline I dot(I acc, I x, I w) {
    return vsubq_s32(dot_signed(acc, to_signed(x), w), dot_signed(zero(), half(), w));
  }
};

#include "isa/kernels/all.inl"

}  // namespace

constexpr Isa kNeonDot = isa_record("neondot");

}  // namespace sim

#endif
