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

#include "isa/kernels.inl"
#include "isa/depthwise.inl"

}  // namespace

const Isa kAvx2 = {"avx2", V::kLanes, V::kPack, f32_tile, int_tile<false>, int_tile<true>,
    f32_plane, int_plane, f32_depthwise, int_depthwise, f32_dot4, int_dot4<false>, int_dot4<true>, requantize256,
    pack_f32, pack_four, pack_two, pack_words, high_bytes, wide_sum, requantize_wide, add_codes<uint8_t>,
    add_codes<int16_t>};

}  // namespace sim

#endif
