#include <algorithm>
#include <memory>

#include "ops/depthwise.h"
#include "ops/wide.h"

namespace sim {

namespace {

using Source = std::function<int64_t(int64_t)>;

struct F32Engine {
  ConvGeometry g;
  PlaneLayout layout;
  const Isa* isa;
  std::vector<int32_t> off;
  std::vector<float> weights, bias;
  std::vector<int64_t> source;
  std::unique_ptr<DirectDepthwise> direct;

  F32Engine(const ConvSpec& spec, const Isa& i, const Source& from) : g(spec.geo), layout(g, false), isa(&i) {
    for (int64_t y = 0; y < g.kh; y++)
      for (int64_t x = 0; x < g.kw; x++) off.push_back(int32_t(layout.offset(y, x)));
    if (DirectDepthwise::fits(spec)) direct = std::make_unique<DirectDepthwise>(g, isa->lanes);
    const std::vector<float> w = read_f32(spec.weight);
    bias = spec.bias ? read_f32(spec.bias) : std::vector<float>(size_t(g.oc), 0.0f);
    for (int64_t oc = 0; oc < g.oc; oc++) {
      source.push_back(from(oc));
      for (int64_t y = 0; y < g.kh; y++)
        for (int64_t x = 0; x < g.kw; x++) weights.push_back(w[size_t(spec.index(oc, 0, y, x))]);
    }
  }

  // The planes of an output channel, rows first..last-1; without `direct` always all rows.
  void channel(int64_t oc, int64_t first, int64_t last, const float* in, float* out, const F32Output& output) const {
    const float *from = in + source[size_t(oc)] * g.ih * g.iw, *w = weights.data() + oc * g.taps();
    float* to = out + (oc * g.oh + first) * g.ow;
    if (direct) return isa->f32_depthwise(direct->rows(first, last), from, w, bias[size_t(oc)], output.how(), to);
    float* plane = thread_memory<float>(0, layout.plane_elements());
    pack_plane_f32(*isa, layout, g, from, plane, 0, layout.phase_count() * layout.rows());
    isa->f32_plane(plane, layout.width(), off.data(), w, int(g.taps()), bias[size_t(oc)], output.how(), to,
                   g.ow, g.oh);
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
  std::unique_ptr<DirectDepthwise> direct;

  IntEngine(const ConvSpec& spec, const Isa& i, const IntWeights& w, const Source& from)
      : g(spec.geo), layout(g, true), isa(&i), packing(byte_packing(Numeric(spec.input->attr.dtype), 2)),
        requantizer(spec, w, i), bias(w.bias) {
    if (DirectDepthwise::fits(spec) && requantizer.fits_kernels())
      direct = std::make_unique<DirectDepthwise>(g, isa->lanes, uint16_t(packing.zero), packing.flip);
    for (int64_t y = 0; y < g.kh; y += 2)
      for (int64_t x = 0; x < g.kw; x++) off.push_back(int32_t(layout.offset(y, x)));
    zero_row.assign(size_t(g.iw), uint8_t(packing.zero ^ packing.flip));
    for (int64_t oc = 0; oc < g.oc; oc++) {
      source.push_back(from(oc));
      pack(spec, oc, w.zero[size_t(oc)]);
    }
  }

  // Two weights make one element: of neighbouring columns for the direct kernel, else of neighbouring rows.
  void pack(const ConvSpec& spec, int64_t oc, int32_t zero) {
    uint32_t sum = 0;
    const auto value = [&](int64_t y, int64_t x) {
      const int32_t v = y < g.kh && x < g.kw ? weight_code(spec, spec.index(oc, 0, y, x)) - zero : 0;
      sum += uint32_t(v);
      return uint32_t(v);
    };
    const int64_t down = direct ? 0 : 1, right = 1 - down;
    for (int64_t y = 0; y < g.kh; y += 1 + down)
      for (int64_t x = 0; x < g.kw; x += 1 + right) {
        const uint32_t first = value(y, x), second = value(y + down, x + right);
        weights.push_back(int32_t((first & 0xffff) | second << 16));
      }
    // The direct kernel multiplies codes, from which the zero point was not taken away.
    if (direct) bias[size_t(oc)] = int32_t(uint32_t(bias[size_t(oc)]) - uint32_t(packing.zero) * sum);
  }

  void channel(int64_t oc, int64_t first, int64_t last, const uint8_t* in, const Requantizer::Bounds& bounds,
               uint8_t* out) const {
    const uint8_t* from = in + source[size_t(oc)] * g.ih * g.iw;
    if (direct) {
      const int32_t* w = weights.data() + oc * g.kh * ((g.kw + 1) / 2);
      isa->u8s16_depthwise(direct->rows(first, last), from, w, bias[size_t(oc)], requantizer.rescaling(oc, bounds),
                           out + (oc * g.oh + first) * g.ow);
      return;
    }
    int32_t* plane = thread_memory<int32_t>(0, layout.plane_elements());
    int32_t* wide = thread_memory<int32_t>(1, layout.pixels());
    const int k = int(off.size());
    pack_plane_row_pairs(*isa, layout, g, packing, from, zero_row.data(), plane);
    isa->s16_plane(plane, off.data(), weights.data() + oc * k, k, bias[size_t(oc)], wide, layout.pixels());
    for (int64_t y = 0; y < g.oh; y++)
      requantizer.run(oc, wide + y * layout.width(), nullptr, 0, bounds,
                      out + (oc * g.oh + y) * g.ow * int64_t(requantizer.bytes()), g.ow);
  }
};

}  // namespace

Kernel build_depthwise(Setup& s, const ConvSpec& spec, Source source) {
  if (is_wide_conv(spec)) return build_depthwise_wide(s, spec, source);
  const ConvGeometry g = spec.geo;
  const int64_t in_size = g.ic * g.ih * g.iw, out_size = g.oc * g.oh * g.ow, plane = g.oh * g.ow;
  if (!is_integer_conv(spec)) {
    auto engine = std::make_shared<F32Engine>(spec, s.isa(), source);
    const int64_t rows = engine->direct ? g.oh : 1;
    const Target target = target_of(s);
    return wrap_f32(s, [=](Pool& pool, const float* const* in, float* const* plain) {
      const F32Output output(target);
      float* out = output.of(plain[0]);
      share_rows(pool, g.batch * g.oc, rows, plane * (g.taps() + 8) / 4 / rows,
                 [&](int64_t i, int64_t first, int64_t last) {
                   const int64_t batch = i / g.oc;
                   engine->channel(i % g.oc, first, last, in[0] + batch * in_size, out + batch * out_size, output);
                 });
    });
  }
  auto engine = std::make_shared<IntEngine>(spec, s.isa(), int_weights(spec), source);
  const int64_t rows = engine->direct ? g.oh : 1;
  vsi_nn_tensor_t* in = spec.input;
  const Target target = target_of(s);
  const int64_t out_bytes = out_size * int64_t(engine->requantizer.bytes());
  return [=](Pool& pool) {
    const Requantizer::Bounds bounds = engine->requantizer.bounds(target);
    uint8_t* out = target.tensor()->t->data;
    share_rows(pool, g.batch * g.oc, rows, plane * (g.taps() + 16) / 4 / rows,
               [&](int64_t i, int64_t first, int64_t last) {
                 const int64_t batch = i / g.oc;
                 engine->channel(i % g.oc, first, last, in->t->data + batch * in_size, bounds, out + batch * out_bytes);
               });
  };
}

}  // namespace sim
