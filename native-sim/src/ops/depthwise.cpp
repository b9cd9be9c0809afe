#include <algorithm>

#include "ops/conv.h"

namespace sim {

namespace {

using Source = std::function<int64_t(int64_t)>;

// Working memory of one thread, kept between runs.
template <class T>
T* thread_memory(int slot, int64_t n) {
  thread_local std::vector<Buffer> slots(2);
  const size_t bytes = size_t(n) * sizeof(T) + kSlack;
  if (slots[size_t(slot)].bytes() < bytes) slots[size_t(slot)] = Buffer(bytes);
  return reinterpret_cast<T*>(slots[size_t(slot)].data());
}

struct F32Engine {
  ConvGeometry g;
  PlaneLayout layout;
  const Isa* isa;
  std::vector<int32_t> off;
  std::vector<float> weights, bias;
  std::vector<int64_t> source;

  F32Engine(const ConvSpec& spec, const Isa& i, const Source& from) : g(spec.geo), layout(g, false), isa(&i) {
    for (int64_t y = 0; y < g.kh; y++)
      for (int64_t x = 0; x < g.kw; x++) off.push_back(int32_t(layout.offset(y, x)));
    const std::vector<float> w = read_f32(spec.weight);
    bias = spec.bias ? read_f32(spec.bias) : std::vector<float>(size_t(g.oc), 0.0f);
    for (int64_t oc = 0; oc < g.oc; oc++) {
      source.push_back(from(oc));
      for (int64_t y = 0; y < g.kh; y++)
        for (int64_t x = 0; x < g.kw; x++) weights.push_back(w[size_t(spec.index(oc, 0, y, x))]);
    }
  }

  void channel(int64_t oc, const float* in, float* out, const F32Clamp& clamp) const {
    float* plane = thread_memory<float>(0, layout.plane_elements());
    pack_plane_f32(*isa, layout, g, in + source[size_t(oc)] * g.ih * g.iw, plane, 0,
                   layout.phase_count() * layout.rows());
    isa->f32_plane(plane, layout.width(), off.data(), weights.data() + oc * g.taps(), int(g.taps()),
                   bias[size_t(oc)], clamp.lo(), clamp.hi(), out + oc * g.oh * g.ow, g.ow, g.oh);
  }
};

struct IntEngine {
  ConvGeometry g;
  PlaneLayout layout;
  const Isa* isa;
  BytePacking packing;
  Requantizer requantizer;
  std::vector<int32_t> off, weights, bias;
  std::vector<int64_t> source;
  std::vector<uint8_t> zero_row;

  IntEngine(const ConvSpec& spec, const Isa& i, const IntWeights& w, const Source& from)
      : g(spec.geo), layout(g, true), isa(&i), packing(byte_packing(Numeric(spec.input->attr.dtype), 2)),
        requantizer(spec, w, i), bias(w.bias) {
    for (int64_t y = 0; y < g.kh; y += 2)
      for (int64_t x = 0; x < g.kw; x++) off.push_back(int32_t(layout.offset(y, x)));
    zero_row.assign(size_t(g.iw), uint8_t(packing.zero ^ packing.flip));
    for (int64_t oc = 0; oc < g.oc; oc++) {
      source.push_back(from(oc));
      const auto value = [&](int64_t y, int64_t x) {
        return y < g.kh ? weight_code(spec, spec.index(oc, 0, y, x)) - w.zero[size_t(oc)] : 0;
      };
      for (int64_t y = 0; y < g.kh; y += 2)
        for (int64_t x = 0; x < g.kw; x++)
          weights.push_back(int32_t((uint32_t(value(y, x)) & 0xffff) | uint32_t(value(y + 1, x)) << 16));
    }
  }

  void channel(int64_t oc, const uint8_t* in, const Requantizer::Bounds& bounds, uint8_t* out) const {
    int32_t* plane = thread_memory<int32_t>(0, layout.plane_elements());
    int32_t* wide = thread_memory<int32_t>(1, layout.pixels());
    const int k = int(off.size());
    pack_plane_row_pairs(*isa, layout, g, packing, in + source[size_t(oc)] * g.ih * g.iw, zero_row.data(), plane);
    isa->int_plane(plane, off.data(), weights.data() + oc * k, k, bias[size_t(oc)], wide, layout.pixels());
    for (int64_t y = 0; y < g.oh; y++)
      requantizer.run(oc, wide + y * layout.width(), nullptr, 0, bounds,
                      out + (oc * g.oh + y) * g.ow * int64_t(requantizer.bytes()), g.ow);
  }
};

}  // namespace

Kernel build_depthwise(Setup& s, const ConvSpec& spec, Source source) {
  const ConvGeometry g = spec.geo;
  const int64_t in_size = g.ic * g.ih * g.iw, out_size = g.oc * g.oh * g.ow;
  if (!is_integer_conv(spec)) {
    auto engine = std::make_shared<F32Engine>(spec, s.isa(), source);
    const Target target = target_of(s);
    return wrap_f32(s, [=](Pool& pool, const float* const* in, float* const* plain) {
      const F32Clamp clamp(target);
      float* out = clamp.output(plain[0]);
      pool.run(g.batch * g.oc, g.oh * g.ow * (g.taps() + 8) / 4, [&](int64_t b, int64_t e) {
        for (int64_t i = b; i < e; i++)
          engine->channel(i % g.oc, in[0] + i / g.oc * in_size, out + i / g.oc * out_size, clamp);
      });
    });
  }
  auto engine = std::make_shared<IntEngine>(spec, s.isa(), int_weights(spec), source);
  vsi_nn_tensor_t* in = spec.input;
  const Target target = target_of(s);
  const int64_t out_bytes = out_size * int64_t(engine->requantizer.bytes());
  return [=](Pool& pool) {
    const Requantizer::Bounds bounds = engine->requantizer.bounds(target);
    uint8_t* out = target.tensor()->t->data;
    pool.run(g.batch * g.oc, g.oh * g.ow * (g.taps() + 16) / 4, [&](int64_t b, int64_t e) {
      for (int64_t i = b; i < e; i++)
        engine->channel(i % g.oc, in->t->data + i / g.oc * in_size, bounds, out + i / g.oc * out_bytes);
    });
  };
}

}  // namespace sim
