// Depthwise convolutions straight from the input: all kernels and strides, paddings and sizes, first and last columns.
#include "codes.h"
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

template <class T>
void equal(Run& run, const Geometry& g, const Guarded<T>& got, const std::vector<T>& want) {
  run.equal(got, want, "%dx%d kernel, stride %d, %d x %d to %d x %d, left %d, top %d", g.kernel, g.kernel, g.stride,
            int(g.iw), int(g.ih), int(g.ow), int(g.oh), int(g.left), int(g.top));
}

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
  equal(run, g, out, want);
}

// The input and weights of an integer layer, and what the kernels are told about them.
template <class T>
struct Integers {
  const Geometry& g;
  Input<T> in;
  Guarded<int16_t> weights;
  uint32_t zero, flip;
  std::vector<int32_t> keep, fill;

  // `signs`: the sign bit of T, which is flipped or not.
  Integers(Run& run, const Geometry& geometry, Values values, uint32_t signs)
      : g(geometry), in(g), weights(g.kernel * g.kernel), zero(uint32_t(run.random.below(2 * signs))),
        flip(run.random.below(2) ? signs : 0), keep(masks(g, run.isa.lanes, true)) {
    fill_integers<T>(in.all, run.random, values);
    fill_integers<int16_t>(weights, run.random, values);
    for (int32_t mask : keep) fill.push_back(int32_t(~uint32_t(mask) & (zero | zero << 16)));
  }
  Depthwise plan() const {
    return {g.ih, g.iw, g.oh, g.ow, g.left, g.top, g.kernel, g.stride, keep.data(), fill.data(),
            int32_t(flip | flip << 16), int32_t(zero | zero << 16)};
  }
  // Neighbouring taps in pairs; the last tap of a row has no partner.
  template <class F>
  void pairs(F part, int32_t* to) const {
    for (int64_t ky = 0; ky < g.kernel; ky++)
      for (int64_t kx = 0; kx < g.kernel; kx += 2) {
        const int16_t* w = &weights[ky * g.kernel + kx];
        *to++ = int32_t((uint32_t(part(w[0])) & 0xffff) | (kx + 1 < g.kernel ? uint32_t(part(w[1])) << 16 : 0));
      }
  }
  // The sum of an output element. Values are 16 bits, signed.
  int64_t sum(int64_t y, int64_t x) const {
    int64_t total = 0;
    for (int64_t ky = 0; ky < g.kernel; ky++)
      for (int64_t kx = 0; kx < g.kernel; kx++) {
        const int64_t iy = y * g.stride + ky - g.top, ix = x * g.stride + kx - g.left;
        const bool there = iy >= 0 && iy < g.ih && inside(g, ix);
        const int16_t value = int16_t(there ? uint32_t(in.data()[iy * g.iw + ix]) ^ flip : zero);
        total += int64_t(value) * weights[ky * g.kernel + kx];
      }
    return total;
  }
};

void u8s16_depthwise(Run& run, const Geometry& g, Values values) {
  const Integers<uint8_t> layer(run, g, values, 0x80);
  Guarded<int32_t> weights(g.kernel * ((g.kernel + 1) / 2));
  layer.pairs([](int16_t w) { return w; }, weights.data());
  const int32_t bias = int32_t(run.random.bits()) >> 10;
  const Codes codes = any_byte_codes(run.random);
  const sim::Rescaling how = {any_scale(run.random), codes.lo, codes.hi, codes.zero};
  Guarded<uint8_t> out(g.oh * g.ow);
  std::vector<uint8_t> want = copy_of(out);
  for (int64_t i = 0; i < out.size(); i++) {
    const int32_t sum = int32_t(uint32_t(uint64_t(layer.sum(i / g.ow, i % g.ow) + bias)));
    want[size_t(i)] = uint8_t(code(double(sum) * how.scale, how.lo, how.hi, how.offset));
  }
  run.isa.u8s16_depthwise(layer.plan(), layer.in.data(), weights.data(), bias, how, out.data());
  equal(run, g, out, want);
}

void s16_depthwise(Run& run, const Geometry& g, Values values) {
  const Integers<int16_t> layer(run, g, values, 0x8000);
  // Signed lower bytes, and the rest.
  const int64_t plane = g.kernel * ((g.kernel + 1) / 2);
  Guarded<int32_t> weights(2 * plane);
  layer.pairs([](int16_t w) { return int8_t(w); }, weights.data());
  layer.pairs([](int16_t w) { return (w - int8_t(w)) / 256; }, weights.data() + plane);
  const Codes codes = any_codes(run.random, -32768, 32767);
  sim::WideRescaling how = {run.random.between(-1000000, 1000000), any_scale(run.random), 0, codes.lo, codes.hi,
                            codes.zero};
  if (run.random.below(2)) how.plus = run.random.real() * 100;
  Guarded<int16_t> out(g.oh * g.ow);
  std::vector<int16_t> want = copy_of(out);
  for (int64_t i = 0; i < out.size(); i++) {
    const double v = double(layer.sum(i / g.ow, i % g.ow) + how.add) * how.scale + how.plus;
    want[size_t(i)] = int16_t(code(v, how.lo, how.hi, how.offset));
  }
  run.isa.s16_depthwise(layer.plan(), layer.in.data(), weights.data(), how, out.data());
  equal(run, g, out, want);
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

void prove_s16_depthwise(Run& run) {
  every_geometry(run, [&](const Geometry& g) {
    for (Values values : kAllValues) s16_depthwise(run, g, values);
  });
}

}  // namespace proofs
