// AVX-512 with VNNI: four 8-bit products per lane.
#include <cstring>

#include "isa/isa.h"

#ifdef SIM_X86_VARIANTS

#define SIM_TARGET __attribute__((target("avx2,fma,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
#include "isa/avx512vnni.h"

namespace sim {

namespace {

#include "isa/kernels/all_avx512.inl"

}  // namespace

constexpr Isa kAvx512Vnni = isa_record_512("avx512vnni");

}  // namespace sim

#endif
