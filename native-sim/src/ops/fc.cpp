// FCL: everything but the outermost dimension is flattened.
#include <algorithm>

#include "ops/register.h"
#include "ops/wide.h"

namespace sim {

namespace {

struct Sizes {
  int64_t in, out, batch;
};

Sizes sizes(const Setup& s) {
  s.need_rank(0, 1, 4);
  s.need_rank(1, 2, 4);
  const Shape in = s.in_shape(0), w = s.in_shape(1);
  Sizes z;
  z.batch = in.rank > 1 ? in[in.rank - 1] : 1;
  z.in = in.count() / z.batch;
  z.out = w[w.rank - 1];
  if (w.count() / z.out != z.in)
    fail("weight %s does not fit input %s", w.text().c_str(), in.text().c_str());
  return z;
}

ConvSpec fc_spec(Setup& s) {
  const Sizes z = sizes(s);
  ConvSpec c;
  c.input = s.in(0);
  c.weight = s.in(1);
  c.bias = s.maybe_in(2);
  c.output = s.out();
  c.requantization = s.requantization();
  c.geo.batch = z.batch;
  c.geo.ic = z.in;
  c.geo.oc = z.out;
  c.geo.ih = c.geo.iw = c.geo.oh = c.geo.ow = 1;
  if (!is_const(c.weight)) fail("the weight must be a constant");
  if (c.bias && !is_const(c.bias)) fail("the bias must be a constant");
  if (c.bias && shape_of(c.bias->attr).count() != z.out)
    fail("the bias has shape %s, expected [%lld]", shape_of(c.bias->attr).text().c_str(),
         static_cast<long long>(z.out));
  const int64_t n = z.in;
  c.index = [=](int64_t oc, int64_t ic, int64_t, int64_t) { return oc * n + ic; };
  c.channel = [](int64_t oc) { return oc; };
  check_bias_scale(c);
  return c;
}

struct IntEngine {
  int64_t in, out, padded;
  const Isa* isa;
  BytePacking packing;
  Requantizer requantizer;
  Buffer weights;
  std::vector<int32_t> add, zero;

  IntEngine(const ConvSpec& spec, const IntWeights& w, const Isa& i)
      : in(spec.geo.ic), out(spec.geo.oc), padded((in + kDotBlock - 1) / kDotBlock * kDotBlock), isa(&i),
        packing(byte_packing(Numeric(spec.input->attr.dtype), i.pack)), requantizer(spec, w, i) {
    const bool four = packing.pack == 4;
    const int32_t shift = four && spec.weight->attr.dtype.vx_type == VSI_NN_TYPE_UINT8 ? 128 : 0;
    weights = Buffer(size_t((out + 3) / 4 * 4 * padded) * (four ? 1 : 2));
    for (int64_t o = 0; o < out; o++) {
      const int32_t subtract = four ? shift : w.zero[size_t(o)];
      zero.push_back(four ? w.zero[size_t(o)] - shift : 0);
      uint32_t sum = 0;
      for (int64_t c = 0; c < in; c++) {
        const int32_t v = weight_code(spec, o * in + c) - subtract;
        sum += uint32_t(v);
        if (four) weights.data()[o * padded + c] = uint8_t(v);
        else reinterpret_cast<int16_t*>(weights.data())[o * padded + c] = int16_t(v);
      }
      const uint32_t x0 = uint32_t(packing.zero), bias = uint32_t(w.bias[size_t(o)]);
      add.push_back(four ? int32_t(bias - x0 * sum + uint32_t(in) * x0 * uint32_t(zero.back())) : int32_t(bias));
    }
  }

  // Copies the input next to zeros and returns the sum of its elements.
  int32_t prepare(const uint8_t* src, uint8_t* x) const {
    uint32_t sum = 0;
    if (packing.pack == 4) {
      for (int64_t i = 0; i < in; i++) {
        x[i] = src[i] ^ packing.flip;
        sum += x[i];
      }
      std::fill(x + in, x + padded, uint8_t(0));
    } else {
      auto* wide = reinterpret_cast<int16_t*>(x);
      for (int64_t i = 0; i < in; i++) wide[i] = int16_t((src[i] ^ packing.flip) - packing.zero);
      std::fill(wide + in, wide + padded, int16_t(0));
    }
    return int32_t(sum);
  }

  void run(Pool& pool, const uint8_t* src, const Requantizer::Bounds& bounds, uint8_t* dst, uint8_t* x) const {
    const int32_t sum = prepare(src, x);
    const int64_t bytes = packing.pack == 4 ? 1 : 2;
    pool.run((out + 3) / 4, padded / 4, [&](int64_t b, int64_t e) {
      for (int64_t q = b; q < e; q++) {
        int32_t acc[4];
        isa->u8s8_dot(weights.data() + q * 4 * padded * bytes, padded, x, padded, acc);
        for (int64_t o = q * 4; o < std::min(out, q * 4 + 4); o++) {
          const int32_t minus = int32_t(uint32_t(zero[size_t(o)]) * uint32_t(sum));
          requantizer.run(o, acc + (o - q * 4), &minus, add[size_t(o)], bounds,
                          dst + o * int64_t(requantizer.bytes()), 1);
        }
      }
    });
  }
};

void infer(Setup& s) {
  const ConvSpec c = fc_spec(s);
  s.set_shape(0, Shape{c.geo.oc, c.geo.batch});
}

Kernel build(Setup& s) {
  const ConvSpec c = fc_spec(s);
  if (is_wide_conv(c)) return build_dot_wide(s, c);
  if (!is_integer_conv(c)) return build_conv_f32(s, c);
  auto engine = std::make_shared<IntEngine>(c, int_weights(c), s.isa());
  const Scratch x = s.scratch(size_t(engine->padded) * 2);
  vsi_nn_tensor_t* in = c.input;
  const Target target = target_of(s);
  return [=](Pool& pool) {
    const Requantizer::Bounds bounds = engine->requantizer.bounds(target);
    uint8_t* out = target.tensor()->t->data;
    for (int64_t n = 0; n < c.geo.batch; n++)
      engine->run(pool, in->t->data + n * engine->in, bounds,
                  out + n * engine->out * int64_t(engine->requantizer.bytes()), x.get());
  };
}

bool can_activate(Setup& s) { return can_activate_conv(s.in_num(0), s.in_num(1), s.out_num()); }

}  // namespace

void register_fc(OpTable& t) {
  using P = vsi_nn_fcl_param;
  t.add({VSI_NN_OP_FCL, "FCL", "fcl", {SIM_FIELD(P, weights), SIM_FIELD(P, axis)}, 2, 3, 1, 1, infer, build,
         nullptr, nullptr, can_activate});
}

}  // namespace sim
