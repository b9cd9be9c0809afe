// Depthwise convolutions from packed planes.
#include <algorithm>

#include "proofs.h"
#include "reference.h"

namespace proofs {

namespace {

constexpr int kTerms[] = {0, 1, 5, 9};

std::vector<int32_t> offsets(Random& random, int k) {
  std::vector<int32_t> off;
  for (int i = 0; i < k; i++) off.push_back(int32_t(random.below(90)));
  return off;
}

int64_t furthest(const std::vector<int32_t>& off) {
  return off.empty() ? 0 : *std::max_element(off.begin(), off.end());
}

void f32_plane(Run& run, int64_t width, int64_t height, int k, Values values) {
  const int64_t stride = width + run.random.below(5);
  const std::vector<int32_t> off = offsets(run.random, k);
  Guarded<float> plane(furthest(off) + std::max<int64_t>(0, height - 1) * stride + whole(width, run.isa.lanes));
  Guarded<float> weights(k), out(width * height);
  fill_reals(plane, run.random, values);
  fill_reals(weights, run.random, values);
  const float bias = real32(run.random, values);
  const sim::F32Activation act = activation(run.random);
  std::vector<float> want = copy_of(out);
  for (int64_t y = 0; y < height; y++)
    for (int64_t x = 0; x < width; x++) {
      float sum = bias;
      for (int i = 0; i < k; i++) sum = add_product(run.isa, weights[i], plane[off[size_t(i)] + y * stride + x], sum);
      want[size_t(y * width + x)] = activated(sum, act);
    }
  run.isa.f32_plane(plane.data(), stride, off.data(), weights.data(), k, bias, act, out.data(), width, height);
  run.equal(out, want, "%d x %d, %d terms", int(width), int(height), k);
}

}  // namespace

void prove_f32_plane(Run& run) {
  for (int64_t height = 0; height <= 9; height++)
    for (int64_t width = 0; width <= 2 * run.isa.lanes + 1; width++)
      for (int k : kTerms) f32_plane(run, width, height, k, kAllValues[run.random.below(4)]);
}

void prove_s16_plane(Run& run) {
  const int64_t lanes = run.isa.lanes;
  for (int64_t n = 0; n <= 9 * lanes + 1; n++)
    for (int k : kTerms)
      for (Values values : kAllValues) {
        const std::vector<int32_t> off = offsets(run.random, k);
        Guarded<int32_t> plane(furthest(off) + whole(n, lanes)), weights(k), out(whole(n, lanes));
        fill_integers<int16_t>(plane, run.random, values);
        fill_integers<int16_t>(weights, run.random, values);
        const int32_t bias = integer<int32_t>(run.random, values);
        std::vector<int32_t> want = copy_of(out);
        for (int64_t p = 0; p < out.size(); p++) {
          uint32_t sum = uint32_t(bias);
          for (int i = 0; i < k; i++) sum += products(2, plane[off[size_t(i)] + p], weights[i]);
          want[size_t(p)] = int32_t(sum);
        }
        run.isa.s16_plane(plane.data(), off.data(), weights.data(), k, bias, out.data(), n);
        run.equal(out, want, "%d elements, %d terms", int(n), k);
      }
}

}  // namespace proofs
