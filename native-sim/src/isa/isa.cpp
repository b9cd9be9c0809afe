#include "isa/isa.h"

#include <atomic>
#include <cstring>
#include <vector>

#ifdef SIM_X86_VARIANTS
#include <cpuid.h>
#endif

#ifdef SIM_ARM_BYTE_PRODUCTS
#if defined(__linux__)
#include <sys/auxv.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif
#endif

namespace sim {

namespace {

#ifdef SIM_X86_VARIANTS
// gcc 12 does not know the name "avxvnni" in __builtin_cpu_supports, so this one bit is read by hand.
bool has_avxvnni() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & (1u << 4));
}
#endif

#ifdef SIM_ARM_BYTE_PRODUCTS
#if defined(__linux__)
// By their numbers, because headers of older systems lack the names.
bool has_dotprod() { return getauxval(AT_HWCAP) & (1ul << 20); }
bool has_i8mm() { return getauxval(AT_HWCAP2) & (1ul << 13); }
#elif defined(__APPLE__)
bool has_feature(const char* name) {
  int value = 0;
  size_t size = sizeof value;
  return sysctlbyname(name, &value, &size, nullptr, 0) == 0 && value != 0;
}
bool has_dotprod() { return has_feature("hw.optional.arm.FEAT_DotProd"); }
bool has_i8mm() { return has_feature("hw.optional.arm.FEAT_I8MM"); }
#else
bool has_dotprod() { return false; }
bool has_i8mm() { return false; }
#endif
#endif

std::vector<const Isa*> detect() {
  std::vector<const Isa*> found{&kPortable};
#ifdef SIM_X86_VARIANTS
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (avx2) found.push_back(&kAvx2);
  if (avx2 && has_avxvnni()) found.push_back(&kAvxVnni);
  if (avx512) found.push_back(&kAvx512);
  const bool vnni = avx512 && __builtin_cpu_supports("avx512vnni");
  if (vnni) found.push_back(&kAvx512Vnni);
  if (vnni && __builtin_cpu_supports("avx512vbmi")) found.push_back(&kAvx512Vbmi);
#endif
#ifdef SIM_ARM_VARIANTS
  found.push_back(&kNeon);
#endif
#ifdef SIM_ARM_BYTE_PRODUCTS
  if (has_dotprod()) found.push_back(&kNeonDot);
  if (has_i8mm()) found.push_back(&kNeonI8mm);
#endif
  return found;
}

const std::vector<const Isa*>& variants() {
  static const std::vector<const Isa*> list = detect();
  return list;
}

std::atomic<const Isa*> chosen{nullptr};

}  // namespace

int isa_count() { return int(variants().size()); }
const Isa& isa_at(int i) { return *variants()[size_t(i)]; }

const Isa& current_isa() {
  const Isa* isa = chosen.load();
  return isa ? *isa : *variants().back();
}

bool select_isa(const char* name) {
  if (!*name) {
    chosen = nullptr;
    return true;
  }
  for (const Isa* isa : variants())
    if (std::strcmp(isa->name, name) == 0) {
      chosen = isa;
      return true;
    }
  return false;
}

}  // namespace sim
