// AVX-512 with VNNI and VBMI, which looks 64 bytes up at once.
#include <cstring>

#include "isa/isa.h"

#ifdef SIM_X86_VARIANTS

#define SIM_TARGET __attribute__((target("avx2,fma,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512vbmi")))
#include "isa/avx512vnni.h"

namespace sim {

namespace {

#include "isa/kernels/all_avx512.inl"
#include "isa/kernels/u8_table_avx512vbmi.inl"

constexpr Isa with_byte_tables() {
  Isa isa = isa_record_512("avx512vbmi");
  isa.u8_table = u8_table_vbmi;
  return isa;
}

}  // namespace

constexpr Isa kAvx512Vbmi = with_byte_tables();

}  // namespace sim

#endif
