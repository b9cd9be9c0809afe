// Depthwise convolutions straight from the input: all kernels and strides, paddings and sizes, first and last columns.
#include "core/buffer.h"
#include "proofs.h"
#include "reference.h"

namespace proofs {

namespace {

using sim::Depthwise;

struct Geometry {
  int kernel, stride;
  int64_t ih, iw, oh, ow, left, top;
};

// Sizes around whole vectors and blocks of rows, with as much padding on all sides as the kernel takes.
template <class F>
void every_geometry(Run& run, F prove) {
  for (int kernel : {3, 5})
    for (int stride : {1, 2})
      for (int64_t left = 0; left < kernel; left++)
        for (int64_t iw = 1; iw <= 2 * run.isa.lanes * stride + 3; iw += 1 + run.random.below(3)) {
          const int64_t most = (iw + left) / stride + 1;
          const int64_t ow = run.random.below(3) == 0 ? most : run.random.between(1, most);
          const int64_t oh = run.random.between(1, 10), top = run.random.below(kernel);
          // Inputs of fewer rows than the filter reads, and of more.
          const int64_t ih = run.random.between(1, oh * stride + kernel);
          prove(Geometry{kernel, stride, ih, iw, oh, ow, left, top});
        }
}

bool inside(const Geometry& g, int64_t column) { return column >= 0 && column < g.iw; }

// Masks for each vector of output columns and each tap, or pair of taps.
std::vector<int32_t> masks(const Geometry& g, int lanes, bool pairs) {
  std::vector<int32_t> keep;
  for (int64_t x = 0; x < g.ow; x += lanes)
    for (int64_t tap = 0; tap < g.kernel; tap += pairs ? 2 : 1)
      for (int64_t lane = 0; lane < lanes; lane++) {
        const int64_t column = (x + lane) * g.stride + tap - g.left;
        const uint32_t first = inside(g, column) ? (pairs ? 0xffffu : ~0u) : 0;
        const uint32_t second = pairs && inside(g, column + 1) ? 0xffff0000u : 0;
        keep.push_back(int32_t(first | second));
      }
  return keep;
}

// An input plane with as much around it as tensors have; there is no telling what that holds.
template <class T>
struct Input {
  static constexpr int64_t kFront = int64_t(sim::kFrontSlack / sizeof(T)), kBack = int64_t(sim::kSlack / sizeof(T));
  Guarded<T> all;
  explicit Input(const Geometry& g) : all(kFront + g.ih * g.iw + kBack) {}
  T* data() const { return all.data() + kFront; }
};

void f32_depthwise(Run& run, const Geometry& g, Values values) {
  Input<float> in(g);
  Guarded<float> weights(g.kernel * g.kernel), out(g.oh * g.ow);
  for (float& x : in.all) x = std::numeric_limits<float>::quiet_NaN();
  for (int64_t i = 0; i < g.ih * g.iw; i++) in.data()[i] = real32(run.random, values);
  fill_reals(weights, run.random, values);
  const std::vector<int32_t> keep = masks(g, run.isa.lanes, false);
  const Depthwise d = {g.ih, g.iw, g.oh, g.ow, g.left, g.top, g.kernel, g.stride, keep.data(), nullptr, 0, 0};
  const float bias = real32(run.random, values);
  const sim::F32Activation act = activation(run.random);
  std::vector<float> want = copy_of(out);
  for (int64_t y = 0; y < g.oh; y++)
    for (int64_t x = 0; x < g.ow; x++) {
      float sum = bias;
      for (int64_t ky = 0; ky < g.kernel; ky++) {
        const int64_t iy = y * g.stride + ky - g.top;
        if (iy < 0 || iy >= g.ih) continue;
        for (int64_t kx = 0; kx < g.kernel; kx++) {
          const int64_t ix = x * g.stride + kx - g.left;
          // Columns outside count as zeros, which shows with weights that are infinite.
          const float value = inside(g, ix) ? in.data()[iy * g.iw + ix] : 0.0f;
          sum = add_product(run.isa, weights[ky * g.kernel + kx], value, sum);
        }
      }
      want[size_t(y * g.ow + x)] = activated(sum, act);
    }
  run.isa.f32_depthwise(d, in.data(), weights.data(), bias, act, out.data());
  run.equal(out, want, "%dx%d kernel, stride %d, %d x %d to %d x %d, left %d, top %d", g.kernel, g.kernel, g.stride,
            int(g.iw), int(g.ih), int(g.ow), int(g.oh), int(g.left), int(g.top));
}

int16_t weight_of(const Guarded<int32_t>& weights, const Geometry& g, int64_t ky, int64_t kx) {
  const int32_t pair = weights[ky * ((g.kernel + 1) / 2) + kx / 2];
  return int16_t(kx % 2 ? pair >> 16 : pair);
}

void u8s16_depthwise(Run& run, const Geometry& g, Values values) {
  const int64_t pairs = (g.kernel + 1) / 2;
  Input<uint8_t> in(g);
  Guarded<int32_t> weights(g.kernel * pairs);
  Guarded<uint8_t> out(g.oh * g.ow);
  fill_integers<uint8_t>(in.all, run.random, values);
  fill_integers<int16_t>(weights, run.random, values);
  // The last tap of a row has no partner.
  for (int64_t ky = 0; ky < g.kernel; ky++) weights[ky * pairs + pairs - 1] &= 0xffff;
  const uint32_t zero = uint32_t(run.random.below(256)), flip = run.random.one_of<uint32_t>({0, 0x80});
  const std::vector<int32_t> keep = masks(g, run.isa.lanes, true);
  std::vector<int32_t> fill;
  for (int32_t mask : keep) fill.push_back(int32_t(~uint32_t(mask) & (zero | zero << 16)));
  const Depthwise d = {g.ih, g.iw, g.oh, g.ow, g.left, g.top, g.kernel, g.stride, keep.data(), fill.data(),
                       int32_t(flip | flip << 16), int32_t(zero | zero << 16)};
  const int32_t bias = int32_t(run.random.bits()) >> 10, offset = int32_t(run.random.between(-128, 255));
  const double scale = run.random.one_of<double>({0.5, 1.0 / 4096, 3e-5});
  const sim::Rescaling how = {scale, double(-offset), 255.0 - offset, offset};
  std::vector<uint8_t> want = copy_of(out);
  for (int64_t y = 0; y < g.oh; y++)
    for (int64_t x = 0; x < g.ow; x++) {
      uint32_t sum = uint32_t(bias);
      for (int64_t ky = 0; ky < g.kernel; ky++)
        for (int64_t kx = 0; kx < g.kernel; kx++) {
          const int64_t iy = y * g.stride + ky - g.top, ix = x * g.stride + kx - g.left;
          const bool there = iy >= 0 && iy < g.ih && inside(g, ix);
          const uint32_t value = there ? in.data()[iy * g.iw + ix] ^ flip : zero;
          sum += value * uint32_t(int32_t(weight_of(weights, g, ky, kx)));
        }
      want[size_t(y * g.ow + x)] = uint8_t(code(double(int32_t(sum)) * how.scale, how.lo, how.hi, offset));
    }
  run.isa.u8s16_depthwise(d, in.data(), weights.data(), bias, how, out.data());
  run.equal(out, want, "%dx%d kernel, stride %d, %d x %d to %d x %d, left %d, top %d", g.kernel, g.kernel, g.stride,
            int(g.iw), int(g.ih), int(g.ow), int(g.oh), int(g.left), int(g.top));
}

}  // namespace

void prove_f32_depthwise(Run& run) {
  every_geometry(run, [&](const Geometry& g) {
    for (Values values : {Values::kRandom, Values::kEdges}) f32_depthwise(run, g, values);
  });
}

void prove_u8s16_depthwise(Run& run) {
  every_geometry(run, [&](const Geometry& g) {
    for (Values values : kAllValues) u8s16_depthwise(run, g, values);
  });
}

}  // namespace proofs
