// Convolution tiles: every number of rows and vectors, and sums of no, one, odd and many terms.
#include <algorithm>

#include "codes.h"
#include "proofs.h"
#include "reference.h"

namespace proofs {

namespace {

using sim::kRowBlock;
using sim::kTileVectors;

constexpr int kTerms[] = {0, 1, 2, 3, 8, 17, 64};

// Where the terms and vectors of a tile lie: anywhere, in any order.
struct Places {
  std::vector<int64_t> at;
  std::vector<int32_t> off;
  int64_t elements;

  Places(Random& random, int vectors, int k, int lanes) {
    for (int v = 0; v < vectors; v++) at.push_back(random.below(100));
    for (int i = 0; i < k; i++) off.push_back(int32_t(random.below(200)));
    elements = lanes;
    if (k > 0) elements += *std::max_element(at.begin(), at.end()) + *std::max_element(off.begin(), off.end());
  }
};

template <class F>
void every_tile(Run& run, F prove) {
  for (int rows = 1; rows <= kRowBlock; rows++)
    for (int vectors = 1; vectors <= kTileVectors; vectors++)
      for (int k : kTerms)
        for (Values values : kAllValues) prove(rows, vectors, k, values, Places(run.random, vectors, k, run.isa.lanes));
}

// A short last vector is where tiles differ most, so every length of it occurs.
void f32_tile(Run& run, int rows, int vectors, int k, Values values, const Places& places, int64_t last) {
  const int64_t lanes = run.isa.lanes, width = (vectors - 1) * lanes + last, stride = width + run.random.below(20);
  Guarded<float> plane(places.elements), weights(int64_t(k) * kRowBlock), bias(rows), out((rows - 1) * stride + width);
  fill_reals(plane, run.random, values);
  fill_reals(weights, run.random, values);
  fill_reals(bias, run.random, values);
  const sim::F32Activation act = activation(run.random);
  std::vector<float> want = copy_of(out);
  for (int r = 0; r < rows; r++)
    for (int64_t p = 0; p < width; p++) {
      float sum = bias[r];
      for (int i = 0; i < k; i++)
        sum = add_product(run.isa, weights[i * kRowBlock + r],
                          plane[places.at[size_t(p / lanes)] + places.off[size_t(i)] + p % lanes], sum);
      want[size_t(r * stride + p)] = activated(sum, act);
    }
  run.isa.f32_conv(rows, vectors, plane.data(), places.at.data(), places.off.data(), weights.data(), k, bias.data(),
                   act, last, out.data(), stride);
  run.equal(out, want, "%d rows, %d vectors, last %d lanes, %d terms", rows, vectors, int(last), k);
}

template <class T>
void int_tile(Run& run, decltype(Isa::u8s8_conv) kernel, int pack, int rows, int vectors, int k, Values values,
              const Places& places) {
  const int64_t lanes = run.isa.lanes, width = vectors * lanes, stride = width + run.random.below(20);
  Guarded<int32_t> plane(places.elements), weights(int64_t(k) * kRowBlock), out((rows - 1) * stride + width);
  fill_integers<T>(plane, run.random, values);
  fill_integers<T>(weights, run.random, values);
  // All inputs 255 with weights of -128, too.
  if (pack == 4 && values == Values::kLowest) std::fill(plane.begin(), plane.end(), -1);
  std::vector<int32_t> want = copy_of(out);
  for (int r = 0; r < rows; r++)
    for (int64_t p = 0; p < width; p++) {
      uint32_t sum = 0;
      for (int i = 0; i < k; i++)
        sum += products(pack, plane[places.at[size_t(p / lanes)] + places.off[size_t(i)] + p % lanes],
                        weights[i * kRowBlock + r]);
      want[size_t(r * stride + p)] = int32_t(sum);
    }
  kernel(rows, vectors, plane.data(), places.at.data(), places.off.data(), weights.data(), k, out.data(), stride);
  run.equal(out, want, "%d rows, %d vectors, %d terms", rows, vectors, k);
}

template <class T>
void codes_tile(Run& run, int rows, int vectors, int k, Values values, const Places& places) {
  const int pack = run.isa.pack;
  const int64_t lanes = run.isa.lanes, last = 1 + run.random.below(lanes), width = (vectors - 1) * lanes + last;
  const int64_t stride = width + run.random.below(20);
  Guarded<int32_t> plane(places.elements), weights(int64_t(k) * kRowBlock), plus(rows), minus(vectors * lanes);
  Guarded<double> scale(rows);
  Guarded<uint8_t> out((rows - 1) * stride + width);
  fill_integers<T>(plane, run.random, values);
  fill_integers<T>(weights, run.random, values);
  for (int32_t& x : plus) x = int32_t(run.random.bits()) >> run.random.below(32);
  for (int32_t& x : minus) x = int32_t(run.random.bits()) >> run.random.below(32);
  for (double& x : scale) x = any_scale(run.random);
  const Codes codes = any_byte_codes(run.random);
  const bool with_minus = run.random.below(2);
  const sim::TileCodes how = {plus.data(), with_minus ? minus.data() : nullptr, scale.data(), codes.lo, codes.hi,
                              codes.zero};
  std::vector<uint8_t> want = copy_of(out);
  for (int r = 0; r < rows; r++)
    for (int64_t p = 0; p < width; p++) {
      uint32_t sum = uint32_t(plus[r]) - (with_minus ? uint32_t(minus[p]) : 0);
      for (int i = 0; i < k; i++)
        sum += products(pack, plane[places.at[size_t(p / lanes)] + places.off[size_t(i)] + p % lanes],
                        weights[i * kRowBlock + r]);
      want[size_t(r * stride + p)] = uint8_t(code(double(int32_t(sum)) * scale[r], codes.lo, codes.hi, codes.zero));
    }
  run.isa.u8s8_conv_codes(rows, vectors, plane.data(), places.at.data(), places.off.data(), weights.data(), k, how,
                          last, out.data(), stride);
  run.equal(out, want, "%d rows, %d vectors, last %d lanes, %d terms", rows, vectors, int(last), k);
}

template <class T>
void int_tiles(Run& run, decltype(Isa::u8s8_conv) kernel, int pack) {
  every_tile(run, [&](int rows, int vectors, int k, Values values, const Places& places) {
    int_tile<T>(run, kernel, pack, rows, vectors, k, values, places);
  });
  // So long that sums leave 32 bits.
  const int k = 18000;
  for (Values values : kAllValues)
    int_tile<T>(run, kernel, pack, kRowBlock, 1, k, values, Places(run.random, 1, k, run.isa.lanes));
}

}  // namespace

void prove_f32_conv(Run& run) {
  every_tile(run, [&](int rows, int vectors, int k, Values values, const Places& places) {
    f32_tile(run, rows, vectors, k, values, places, run.isa.lanes);
    f32_tile(run, rows, vectors, k, values, places, 1 + run.random.below(run.isa.lanes));
  });
  for (int64_t last = 1; last <= run.isa.lanes; last++)
    f32_tile(run, 3, 2, 5, Values::kRandom, Places(run.random, 2, 5, run.isa.lanes), last);
}

void prove_u8s8_conv(Run& run) {
  if (run.isa.pack == 4) int_tiles<int8_t>(run, run.isa.u8s8_conv, 4);
  else int_tiles<int16_t>(run, run.isa.u8s8_conv, 2);
}

void prove_u8s8_conv_codes(Run& run) {
  every_tile(run, [&](int rows, int vectors, int k, Values values, const Places& places) {
    if (run.isa.pack == 4) codes_tile<int8_t>(run, rows, vectors, k, values, places);
    else codes_tile<int16_t>(run, rows, vectors, k, values, places);
  });
}

void prove_s16_conv(Run& run) { int_tiles<int16_t>(run, run.isa.s16_conv, 2); }

}  // namespace proofs
