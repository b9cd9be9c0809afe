// 512-bit vectors with VNNI; shared by the variants with and without VBMI, which define SIM_TARGET first.
#pragma once

#include "isa/avx512.h"

namespace sim {

namespace {

struct V : Avx512Base {
  static constexpr int kPack = 4;
  SIM_TARGET static inline I dot16(I acc, I x, I w) { return _mm512_dpwssd_epi32(acc, x, w); }
  SIM_TARGET static inline I dot(I acc, I x, I w) { return _mm512_dpbusd_epi32(acc, x, w); }
};

}  // namespace

}  // namespace sim
