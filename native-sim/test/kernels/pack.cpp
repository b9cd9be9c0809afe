// Packing input elements into groups.
#include "proofs.h"

namespace proofs {

namespace {

// Lengths around the blocks that kernels copy at once, and steps of strided convolutions.
template <class F>
void every_length(F prove) {
  for (int64_t step = 1; step <= 4; step++)
    for (int64_t n = 0; n <= 70; n++) prove(step, n);
}

int64_t span(int64_t step, int64_t n) { return n == 0 ? 0 : (n - 1) * step + 1; }

}  // namespace

void prove_f32_pack(Run& run) {
  every_length([&](int64_t step, int64_t n) {
    // Two steps at once may be loaded together.
    Guarded<float> from(span(step, n) + (step == 2)), to(n);
    fill_reals(from, run.random, Values::kEdges);
    std::vector<float> want = copy_of(to);
    for (int64_t i = 0; i < n; i++) want[size_t(i)] = from[i * step];
    run.isa.f32_pack(from.data(), step, to.data(), n);
    run.equal(to, want, "%d elements, step %d", int(n), int(step));
  });
}

void prove_u8_pack4(Run& run) {
  every_length([&](int64_t step, int64_t n) {
    const int64_t at = run.random.below(9);
    Guarded<uint8_t> a(at + span(step, n)), b(a.size()), c(a.size()), d(a.size());
    const uint8_t* from[4] = {a.data(), b.data(), c.data(), d.data()};
    for (auto* array : {&a, &b, &c, &d}) fill_integers<uint8_t>(*array, run.random, Values::kRandom);
    const uint32_t flip = run.random.one_of<uint32_t>({0, 0x80808080});
    Guarded<int32_t> to(n);
    std::vector<int32_t> want = copy_of(to);
    for (int64_t i = 0; i < n; i++) {
      uint32_t group = 0;
      for (int j = 3; j >= 0; j--) group = group << 8 | from[j][at + i * step];
      want[size_t(i)] = int32_t(group ^ flip);
    }
    run.isa.u8_pack4(from, at, step, flip, to.data(), n);
    run.equal(to, want, "%d elements, step %d, from %d", int(n), int(step), int(at));
  });
}

void prove_u8_pack2(Run& run) {
  every_length([&](int64_t step, int64_t n) {
    for (uint32_t zero : {0, 1, 128, 255}) {
      const int64_t at = run.random.below(9);
      Guarded<uint8_t> a(at + span(step, n) + (step == 2)), b(a.size());
      const uint8_t* from[2] = {a.data(), b.data()};
      for (auto* array : {&a, &b}) fill_integers<uint8_t>(*array, run.random, Values::kEdges);
      const uint32_t flip = run.random.one_of<uint32_t>({0, 0x80});
      Guarded<int32_t> to(n);
      std::vector<int32_t> want = copy_of(to);
      for (int64_t i = 0; i < n; i++) {
        const int32_t x = int32_t(a[at + i * step] ^ flip) - int32_t(zero);
        const int32_t y = int32_t(b[at + i * step] ^ flip) - int32_t(zero);
        want[size_t(i)] = int32_t(uint32_t(uint16_t(x)) | uint32_t(uint16_t(y)) << 16);
      }
      run.isa.u8_pack2(from, at, step, flip, zero, to.data(), n);
      run.equal(to, want, "%d elements, step %d, from %d, zero %u", int(n), int(step), int(at), zero);
    }
  });
}

void prove_s16_pack2(Run& run) {
  every_length([&](int64_t step, int64_t n) {
    Guarded<int16_t> a(span(step, n)), b(span(step, n));
    for (auto* array : {&a, &b}) fill_integers<int16_t>(*array, run.random, Values::kEdges);
    Guarded<int32_t> to(n);
    std::vector<int32_t> want = copy_of(to);
    for (int64_t i = 0; i < n; i++)
      want[size_t(i)] = int32_t(uint32_t(uint16_t(a[i * step])) | uint32_t(uint16_t(b[i * step])) << 16);
    run.isa.s16_pack2(a.data(), b.data(), step, to.data(), n);
    run.equal(to, want, "%d elements, step %d", int(n), int(step));
  });
}

void prove_s16_high_bytes(Run& run) {
  for (int64_t n = 0; n <= 140; n++) {
    Guarded<int16_t> from(n);
    fill_integers<int16_t>(from, run.random, kAllValues[n % 4]);
    Guarded<uint8_t> to(n);
    std::vector<uint8_t> want = copy_of(to);
    for (int64_t i = 0; i < n; i++) want[size_t(i)] = uint8_t((from[i] >> 8) + 128);
    run.isa.s16_high_bytes(from.data(), to.data(), n);
    run.equal(to, want, "%d elements", int(n));
  }
}

}  // namespace proofs
