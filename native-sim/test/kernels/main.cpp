// Compares every kernel of every instruction set that this machine has with plain loops.
//
// kernel-proofs [instruction set ...]: fails unless these are the ones that the machine has.
#include <unistd.h>

#include <csignal>
#include <string>

#include "proofs.h"

namespace proofs {

namespace {

struct Proof {
  const char* kernel;
  size_t entry;  // where Isa holds it
  void (*prove)(Run&);
};

template <class F>
size_t place(F Isa::* entry) {
  const Isa& isa = sim::isa_at(0);
  return size_t(reinterpret_cast<const char*>(&(isa.*entry)) - reinterpret_cast<const char*>(&isa));
}

#define PROOF(kernel) {#kernel, place(&Isa::kernel), prove_##kernel}

std::vector<Proof> all_proofs() {
  return {
      PROOF(f32_conv), PROOF(u8s8_conv), PROOF(u8s8_conv_codes), PROOF(s16_conv), PROOF(f32_plane), PROOF(s16_plane),
      PROOF(f32_depthwise), PROOF(u8s16_depthwise), PROOF(s16_depthwise), PROOF(f32_dot), PROOF(u8s8_dot),
      PROOF(s16_dot), PROOF(s32_requantize), PROOF(u8_table), PROOF(f32_pack), PROOF(u8_pack4), PROOF(u8_pack2),
      PROOF(s16_pack2), PROOF(s16_high_bytes), PROOF(s32_wide_sum), PROOF(s64_requantize), PROOF(u8_add),
      PROOF(s16_add), PROOF(s16_leaky),
  };
}

// The entries behind the first kernel are all functions, so those without a proof can be found.
bool complete(const std::vector<Proof>& proofs) {
  bool all = true;
  for (size_t at = place(&Isa::f32_conv); at < sizeof(Isa); at += sizeof(void (*)()))
    if (std::none_of(proofs.begin(), proofs.end(), [&](const Proof& p) { return p.entry == at; })) {
      std::printf("FAILED: the entry at byte %zu of Isa has no proof in test/kernels\n", at);
      all = false;
    }
  return all;
}

// What is running, for the message when it leaves its memory.
const char *running_isa = "", *running_kernel = "";

void outside(int) {
  std::string text = std::string("FAILED ") + running_isa + " " + running_kernel + ": access outside its memory\n";
  if (write(STDOUT_FILENO, text.data(), text.size()) < 0) _exit(2);
  _exit(1);
}

void prove(const Isa& isa, const Proof& proof, Tally& tally) {
  running_isa = isa.name;
  running_kernel = proof.kernel;
  Run run(isa, proof.kernel, tally);
  proof.prove(run);
}

std::string grouped(int64_t n) {
  std::string text = std::to_string(n);
  for (int64_t at = int64_t(text.size()) - 3; at > 0; at -= 3) text.insert(size_t(at), ",");
  return text;
}

// The variants found are the named ones.
bool as_named(int count, char** names) {
  bool equal = count == sim::isa_count();
  for (int i = 0; i < count && equal; i++) equal = std::strcmp(sim::isa_at(i).name, names[i]) == 0;
  if (equal) return true;
  std::printf("FAILED: the instruction sets found are");
  for (int i = 0; i < sim::isa_count(); i++) std::printf(" %s", sim::isa_at(i).name);
  std::printf("\n");
  return false;
}

int prove_all(int count, char** names) {
  std::signal(SIGSEGV, outside);
  std::signal(SIGBUS, outside);
  const std::vector<Proof> proofs = all_proofs();
  bool ok = complete(proofs);
  if (count > 0) ok = as_named(count, names) && ok;
  Tally tally;
  for (int i = 0; i < sim::isa_count(); i++) {
    const Isa& isa = sim::isa_at(i);
    const int64_t before = tally.checks();
    for (const Proof& proof : proofs) prove(isa, proof, tally);
    prove(isa, {"taps", 0, prove_taps}, tally);
    std::printf("%s: %s checks\n", isa.name, grouped(tally.checks() - before).c_str());
  }
  std::printf("kernels: %s checks, %s failed\n", grouped(tally.checks()).c_str(), grouped(tally.failed()).c_str());
  return ok && tally.failed() == 0 && tally.checks() > 0 ? 0 : 1;
}

}  // namespace

}  // namespace proofs

int main(int argc, char** argv) { return proofs::prove_all(argc - 1, argv + 1); }
