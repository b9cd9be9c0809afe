// Depthwise convolutions of 8- and 16-bit integers with 64-bit sums; see ops/wide.h.
#include <algorithm>

#include "ops/depthwise.h"
#include "ops/wide.h"

namespace sim {

namespace {

// So many pairs of products of a 16-bit and an 8-bit value fit 32 bits.
constexpr int64_t kMaxPairs = 255;

struct Engine {
  ConvGeometry g;
  PlaneLayout layout;
  const Isa* isa;
  WideInput input;
  std::vector<int32_t> off, exact, coarse;  // [channel][pair]
  std::vector<char> needs_coarse;
  std::vector<int64_t> source, corrections;
  std::vector<int16_t> zero_row;
  int64_t bound = 0;
  std::unique_ptr<WideOutput> output;
  // For int16 data: reads the input where it is, with [plane][row][pair] of weights per channel.
  std::unique_ptr<DirectDepthwise> direct;
  std::vector<int32_t> byte_planes;

  Engine(const ConvSpec& spec, const Isa& i, const std::function<int64_t(int64_t)>& from)
      : g(spec.geo), layout(g, true), isa(&i), input(Numeric(spec.input->attr.dtype), i.pack) {
    for (int64_t y = 0; y < g.kh; y += 2)
      for (int64_t x = 0; x < g.kw; x++) off.push_back(int32_t(layout.offset(y, x)));
    zero_row.assign(size_t(g.iw), int16_t(input.zero));
    const IntWeights w = int_weights(spec);
    for (int64_t oc = 0; oc < g.oc; oc++) {
      source.push_back(from(oc));
      pack(spec, oc, w.zero[size_t(oc)]);
    }
    output = std::make_unique<WideOutput>(spec, w, i, corrections, bound);
    if (!input.direct() || !output->makes_words() || !DirectDepthwise::fits(spec)) return;
    direct = std::make_unique<DirectDepthwise>(g, isa->lanes, uint16_t(input.zero), uint16_t(0));
    for (int64_t oc = 0; oc < g.oc; oc++) split(spec, oc, w.zero[size_t(oc)]);
  }

  // Weights as lower + 256 * upper, both signed bytes or one more; two neighbouring columns make one element.
  void split(const ConvSpec& spec, int64_t oc, int32_t zero) {
    for (int plane = 0; plane < 2; plane++)
      for (int64_t y = 0; y < g.kh; y++)
        for (int64_t x = 0; x < g.kw; x += 2) {
          uint32_t pair[2] = {0, 0};
          for (int64_t j = 0; j < 2 && x + j < g.kw; j++) {
            const int32_t v = weight_code(spec, spec.index(oc, 0, y, x + j)) - zero, upper = (v + 128) >> 8;
            pair[j] = uint32_t(plane ? upper : v - upper * 256);
          }
          byte_planes.push_back(int32_t((pair[0] & 0xffff) | pair[1] << 16));
        }
  }

  // Two weights of neighbouring rows make one element; `coarse` has their upper bytes.
  void pack(const ConvSpec& spec, int64_t oc, int32_t zero) {
    int64_t sum = 0, size = 0;
    for (int64_t y = 0; y < g.kh; y += 2)
      for (int64_t x = 0; x < g.kw; x++) {
        uint32_t words[2], upper[2];
        for (int64_t j = 0; j < 2; j++) {
          const int32_t v = y + j < g.kh ? weight_code(spec, spec.index(oc, 0, y + j, x)) - zero : 0;
          sum += v;
          size += std::abs(v);
          words[j] = uint32_t(v);
          upper[j] = uint32_t((v + 128) >> 8);
        }
        exact.push_back(int32_t((words[0] & 0xffff) | words[1] << 16));
        coarse.push_back(int32_t((upper[0] & 0xffff) | upper[1] << 16));
      }
    needs_coarse.push_back(size * input.largest >= int64_t(1) << 31);
    corrections.push_back(-int64_t(input.zero) * sum);
    bound = std::max(bound, size * input.largest);
  }

  // Rows first..last-1 of an output channel; without `direct` always all rows.
  void channel(int64_t oc, int64_t first, int64_t last, const int16_t* in, const StoreBounds& bounds,
               uint8_t* out) const {
    if (direct) {
      const int32_t* w = byte_planes.data() + oc * 2 * g.kh * ((g.kw + 1) / 2);
      isa->s16_depthwise(direct->rows(first, last), in + source[size_t(oc)] * g.ih * g.iw, w,
                         output->rescaling(oc, bounds), reinterpret_cast<int16_t*>(out) + (oc * g.oh + first) * g.ow);
      return;
    }
    const int64_t n = layout.pixels(), k = int64_t(off.size());
    int32_t *plane = thread_memory<int32_t>(0, layout.plane_elements()), *low = thread_memory<int32_t>(1, n),
            *high = thread_memory<int32_t>(2, n);
    int64_t* sums = thread_memory<int64_t>(3, n);
    pack_plane_word_rows(*isa, layout, g, input.zero, in + source[size_t(oc)] * g.ih * g.iw, zero_row.data(), plane);
    const bool both = needs_coarse[size_t(oc)] != 0;
    for (int64_t at = 0; at < k; at += kMaxPairs) {
      const int count = int(std::min(kMaxPairs, k - at));
      isa->s16_plane(plane, off.data() + at, exact.data() + oc * k + at, count, 0, low, n);
      if (both) isa->s16_plane(plane, off.data() + at, coarse.data() + oc * k + at, count, 0, high, n);
      isa->s32_wide_sum(low, both ? high : nullptr, 8, 0, at == 0, sums, n);
    }
    const int64_t bytes = int64_t(output->bytes());
    for (int64_t y = 0; y < g.oh; y++)
      output->run(oc, sums + y * layout.width(), bounds, out + (oc * g.oh + y) * g.ow * bytes, g.ow);
  }
};

}  // namespace

Kernel build_depthwise_wide(Setup& s, const ConvSpec& spec, const std::function<int64_t(int64_t)>& source) {
  const ConvGeometry g = spec.geo;
  auto engine = std::make_shared<Engine>(spec, s.isa(), source);
  const int64_t in_size = g.ic * g.ih * g.iw, all = g.batch * in_size;
  const int64_t out_bytes = g.oc * g.oh * g.ow * int64_t(engine->output->bytes());
  const bool direct = engine->input.direct();
  const Scratch words = s.scratch(direct ? 0 : size_t(all) * sizeof(int16_t));
  const Target target = target_of(s);
  vsi_nn_tensor_t* in = spec.input;
  return [=](Pool& pool) {
    const StoreBounds bounds = engine->output->bounds(target);
    uint8_t* out = target.tensor()->t->data;
    if (!direct) engine->input.widen(in->t->data, all, words.get<int16_t>());
    const int16_t* wide = direct ? reinterpret_cast<const int16_t*>(in->t->data) : words.get<int16_t>();
    const int64_t rows = engine->direct ? g.oh : 1;
    share_rows(pool, g.batch * g.oc, rows, g.oh * g.ow * (g.taps() + 16) / 2 / rows,
               [&](int64_t i, int64_t first, int64_t last) {
                 const int64_t batch = i / g.oc;
                 engine->channel(i % g.oc, first, last, wide + batch * in_size, bounds, out + batch * out_bytes);
               });
  };
}

}  // namespace sim
