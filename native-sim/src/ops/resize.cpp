// RESIZE: nearest and bilinear.
#include <algorithm>
#include <cmath>

#include "ops/register.h"

namespace sim {

namespace {

struct Spec {
  int64_t iw, ih, ow, oh, planes;
  bool nearest, align, half;
};

Spec spec_of(const Setup& s) {
  s.need_rank(0, 2, kMaxRank);
  const auto& p = s.param().resize;
  const Shape in = s.in_shape();
  if (p.type != VSI_NN_INTERPOLATION_NEAREST_NEIGHBOR && p.type != VSI_NN_INTERPOLATION_BILINEAR)
    fail("resize type %d is not supported", p.type);
  Spec z{in[0], in[1], p.size[0], p.size[1], in.range(2, in.rank), p.type == VSI_NN_INTERPOLATION_NEAREST_NEIGHBOR,
         p.align_corners != 0, p.half_pixel_centers != 0};
  if (!s.since(1, 1, 14)) z.align = z.half = false;
  if (p.factor != 0) {
    if (!(p.factor > 0) || p.factor > 65536) fail("resize.factor is %g", p.factor);
    z.ow = int64_t(float(z.iw) * p.factor);
    z.oh = int64_t(float(z.ih) * p.factor);
  }
  if (z.ow < 1 || z.oh < 1) fail("the new size is %lld x %lld", static_cast<long long>(z.ow), static_cast<long long>(z.oh));
  return z;
}

void infer(Setup& s) {
  const Spec z = spec_of(s);
  Shape out = s.in_shape();
  out.dim[0] = z.ow;
  out.dim[1] = z.oh;
  s.set_shape(0, out);
}

// The two neighbours of an output position and the weight of the second.
struct Tap {
  int64_t a, b;
  float t;
};

Tap tap(int64_t i, int64_t in, int64_t out, const Spec& z) {
  const float scale = z.align && out > 1 ? float(in - 1) / float(out - 1) : float(in) / float(out);
  const float at = z.half ? (float(i) + 0.5f) * scale - 0.5f : float(i) * scale;
  if (z.nearest) {
    const float v = z.half ? (float(i) + 0.5f) * scale : at;
    // With aligned corners positions are rounded, otherwise they are cut off.
    const int64_t k = int64_t(z.align ? std::round(v) : std::floor(v));
    const int64_t n = std::min(std::max<int64_t>(k, 0), in - 1);
    return {n, n, 0};
  }
  const float low = std::max(at, 0.0f);
  const int64_t a = std::min(int64_t(low), in - 1);
  return {a, std::min(a + 1, in - 1), low - float(a)};
}

std::vector<Tap> taps(int64_t in, int64_t out, const Spec& z) {
  std::vector<Tap> list;
  for (int64_t i = 0; i < out; i++) list.push_back(tap(i, in, out, z));
  return list;
}

template <class T>
void nearest_rows(const Spec& z, const std::vector<Tap>& xs, const std::vector<Tap>& ys, const T* in, T* out,
                  int64_t b, int64_t e) {
  for (int64_t r = b; r < e; r++) {
    const T* row = in + (r / z.oh * z.ih + ys[size_t(r % z.oh)].a) * z.iw;
    for (int64_t x = 0; x < z.ow; x++) out[r * z.ow + x] = row[xs[size_t(x)].a];
  }
}

template <class R>
void bilinear_rows(const Spec& z, const std::vector<Tap>& xs, const std::vector<Tap>& ys, const R* in, R* out, int64_t b,
                   int64_t e) {
  for (int64_t r = b; r < e; r++) {
    const Tap y = ys[size_t(r % z.oh)];
    const R *p = in + (r / z.oh * z.ih + y.a) * z.iw, *q = in + (r / z.oh * z.ih + y.b) * z.iw;
    for (int64_t x = 0; x < z.ow; x++) {
      const Tap t = xs[size_t(x)];
      const R top = p[t.a] + (p[t.b] - p[t.a]) * t.t, low = q[t.a] + (q[t.b] - q[t.a]) * t.t;
      out[r * z.ow + x] = top + (low - top) * y.t;
    }
  }
}

template <class T>
Kernel nearest_kernel(Setup& s, const Spec& z, const std::vector<Tap>& xs, const std::vector<Tap>& ys) {
  vsi_nn_tensor_t *in = s.in(0), *out = s.out();
  return [=](Pool& pool) {
    pool.run(z.planes * z.oh, z.ow, [&](int64_t b, int64_t e) {
      nearest_rows(z, xs, ys, reinterpret_cast<const T*>(in->t->data), reinterpret_cast<T*>(out->t->data), b, e);
    });
  };
}

Kernel build(Setup& s) {
  const Spec z = spec_of(s);
  const std::vector<Tap> xs = taps(z.iw, z.ow, z), ys = taps(z.ih, z.oh, z);
  const int64_t rows = z.planes * z.oh;
  if (z.nearest && s.in_num() == s.out_num()) {
    switch (s.in_num().bytes()) {
      case 1: return nearest_kernel<uint8_t>(s, z, xs, ys);
      case 2: return nearest_kernel<uint16_t>(s, z, xs, ys);
      case 4: return nearest_kernel<uint32_t>(s, z, xs, ys);
      default: return nearest_kernel<uint64_t>(s, z, xs, ys);
    }
  }
  return wrap_real(s, [=](Pool& pool, auto in, auto out) {
    pool.run(rows, z.ow * 4, [&](int64_t b, int64_t e) {
      if (z.nearest) nearest_rows(z, xs, ys, in[0], out[0], b, e);
      else bilinear_rows(z, xs, ys, in[0], out[0], b, e);
    });
  });
}

}  // namespace

void register_resize(OpTable& t) {
  using P = vsi_nn_resize_param;
  t.add({VSI_NN_OP_RESIZE, "RESIZE", "resize",
         {SIM_FIELD(P, type), SIM_FIELD(P, factor), SIM_FIELD(P, size), SIM_FIELD(P, align_corners),
          SIM_FIELD(P, half_pixel_centers)},
         1, 1, 1, 1, infer, build});
}

}  // namespace sim
