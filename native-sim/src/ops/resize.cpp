// RESIZE: nearest and bilinear; RESIZE_1D and INTERP, which are forms of it.
#include <algorithm>
#include <cmath>

#include "ops/register.h"

namespace sim {

namespace {

struct Spec {
  int64_t iw, ih, ow, oh, planes;
  bool nearest, align, half;
  // Elements of a row and a plane in memory, and where the part that is resized begins.
  int64_t row, plane, first = 0;
};

// Only the first dimension is resized: the others are planes of one row.
Shape rows_of(const Shape& in) { return Shape{in[0], 1, in.range(1, in.rank)}; }

template <class P>
Spec spec_of(const Setup& s, const P& p, const Shape& in) {
  if (p.type != VSI_NN_INTERPOLATION_NEAREST_NEIGHBOR && p.type != VSI_NN_INTERPOLATION_BILINEAR)
    fail("resize type %d is not supported", p.type);
  Spec z{in[0], in[1], p.size[0], p.size[1], in.range(2, in.rank), p.type == VSI_NN_INTERPOLATION_NEAREST_NEIGHBOR,
         p.align_corners != 0, p.half_pixel_centers != 0, in[0], in[0] * in[1]};
  if (s.node().op == VSI_NN_OP_RESIZE_1D) z.oh = 1;
  if (!s.since(1, 1, 14)) z.align = z.half = false;
  if (p.factor != 0) {
    if (!(p.factor > 0) || p.factor > 65536) fail("resize.factor is %g", p.factor);
    z.ow = int64_t(float(z.iw) * p.factor);
    if (s.node().op == VSI_NN_OP_RESIZE) z.oh = int64_t(float(z.ih) * p.factor);
  }
  if (z.ow < 1 || z.oh < 1) fail("the new size is %lld x %lld", static_cast<long long>(z.ow), static_cast<long long>(z.oh));
  return z;
}

Spec resize(const Setup& s) {
  s.need_rank(0, 2, kMaxRank);
  return spec_of(s, s.param().resize, s.in_shape());
}

Spec resize_1d(const Setup& s) { return spec_of(s, s.param().resize_1d, rows_of(s.in_shape())); }

// Lengths of INTERP's output for an input of `n` elements, in the order in which ovxlib looks for them.
int64_t interp_length(const vsi_nn_interp_param& p, int64_t n, int64_t given, const Setup& s, int d) {
  const bool shrink = p.shrink_factor > 0, zoom = p.zoom_factor > 0;
  const int64_t shrunk = shrink ? (n - 1) / p.shrink_factor + 1 : n;
  const int64_t zoomed = zoom ? (shrunk - 1) * (p.zoom_factor - 1) + shrunk : shrunk;
  if (shrink != zoom) return zoomed;
  if (p.height > 0 && p.width > 0) return given;
  if (shrink) return zoomed;
  if (!s.maybe_in(1)) fail("neither a factor nor a size is given");
  return s.in_shape(1)[d];
}

// Negative pads cut the input, then its corners become those of the output.
Spec interp(const Setup& s) {
  s.need_rank(0, 2, kMaxRank);
  const auto& p = s.param().interp;
  const Shape in = s.in_shape();
  if (p.pad_beg > 0 || p.pad_end > 0) fail("pads of %d and %d, only cropping is supported", p.pad_beg, p.pad_end);
  const int64_t w = in[0] + p.pad_beg + int64_t(p.pad_end), h = in[1] + p.pad_beg + int64_t(p.pad_end);
  if (w < 1 || h < 1) fail("pads of %d and %d leave nothing of %s", p.pad_beg, p.pad_end, in.text().c_str());
  Spec z{w, h, interp_length(p, w, p.width, s, 0), interp_length(p, h, p.height, s, 1), in.range(2, in.rank), false, true,
         false, in[0], in[0] * in[1]};
  z.first = -int64_t(p.pad_beg) * (z.row + 1);
  if (z.ow < 1 || z.oh < 1) fail("the new size is %lld x %lld", static_cast<long long>(z.ow), static_cast<long long>(z.oh));
  return z;
}

template <Spec (*spec)(const Setup&)>
void infer(Setup& s) {
  const Spec z = spec(s);
  Shape out = s.in_shape();
  out.dim[0] = z.ow;
  if (s.node().op != VSI_NN_OP_RESIZE_1D) out.dim[1] = z.oh;
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
    const T* row = in + r / z.oh * z.plane + ys[size_t(r % z.oh)].a * z.row;
    for (int64_t x = 0; x < z.ow; x++) out[r * z.ow + x] = row[xs[size_t(x)].a];
  }
}

template <class R>
void bilinear_rows(const Spec& z, const std::vector<Tap>& xs, const std::vector<Tap>& ys, const R* in, R* out, int64_t b,
                   int64_t e) {
  for (int64_t r = b; r < e; r++) {
    const Tap y = ys[size_t(r % z.oh)];
    const R* plane = in + z.first + r / z.oh * z.plane;
    const R *p = plane + y.a * z.row, *q = plane + y.b * z.row;
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

template <Spec (*spec)(const Setup&)>
Kernel build(Setup& s) {
  const Spec z = spec(s);
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
  using O = vsi_nn_resize_1d_param;
  using I = vsi_nn_interp_param;
  t.add({VSI_NN_OP_RESIZE, "RESIZE", "resize",
         {SIM_FIELD(P, type), SIM_FIELD(P, factor), SIM_FIELD(P, size), SIM_FIELD(P, align_corners),
          SIM_FIELD(P, half_pixel_centers)},
         1, 1, 1, 1, infer<resize>, build<resize>});
  t.add({VSI_NN_OP_RESIZE_1D, "RESIZE_1D", "resize_1d",
         {SIM_FIELD(O, type), SIM_FIELD(O, factor), SIM_FIELD(O, size), SIM_FIELD(O, align_corners),
          SIM_FIELD(O, half_pixel_centers)},
         1, 1, 1, 1, infer<resize_1d>, build<resize_1d>});
  t.add({VSI_NN_OP_INTERP, "INTERP", "interp",
         {SIM_FIELD(I, height), SIM_FIELD(I, width), SIM_FIELD(I, zoom_factor), SIM_FIELD(I, shrink_factor),
          SIM_FIELD(I, pad_beg), SIM_FIELD(I, pad_end)},
         1, 2, 1, 1, infer<interp>, build<interp>});
}

}  // namespace sim
