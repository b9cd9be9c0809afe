// POOLWITHARGMAX, UPSAMPLE (its reverse) and ROI_POOL.
#include <algorithm>
#include <cmath>

#include "ops/register.h"

namespace sim {

namespace {

struct Grid {
  int64_t iw, ih, ow, oh, kw, kh, sw, sh, left, top, planes;
};

int64_t length_of(int64_t in, int64_t k, int64_t stride, int64_t front, int64_t back, bool ceil) {
  constexpr int64_t kLimit = 1 << 20;
  const int64_t room = in + front + back - k;
  if (k < 1 || stride < 1 || k > kLimit || stride > kLimit || front > kLimit || back > kLimit || room < 0)
    fail("a window of %lld with stride %lld does not fit %lld elements", static_cast<long long>(k),
         static_cast<long long>(stride), static_cast<long long>(in));
  const int64_t out = (ceil ? room + stride - 1 : room) / stride + 1;
  // The last window must start inside the input or the padding before it.
  return ceil && (out - 1) * stride >= in + front ? out - 1 : out;
}

Grid grid_of(Setup& s) {
  s.need_rank(0, 3, 4);
  const auto& p = s.param().pool;
  if (p.type != VX_NN_POOLING_MAX) fail("pooling type %d has no argmax", p.type);
  const Shape in = s.in_shape();
  const bool ceil = p.round_type == VSI_NN_ROUND_CEIL;
  Grid g;
  g.iw = in[0], g.ih = in[1], g.planes = in.range(2, in.rank);
  g.kw = p.ksize[0], g.kh = p.ksize[1], g.sw = p.stride[0], g.sh = p.stride[1];
  g.left = p.pad[0], g.top = p.pad[2];
  g.ow = length_of(g.iw, g.kw, g.sw, p.pad[0], p.pad[1], ceil);
  g.oh = length_of(g.ih, g.kh, g.sh, p.pad[2], p.pad[3], ceil);
  return g;
}

void infer_argmax(Setup& s) {
  const Grid g = grid_of(s);
  Shape out = s.in_shape();
  out.dim[0] = g.ow;
  out.dim[1] = g.oh;
  s.set_shape(0, out);
  s.set_shape(1, out);
}

// Small index types count inside the window, the others inside the whole input.
bool is_relative(const Numeric& n) { return n.bytes() <= 2; }

// The first of equal maxima wins.
Kernel build_argmax(Setup& s) {
  const Grid g = grid_of(s);
  const bool relative = s.maybe_out(1) && is_relative(s.out_num(1));
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* out) {
    pool.run(g.planes * g.oh, g.ow * g.kw * g.kh, [&](int64_t first, int64_t last) {
      for (int64_t r = first; r < last; r++) {
        const int64_t plane = r / g.oh, y0 = r % g.oh * g.sh - g.top;
        for (int64_t x = 0; x < g.ow; x++) {
          const int64_t x0 = x * g.sw - g.left;
          int64_t best = -1;
          double value = 0;
          for (int64_t j = std::max<int64_t>(0, y0); j < std::min(g.ih, y0 + g.kh); j++)
            for (int64_t i = std::max<int64_t>(0, x0); i < std::min(g.iw, x0 + g.kw); i++) {
              const double v = in[0][(plane * g.ih + j) * g.iw + i];
              if (best >= 0 && !(v > value)) continue;
              value = v;
              best = relative ? (j - y0) * g.kw + (i - x0) : (plane * g.ih + j) * g.iw + i;
            }
          out[0][r * g.ow + x] = value;
          if (out[1]) out[1][r * g.ow + x] = double(std::max<int64_t>(best, 0));
        }
      }
    });
  });
}

void infer_upsample(Setup& s) {
  s.need_rank(0, 3, 4);
  const auto& p = s.param().upsample;
  if (s.in_shape(0) != s.in_shape(1))
    fail("values %s and indices %s differ", s.in_shape(0).text().c_str(), s.in_shape(1).text().c_str());
  Shape out = s.in_shape();
  for (int d = 0; d < 2; d++) {
    if (p.scale[d] < 1 || p.scale[d] > 4096) fail("upsample.scale is %u", p.scale[d]);
    out.dim[d] = p.size[d] > 0 ? p.size[d] : out.dim[d] * p.scale[d];
  }
  if (checked_count(out) < 0) fail("the output would be %s", out.text().c_str());
  s.set_shape(0, out);
}

Kernel build_upsample(Setup& s) {
  const auto& p = s.param().upsample;
  const Shape in = s.in_shape(), whole = s.out_shape();
  const int64_t sw = p.scale[0], sh = p.scale[1];
  const bool relative = is_relative(s.in_num(1));
  return wrap_f64(s, [=](Pool&, const double* const* src, double* const* out) {
    const int64_t n = in.count(), total = whole.count(), w = in[0], h = in[1], ow = whole[0], oh = whole[1];
    std::fill_n(out[0], total, 0.0);
    for (int64_t i = 0; i < n; i++) {
      const double index = src[1][i];
      if (!(index >= 0) || index >= double(total)) fail("index %g is outside the output", index);
      int64_t at = int64_t(index);
      if (relative) {
        const int64_t x = i % w * sw + at % sw, y = i / w % h * sh + at / sw;
        if (x >= ow || y >= oh) fail("index %g leads outside the output", index);
        at = (i / (w * h) * oh + y) * ow + x;
      }
      out[0][at] = src[0][i];
    }
  });
}

