// The loops of the statistics taps.
#include "isa/taps.h"

#include <cmath>

#include "proofs.h"

namespace proofs {

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

// NaN is ignored, and which zero is the smaller one is left open.
struct Plain {
  float lo = kInf, hi = -kInf;
  double lanes[16] = {}, sum = 0;
  bool finite = true;

  explicit Plain(const Guarded<float>& x) {
    for (int64_t i = 0; i < x.size(); i++) {
      if (x[i] < lo) lo = x[i];
      if (x[i] > hi) hi = x[i];
      lanes[i % 16] += double(x[i]);
      finite = finite && std::isfinite(x[i]);
    }
    for (double lane : lanes) sum += lane;
  }
};

void prove_ranges(Run& run, const sim::TapLoops& loops, const Guarded<float>& x) {
  const int64_t n = x.size();
  const Plain plain(x);
  const sim::Extremes e = loops.extremes(x.data(), n);
  run.expect(e.lo == plain.lo && e.hi == plain.hi, "extremes of %d values: %g to %g, not %g to %g", int(n),
             double(e.lo), double(e.hi), double(plain.lo), double(plain.hi));
  const sim::FiniteExtremes f = loops.finite_extremes(x.data(), n);
  run.expect(f.finite == plain.finite && f.extremes.lo == plain.lo && f.extremes.hi == plain.hi,
             "finite extremes of %d values: %d", int(n), f.finite);
  const sim::Summary s = loops.summary(x.data(), n);
  const bool sums = s.sum == plain.sum || (std::isnan(s.sum) && std::isnan(plain.sum));
  run.expect(s.lo == plain.lo && s.hi == plain.hi && sums, "summary of %d values: sum %.17g, not %.17g", int(n), s.sum,
             plain.sum);
}

void prove_count(Run& run, const sim::TapLoops& loops, int64_t n) {
  Guarded<float> x(n);
  for (float& v : x) {
    const bool edge = run.random.below(4) == 0;
    v = edge ? run.random.one_of<float>({0.0f, -0.0f, 4, -4}) : float(run.random.real() * 4);
  }
  const sim::Binning how = {16, 127};
  Guarded<uint32_t> table(int64_t(sim::kTableHalves) * (how.mask + 1));
  for (uint32_t& count : table) count = 0;
  std::vector<uint32_t> want(how.mask + 1, 0);
  int64_t counted = 0;
  for (float v : x) {
    if (v == 0) continue;
    const int32_t magnitude = int32_t(std::fabs(v) * how.inverse);
    want[uint32_t(v < 0 ? ~magnitude : magnitude) & how.mask]++;
    counted++;
  }
  const int64_t got = loops.count(x.data(), n, how, table.data());
  bool equal = got == counted && table.intact();
  for (size_t slot = 0; slot <= how.mask; slot++)
    equal = equal && table[int64_t(slot)] + table[int64_t(slot + how.mask + 1)] == want[slot];
  run.expect(equal, "histogram of %d values: %d counted, not %d", int(n), int(got), int(counted));
}

}  // namespace

void prove_taps(Run& run) {
  const sim::TapLoops& loops = sim::tap_loops(run.isa);
  for (int64_t n = 0; n <= 100; n++) {
    Guarded<float> x(n);
    for (Values values : kAllValues) {
      fill_reals(x, run.random, values);
      prove_ranges(run, loops, x);
    }
    // Magnitudes so different that the order of a sum shows.
    for (float& v : x) v = std::ldexp(float(run.random.real()), int(run.random.between(-50, 50)));
    prove_ranges(run, loops, x);
  }
  for (int64_t n : {0, 1, 15, 16, 17, 511, 512, 513, 1024, 2000}) prove_count(run, loops, n);
}

}  // namespace proofs
