// Turning sums into codes.
#include <algorithm>
#include <cmath>

#include "codes.h"
#include "proofs.h"
#include "reference.h"

namespace proofs {

namespace {

Codes any_word_codes(Random& random) {
  return random.below(2) ? any_codes(random, -32768, 32767) : any_codes(random, 0, 65535);
}

template <class T>
void s64_requantize(Run& run, int64_t n, Values values) {
  const Codes codes = sizeof(T) == 1 ? any_byte_codes(run.random) : any_word_codes(run.random);
  sim::WideRescaling how = {0, any_scale(run.random), 0, codes.lo, codes.hi, codes.zero};
  if (run.random.below(2)) how.add = run.random.between(-(int64_t(1) << 40), int64_t(1) << 40);
  if (run.random.below(2)) how.plus = run.random.real() * 100;
  Guarded<int64_t> acc(n);
  // Sums up to 2^51, and small ones, where codes are in between their bounds.
  const int64_t limit = (int64_t(1) << 51) - 1;
  for (int64_t& a : acc)
    a = (values == Values::kLowest    ? -limit
         : values == Values::kHighest ? limit
                                      : run.random.between(-limit, limit) >> run.random.below(50)) - how.add;
  Guarded<T> out(n);
  std::vector<T> want = copy_of(out);
  for (int64_t i = 0; i < n; i++)
    want[size_t(i)] = T(code(double(acc[i] + how.add) * how.scale + how.plus, how.lo, how.hi, how.offset));
  run.isa.s64_requantize(acc.data(), how, int(sizeof(T)), reinterpret_cast<uint8_t*>(out.data()), n);
  run.equal(out, want, "%d sums to %d bytes, scale %g, add %lld, plus %g", int(n), int(sizeof(T)), how.scale,
            static_cast<long long>(how.add), how.plus);
}

template <class T>
void add(Run& run, void (*kernel)(const sim::AddCodes&, const T*, const T*, T*, int64_t), const Codes& codes, int64_t n,
         Values values) {
  constexpr int64_t lowest = std::numeric_limits<T>::min(), highest = std::numeric_limits<T>::max();
  const auto ratio = [&] { return run.random.one_of<double>({1, -1, 0.5, 0.25, 1.7, 0.013}); };
  const auto zero = [&] { return int32_t(run.random.between(lowest, highest)); };
  const sim::AddCodes how = {ratio(), ratio(), codes.lo, codes.hi, zero(), zero(), codes.zero};
  Guarded<T> a(n), b(n), out(n);
  fill_integers<T>(a, run.random, values);
  fill_integers<T>(b, run.random, values);
  std::vector<T> want = copy_of(out);
  for (int64_t i = 0; i < n; i++) {
    const double sum = double(a[i] - how.za) * how.ra + double(b[i] - how.zb) * how.rb;
    want[size_t(i)] = T(code(sum, how.lo, how.hi, how.offset));
  }
  kernel(how, a.data(), b.data(), out.data(), n);
  run.equal(out, want, "%d codes, ratios %g and %g", int(n), how.ra, how.rb);
}

// All pairs of bytes, also in place; ratios make many ties, some, or sums too large for a short cut.
void add_all_bytes(Run& run, double ra, double rb) {
  for (bool in_place : {false, true}) {
    Guarded<uint8_t> a(65536), b(65536), other(65536);
    for (int64_t i = 0; i < a.size(); i++) {
      a[i] = uint8_t(i >> 8);
      b[i] = uint8_t(i);
    }
    const int32_t za = int32_t(run.random.below(256)), zb = int32_t(run.random.below(256));
    const int32_t zero = int32_t(run.random.below(256));
    const sim::AddCodes how = {ra, rb, double(-zero), double(255 - zero), za, zb, zero};
    std::vector<uint8_t> want(65536);
    for (int64_t i = 0; i < a.size(); i++)
      want[size_t(i)] = uint8_t(code(double(a[i] - za) * ra + double(b[i] - zb) * rb, how.lo, how.hi, zero));
    const Guarded<uint8_t>& out = in_place ? a : other;
    run.isa.u8_add(how, a.data(), b.data(), out.data(), out.size());
    run.equal(out, want, "all pairs, ratios %g and %g%s", ra, rb, in_place ? ", in place" : "");
  }
}

// Sums whose codes are ties between two codes or as near as integers come, where a short cut would round wrongly.
void prove_near_ties(Run& run) {
  for (double scale : {0.5, 1.5, 0.1, 0.013, 1e-3, 1.0 / 4096, 7.123e-5, 3e-7, 1e-8})
    for (int32_t zero : {0, 1, 127, 128, 255}) {
      Guarded<int32_t> acc(3 * 511);
      for (int64_t i = 0; i < acc.size(); i++) {
        const double tie = (double(i / 3 - 255) + 0.5) / scale;
        const double nearest = std::nearbyint(tie) + double(i % 3 - 1);
        acc[i] = int32_t(std::max(-2147483648.0, std::min(2147483647.0, nearest)));
      }
      Guarded<uint8_t> out(acc.size());
      std::vector<uint8_t> want = copy_of(out);
      const double lo = -zero, hi = 255 - zero;
      for (int64_t i = 0; i < acc.size(); i++) want[size_t(i)] = uint8_t(code(acc[i] * scale, lo, hi, zero));
      run.isa.s32_requantize(acc.data(), nullptr, 0, scale, lo, hi, zero, out.data(), acc.size());
      run.equal(out, want, "ties, scale %g, zero point %d", scale, zero);
    }
}

}  // namespace

void prove_s32_requantize(Run& run) {
  for (int64_t n = 0; n <= 70; n++)
    for (Values values : kAllValues)
      for (bool with_minus : {false, true}) {
        const Codes codes = any_byte_codes(run.random);
        const double scale = any_scale(run.random);
        const int32_t plus = run.random.below(2) ? 0 : integer<int32_t>(run.random, Values::kRandom) >> 8;
        Guarded<int32_t> acc(n), minus(n);
        fill_integers<int32_t>(acc, run.random, values);
        fill_integers<int32_t>(minus, run.random, Values::kRandom);
        // Small sums too: ties and codes in between the bounds.
        if (values == Values::kRandom)
          for (int64_t i = 0; i < n; i++) acc[i] >>= run.random.below(32), minus[i] >>= run.random.below(32);
        Guarded<uint8_t> out(n);
        std::vector<uint8_t> want = copy_of(out);
        for (int64_t i = 0; i < n; i++) {
          const uint32_t sum = uint32_t(acc[i]) + uint32_t(plus) - (with_minus ? uint32_t(minus[i]) : 0);
          want[size_t(i)] = uint8_t(code(double(int32_t(sum)) * scale, codes.lo, codes.hi, codes.zero));
        }
        run.isa.s32_requantize(acc.data(), with_minus ? minus.data() : nullptr, plus, scale, codes.lo, codes.hi,
                               codes.zero, out.data(), n);
        run.equal(out, want, "%d sums, scale %g, add %d, zero point %d", int(n), scale, plus, codes.zero);
      }
  prove_near_ties(run);
}

void prove_s64_requantize(Run& run) {
  for (int64_t n = 0; n <= 70; n++)
    for (Values values : kAllValues) {
      s64_requantize<uint8_t>(run, n, values);
      s64_requantize<uint16_t>(run, n, values);
    }
}

// Any sum whose lower half is `low` and which the coarse one misses by less than 2^31 must come out.
void prove_s32_wide_sum(Run& run) {
  for (int64_t n = 0; n <= 40; n++)
    for (bool coarse : {false, true})
      for (bool first : {false, true}) {
        const int shift = int(run.random.below(17));
        const int64_t constant = coarse ? run.random.between(-(int64_t(1) << 33), int64_t(1) << 33) : 0;
        Guarded<int32_t> low(n), high(n);
        Guarded<int64_t> sum(n);
        std::vector<int64_t> want;
        for (int64_t i = 0; i < n; i++) {
          high[i] = integer<int32_t>(run.random, run.random.below(2) ? Values::kEdges : Values::kRandom);
          const int64_t most = (int64_t(1) << 31) - 1;
          const bool edge = run.random.below(3) == 0;
          const int64_t error = edge ? run.random.one_of({-most, most}) : run.random.between(-most, most);
          low[i] = integer<int32_t>(run.random, Values::kEdges);
          int64_t exact = low[i];
          if (coarse) {
            exact = int64_t(high[i]) * (int64_t(1) << shift) + constant + error;
            low[i] = int32_t(uint32_t(uint64_t(exact)));
          }
          sum[i] = first ? integer<int64_t>(run.random, Values::kRandom) : run.random.between(-1000000, 1000000);
          want.push_back(first ? exact : sum[i] + exact);
        }
        run.isa.s32_wide_sum(low.data(), coarse ? high.data() : nullptr, shift, constant, first, sum.data(), n);
        run.equal(sum, want, "%d sums, %s, %s", int(n), coarse ? "with coarse ones" : "exact", first ? "set" : "added");
      }
}

void prove_u8_add(Run& run) {
  for (double ra : {0.5, 0.25, 1.0, 1.0 / 3, 0.7321, 0.0021, 300.5, 40000.0})
    for (double rb : {0.5, -0.125, 0.30000001, 1.7}) add_all_bytes(run, ra, rb);
  for (int64_t n = 0; n <= 70; n++)
    for (Values values : kAllValues) add(run, run.isa.u8_add, any_codes(run.random, 0, 255), n, values);
}

void prove_s16_add(Run& run) {
  for (int64_t n = 0; n <= 70; n++)
    for (Values values : kAllValues) add(run, run.isa.s16_add, any_codes(run.random, -32768, 32767), n, values);
}

void prove_s16_leaky(Run& run) {
  for (int64_t n = 0; n <= 70; n++)
    for (Values values : kAllValues)
      for (bool in_place : {false, true}) {
        const Codes codes = any_codes(run.random, -32768, 32767);
        const double slope = run.random.one_of<double>({0.125, 0.01, -0.5, 1.75});
        const int32_t zero = int32_t(run.random.between(-32768, 32767));
        const sim::LeakyCodes how = {any_scale(run.random), slope, codes.lo, codes.hi, zero, codes.zero};
        Guarded<int16_t> x(n), other(n);
        fill_integers<int16_t>(x, run.random, values);
        const Guarded<int16_t>& y = in_place ? x : other;
        std::vector<int16_t> want(static_cast<size_t>(n));
        for (int64_t i = 0; i < n; i++) {
          const double v = double(x[i] - zero) * how.scale;
          want[size_t(i)] = int16_t(code(x[i] > zero ? v : v * slope, how.lo, how.hi, how.offset));
        }
        run.isa.s16_leaky(how, x.data(), y.data(), n);
        run.equal(y, want, "%d codes, slope %g%s", int(n), slope, in_place ? " in place" : "");
      }
}

}  // namespace proofs
