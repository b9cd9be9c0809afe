// Every kernel, with the better forms that 512-bit vectors have.

#include "isa/kernels/all.inl"

#include "isa/kernels/u8_add_avx512.inl"

static constexpr Isa isa_record_512(const char* name) {
  Isa isa = isa_record(name);
  isa.u8_add = u8_add_512;
  return isa;
}
