// Fully connected layers of 8- and 16-bit integers with 64-bit sums; see ops/wide.h.
#include <algorithm>

#include "ops/wide.h"

namespace sim {

namespace {

struct Engine {
  int64_t in, out, padded;
  const Isa* isa;
  WideInput input;
  IntWeights parameters;
  WidePlan plan;
  WideOutput output;
  Array<int16_t> exact;  // [out rounded up to 4][padded]
  Buffer coarse;         // the same in int8 (pack 4) or int16

  Engine(const ConvSpec& spec, const Isa& i)
      : in(spec.geo.ic), out(spec.geo.oc), padded((in + kDotBlock - 1) / kDotBlock * kDotBlock), isa(&i),
        input(Numeric(spec.input->attr.dtype), i.pack), parameters(int_weights(spec)),
        plan(input, out, padded / kDotBlock, weights_of(spec)), output(spec, parameters, i, corrections(), plan.bound()),
        exact(size_t((out + 3) / 4 * 4 * padded)) {
    if (plan.needs_coarse()) coarse = Buffer(size_t((out + 3) / 4 * 4 * padded * coarse_bytes()));
    for (int64_t o = 0; o < out; o++)
      for (int64_t c = 0; c < in; c++) {
        const int32_t v = weight_code(spec, o * in + c) - parameters.zero[size_t(o)];
        exact[size_t(o * padded + c)] = int16_t(v);
        if (plan.needs_coarse()) put(coarse.data(), o * padded + c, plan.coarse(o, v));
      }
  }

  int64_t coarse_bytes() const { return input.coarse.pack == 4 ? 1 : 2; }
  void put(uint8_t* to, int64_t at, int32_t v) const {
    if (input.coarse.pack == 4) to[at] = uint8_t(v);
    else reinterpret_cast<int16_t*>(to)[at] = int16_t(v);
  }

  WidePlan::Weights weights_of(const ConvSpec& spec) const {
    return [this, &spec](int64_t o, int64_t u, const std::function<void(int32_t)>& f) {
      for (int64_t c = u * kDotBlock; c < std::min(in, (u + 1) * kDotBlock); c++)
        f(weight_code(spec, o * in + c) - parameters.zero[size_t(o)]);
    };
  }

  std::vector<int64_t> corrections() const {
    std::vector<int64_t> list;
    for (int64_t o = 0; o < out; o++) list.push_back(-int64_t(input.zero) * plan.total(o));
    return list;
  }

  // Copies the input next to zeros, in both forms.
  void prepare(const uint8_t* src, int16_t* words, uint8_t* rough) const {
    if (input.direct()) std::memcpy(words, src, size_t(in) * 2);
    else input.widen(src, in, words);
    std::fill(words + in, words + padded, int16_t(0));
    if (!plan.needs_coarse()) return;
    const int32_t subtract = input.coarse.pack == 4 ? 0 : input.coarse.zero;
    for (int64_t i = 0; i < in; i++) {
      const int32_t byte = input.bytes_are_input ? src[i] ^ input.coarse.flip : (words[i] >> 8) + 128;
      put(rough, i, byte - subtract);
    }
    for (int64_t i = in; i < padded; i++) put(rough, i, 0);
  }

  void run(Pool& pool, const uint8_t* src, const StoreBounds& bounds, uint8_t* dst, int16_t* words, uint8_t* rough) const {
    prepare(src, words, rough);
    pool.run((out + 3) / 4, padded / 2, [&](int64_t b, int64_t e) {
      for (int64_t q = b; q < e; q++) {
        int64_t sums[4] = {};
        const int64_t count = std::min<int64_t>(4, out - q * 4);
        for (size_t i = 0; i < plan.chunks().size(); i++) {
          const int64_t at = plan.chunks()[i].begin * kDotBlock, n = plan.chunks()[i].end * kDotBlock - at;
          int32_t low[4], high[4];
          isa->s16_dot(exact.data() + q * 4 * padded + at, padded, words + at, n, low);
          if (plan.needs_coarse())
            isa->u8s8_dot(coarse.data() + (q * 4 * padded + at) * coarse_bytes(), padded, rough + at * coarse_bytes(), n, high);
          for (int64_t r = 0; r < count; r++)
            isa->s32_wide_sum(low + r, plan.needs_coarse() ? high + r : nullptr, plan.shift(q * 4 + r),
                          plan.constant(i, q * 4 + r), i == 0, sums + r, 1);
        }
        for (int64_t r = 0; r < count; r++)
          output.run(q * 4 + r, sums + r, bounds, dst + (q * 4 + r) * int64_t(output.bytes()), 1);
      }
    });
  }
};

}  // namespace

Kernel build_dot_wide(Setup& s, const ConvSpec& spec) {
  auto engine = std::make_shared<Engine>(spec, s.isa());
  const Scratch words = s.scratch(size_t(engine->padded) * sizeof(int16_t));
  const Scratch rough = s.scratch(engine->plan.needs_coarse() ? size_t(engine->padded) * 2 : 0);
  const Target target = target_of(s);
  vsi_nn_tensor_t* in = spec.input;
  const int64_t batch = spec.geo.batch, in_bytes = engine->in * int64_t(engine->input.num.bytes());
  const int64_t out_bytes = engine->out * int64_t(engine->output.bytes());
  return [=](Pool& pool) {
    const StoreBounds bounds = engine->output.bounds(target);
    uint8_t* out = target.tensor()->t->data;
    for (int64_t n = 0; n < batch; n++)
      engine->run(pool, in->t->data + n * in_bytes, bounds, out + n * out_bytes, words.get<int16_t>(), rough.get());
  };
}

}  // namespace sim