void infer_roi(Setup& s) {
  s.need_rank(0, 4, 4);
  s.need_rank(1, 2, 2);
  const auto& p = s.param().roi_pool;
  if (s.in_shape(1)[0] != 5) fail("boxes %s, expected [5, count]", s.in_shape(1).text().c_str());
  if (p.size[0] < 1 || p.size[1] < 1 || p.size[0] > 4096 || p.size[1] > 4096)
    fail("roi_pool.size is %u x %u", p.size[0], p.size[1]);
  if (p.type != VX_NN_POOLING_MAX && p.type != VX_NN_POOLING_AVG) fail("roi_pool.type %d is not known", p.type);
  s.set_shape(0, Shape{p.size[0], p.size[1], s.in_shape()[2], s.in_shape(1)[1]});
}

struct Box {
  int64_t batch, x, y;
  float bin_w, bin_h;
};

// Caffe's rounding: corners to whole elements, both of them inside the box.
template <class R>
Box box_of(const R* roi, R scale, const Shape& in, int64_t pw, int64_t ph) {
  const auto whole = [](R v) {
    return v == v ? int64_t(std::round(std::min(std::max(v, R(-1e6)), R(1e6)))) : int64_t(0);
  };
  const int64_t batch = whole(roi[0]);
  if (batch < 0 || batch >= in[3]) fail("box of picture %lld, there are %lld", static_cast<long long>(batch),
                                        static_cast<long long>(in[3]));
  const int64_t x1 = whole(roi[1] * scale), y1 = whole(roi[2] * scale);
  const int64_t x2 = whole(roi[3] * scale), y2 = whole(roi[4] * scale);
  return {batch, x1, y1, float(std::max<int64_t>(x2 - x1 + 1, 1)) / float(pw),
          float(std::max<int64_t>(y2 - y1 + 1, 1)) / float(ph)};
}

template <class R>
R pool_bin(const R* plane, const Shape& in, const Box& b, int64_t px, int64_t py, bool max) {
  const auto clamp = [](int64_t v, int64_t n) { return std::min(std::max<int64_t>(v, 0), n); };
  const int64_t x0 = clamp(int64_t(std::floor(float(px) * b.bin_w)) + b.x, in[0]);
  const int64_t x1 = clamp(int64_t(std::ceil(float(px + 1) * b.bin_w)) + b.x, in[0]);
  const int64_t y0 = clamp(int64_t(std::floor(float(py) * b.bin_h)) + b.y, in[1]);
  const int64_t y1 = clamp(int64_t(std::ceil(float(py + 1) * b.bin_h)) + b.y, in[1]);
  if (x1 <= x0 || y1 <= y0) return 0;
  R result = max ? plane[y0 * in[0] + x0] : 0;
  for (int64_t y = y0; y < y1; y++)
    for (int64_t x = x0; x < x1; x++) {
      const R v = plane[y * in[0] + x];
      result = max ? std::max(result, v) : result + v;
    }
  return max ? result : result / R((x1 - x0) * (y1 - y0));
}

Kernel build_roi(Setup& s) {
  const auto p = s.param().roi_pool;
  const Shape in = s.in_shape(), out_shape = s.out_shape();
  const bool max = p.type == VX_NN_POOLING_MAX;
  return wrap_real(s, [=](Pool& pool, auto src, auto out) {
    using R = RealOf<decltype(out)>;
    const int64_t pw = out_shape[0], ph = out_shape[1], channels = in[2], boxes = out_shape[3];
    std::vector<Box> list;
    for (int64_t r = 0; r < boxes; r++) list.push_back(box_of(src[1] + r * 5, R(p.scale), in, pw, ph));
    pool.run(boxes * channels, in[0] * in[1], [&](int64_t first, int64_t last) {
      for (int64_t k = first; k < last; k++) {
        const Box& b = list[size_t(k / channels)];
        const R* plane = src[0] + (b.batch * channels + k % channels) * in[0] * in[1];
        for (int64_t i = 0; i < pw * ph; i++) out[0][k * pw * ph + i] = pool_bin(plane, in, b, i % pw, i / pw, max);
      }
    });
  });
}

}  // namespace

void register_unpool(OpTable& t) {
  using P = vsi_nn_pool_param;
  using U = vsi_nn_upsample_param;
  using R = vsi_nn_roi_pool_param;
  t.add({VSI_NN_OP_POOLWITHARGMAX, "POOLWITHARGMAX", "pool",
         {SIM_FIELD(P, type), SIM_FIELD(P, round_type), SIM_FIELD(P, ksize), SIM_FIELD(P, stride), SIM_FIELD(P, pad),
          SIM_FIELD(P, pad_type)},
         1, 1, 1, 2, infer_argmax, build_argmax});
  t.add({VSI_NN_OP_UPSAMPLE, "UPSAMPLE", "upsample", {SIM_FIELD(U, scale), SIM_FIELD(U, size)}, 2, 2, 1, 1,
         infer_upsample, build_upsample});
  t.add({VSI_NN_OP_ROI_POOL, "ROI_POOL", "roi_pool", {SIM_FIELD(R, type), SIM_FIELD(R, size), SIM_FIELD(R, scale)}, 2, 2,
         1, 1, infer_roi, build_roi});
}

}  // namespace sim
