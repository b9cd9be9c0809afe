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

#include "isa/kernels.inl"
#include "isa/depthwise.inl"

}  // namespace

const Isa kAvx512Vnni = {"avx512vnni", V::kLanes, V::kPack, f32_tile, int_tile<false>, int_tile<true>,
    f32_plane, int_plane, f32_depthwise, int_depthwise, f32_dot4, int_dot4<false>, int_dot4<true>, requantize512,
    pack_f32, pack_four, pack_two, pack_words, high_bytes, wide_sum, requantize_wide, add_codes<uint8_t>,
    add_codes<int16_t>};

}  // namespace sim

#endif
