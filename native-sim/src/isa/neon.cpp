// 64-bit ARM as every processor has it: integers are 16-bit pairs.
#include "isa/isa.h"

#ifdef SIM_ARM_VARIANTS

#define SIM_TARGET
#include "isa/neon.h"

namespace sim {

namespace {

struct V : NeonBase {
  static constexpr int kPack = 2;
  static inline I dot(I acc, I x, I w) { return dot16(acc, x, w); }
};

#include "isa/kernels/all.inl"

}  // namespace

constexpr Isa kNeon = isa_record("neon");

}  // namespace sim

#endif
