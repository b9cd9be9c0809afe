// Dot products of four vectors with one.
#include <algorithm>
#include <cmath>

#include "proofs.h"
#include "reference.h"

namespace proofs {

namespace {

constexpr int kBlocks[] = {0, 1, 2, 3, 7, 20};

template <class T>
void int_dot(Run& run, decltype(Isa::u8s8_dot) kernel, int pack, int64_t n, int64_t stride, Values values) {
  const int64_t groups = n / pack;
  Guarded<int32_t> rows((3 * stride + n) / pack), x(groups), out(4);
  fill_integers<T>(rows, run.random, values);
  fill_integers<T>(x, run.random, values);
  // All inputs 255 with weights of -128, too.
  if (pack == 4 && values == Values::kLowest) std::fill(x.begin(), x.end(), -1);
  std::vector<int32_t> want = copy_of(out);
  for (int64_t r = 0; r < 4; r++) {
    uint32_t sum = 0;
    for (int64_t i = 0; i < groups; i++) sum += products(pack, x[i], rows[r * stride / pack + i]);
    want[size_t(r)] = int32_t(sum);
  }
  kernel(rows.data(), stride, x.data(), n, out.data());
  run.equal(out, want, "%d values, rows %d apart", int(n), int(stride));
}

template <class T>
void int_dots(Run& run, decltype(Isa::u8s8_dot) kernel, int pack) {
  for (Values values : kAllValues) {
    for (int blocks : kBlocks)
      for (int extra : {0, 1, 3})
        int_dot<T>(run, kernel, pack, blocks * sim::kDotBlock, (blocks + extra) * sim::kDotBlock, values);
    // So long that sums leave 32 bits.
    int_dot<T>(run, kernel, pack, 1200 * sim::kDotBlock, 1200 * sim::kDotBlock, values);
  }
}

// Sums of whole numbers are exact in any order, others nearly: an error of half a unit per term.
void f32_dot(Run& run, int64_t n, int64_t stride, bool integers) {
  Guarded<float> rows(3 * stride + n), x(n), out(4);
  const auto value = [&] { return integers ? float(run.random.between(-64, 64)) : float(run.random.real()); };
  for (float& v : rows) v = value();
  for (float& v : x) v = value();
  run.isa.f32_dot(rows.data(), stride, x.data(), n, out.data());
  for (int64_t r = 0; r < 4; r++) {
    double sum = 0, magnitude = 0;
    for (int64_t i = 0; i < n; i++) {
      sum += double(rows[r * stride + i]) * double(x[i]);
      magnitude += std::fabs(double(rows[r * stride + i]) * double(x[i]));
    }
    const double allowed = integers ? 0 : double(n) * magnitude * std::numeric_limits<float>::epsilon() / 2;
    run.expect(std::fabs(double(out[r]) - sum) <= allowed, "%d values, rows %d apart: row %d is %.9g, not %.9g", int(n),
               int(stride), int(r), double(out[r]), sum);
  }
  run.expect(out.intact(), "%d values: wrote outside its output", int(n));
}

}  // namespace

void prove_u8s8_dot(Run& run) {
  if (run.isa.pack == 4) int_dots<int8_t>(run, run.isa.u8s8_dot, 4);
  else int_dots<int16_t>(run, run.isa.u8s8_dot, 2);
}

void prove_s16_dot(Run& run) { int_dots<int16_t>(run, run.isa.s16_dot, 2); }

void prove_f32_dot(Run& run) {
  for (int blocks : kBlocks)
    for (int extra : {0, 1, 3})
      for (bool integers : {true, false})
        f32_dot(run, blocks * sim::kDotBlock, (blocks + extra) * sim::kDotBlock, integers);
  // What is not finite reaches its own sum only.
  for (float special : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    Guarded<float> rows(4 * sim::kDotBlock), x(sim::kDotBlock), out(4);
    for (float& v : rows) v = 1;
    for (float& v : x) v = 1;
    rows[2 * sim::kDotBlock + 13] = special;
    run.isa.f32_dot(rows.data(), sim::kDotBlock, x.data(), sim::kDotBlock, out.data());
    const float n = float(sim::kDotBlock);
    run.equal(out, {n, n, special, n}, "a weight of %g", double(special));
  }
}

}  // namespace proofs
