// Operators that read between pixels, at places that another input gives: ROI_ALIGN and SPATIAL_TRANSFORMER.
#include <algorithm>
#include <cmath>

#include "ops/register.h"

namespace sim {

namespace {

// --- ROI_ALIGN: averages of points inside the bins of boxes ---

struct Bins {
  int64_t w, h;
  double scale_x, scale_y;
  int samples_x, samples_y;
};

Bins bins_of(const Setup& s) {
  s.need_rank(0, 4, 4);
  s.need_rank(1, 2, 2);
  const auto& p = s.param().roi_align;
  if (s.in_shape(1)[0] != 4) fail("boxes %s, expected [4, count]", s.in_shape(1).text().c_str());
  if (s.in_shape(2).count() != s.in_shape(1)[1])
    fail("%s pictures for boxes %s", s.in_shape(2).text().c_str(), s.in_shape(1).text().c_str());
  const auto possible = [](int32_t n) { return n >= 1 && n <= 4096; };
  if (!possible(p.output_width) || !possible(p.output_height) || p.width_sample_num > 64 || p.height_sample_num > 64)
    fail("bins of %d x %d with %d x %d samples are not possible", p.output_width, p.output_height, p.width_sample_num,
         p.height_sample_num);
  if (!(p.width_ratio > 0) || !(p.height_ratio > 0)) fail("the ratios must be positive");
  return {p.output_width, p.output_height, 1 / double(p.width_ratio), 1 / double(p.height_ratio), p.width_sample_num,
          p.height_sample_num};
}

void infer_align(Setup& s) {
  const Bins b = bins_of(s);
  s.set_shape(0, Shape{b.w, b.h, s.in_shape(0)[2], s.in_shape(1)[1]});
}

// One dimension of a box.
struct Side {
  double first, bin;
  int64_t samples;

  Side(double from, double to, double scale, int64_t bins, int given) : first(from * scale) {
    bin = std::max((to - from) * scale, 1.0) / double(bins);
    if (!(std::abs(first) < 1e9) || !(bin < 1e9)) fail("a box from %g to %g is not possible", from, to);
    samples = given > 0 ? given : int64_t(std::ceil(bin));
    if (samples > 256) fail("%lld samples of a bin are too many", static_cast<long long>(samples));
  }

  // Where bin i begins inside of n elements.
  double start(int64_t i, int64_t n) const { return std::min(std::max(double(i) * bin + first, 0.0), double(n - 1)); }
  double point(int64_t i, int64_t sample, int64_t n) const {
    return start(i, n) + (double(sample) + 0.5) * bin / double(samples);
  }
};

// Between four pixels; points beyond the last ones read these.
template <class R>
double read_between(const R* plane, int64_t w, int64_t h, double x, double y) {
  const int64_t x0 = std::min(int64_t(x), w - 1), y0 = std::min(int64_t(y), h - 1);
  const int64_t x1 = std::min(x0 + 1, w - 1), y1 = std::min(y0 + 1, h - 1);
  const double u = x - double(x0), v = y - double(y0);
  const auto at = [&](int64_t i, int64_t j) { return double(plane[j * w + i]); };
  return (1 - v) * ((1 - u) * at(x0, y0) + u * at(x1, y0)) + v * ((1 - u) * at(x0, y1) + u * at(x1, y1));
}

template <class R>
double bin_average(const R* plane, int64_t w, int64_t h, const Side& x, const Side& y, int64_t px, int64_t py) {
  if (x.start(px + 1, w) <= x.start(px, w) || y.start(py + 1, h) <= y.start(py, h)) return 0;
  double sum = 0;
  for (int64_t j = 0; j < y.samples; j++)
    for (int64_t i = 0; i < x.samples; i++)
      sum += read_between(plane, w, h, x.point(px, i, w), y.point(py, j, h));
  return sum / double(x.samples * y.samples);
}

Kernel build_align(Setup& s) {
  const Bins bins = bins_of(s);
  const Shape in = s.in_shape(0);
  const int64_t boxes = s.in_shape(1)[1], channels = in[2], area = bins.w * bins.h;
  return wrap_real(s, [=](Pool& pool, auto src, auto out) {
    using R = RealOf<decltype(out)>;
    std::vector<Side> xs, ys;
    std::vector<int64_t> picture;
    for (int64_t n = 0; n < boxes; n++) {
      const R *box = src[1] + n * 4, which = src[2][n];
      if (!(which >= 0) || which >= R(in[3])) fail("box of picture %g, there are %lld", double(which), static_cast<long long>(in[3]));
      picture.push_back(int64_t(which));
      xs.emplace_back(box[0], box[2], bins.scale_x, bins.w, bins.samples_x);
      ys.emplace_back(box[1], box[3], bins.scale_y, bins.h, bins.samples_y);
    }
    pool.run(boxes * channels, area * 32, [&](int64_t first, int64_t last) {
      for (int64_t k = first; k < last; k++) {
        const size_t n = size_t(k / channels);
        const R* plane = src[0] + (picture[n] * channels + k % channels) * in[0] * in[1];
        for (int64_t i = 0; i < area; i++)
          out[0][k * area + i] = R(bin_average(plane, in[0], in[1], xs[n], ys[n], i % bins.w, i / bins.w));
      }
    });
  });
}

// --- SPATIAL_TRANSFORMER: an affine map of the output's pixels into the input ---

struct Affine {
  int64_t w, h, ow, oh, channels, batch, given;
  bool align;
  bool fixed[6];
  double theta[6];
};

Affine affine_of(const Setup& s) {
  s.need_rank(0, 2, 4);
  const auto& p = s.param().spatial_transformer;
  const Shape in = s.in_shape(0);
  Affine a{in[0], in[1], p.output_W ? p.output_W : in[0], p.output_H ? p.output_H : in[1], in[2], in[3], 0,
           p.align_corners != 0,
           {p.has_theta_1_1 != 0, p.has_theta_1_2 != 0, p.has_theta_1_3 != 0, p.has_theta_2_1 != 0,
            p.has_theta_2_2 != 0, p.has_theta_2_3 != 0},
           {p.theta_1_1, p.theta_1_2, p.theta_1_3, p.theta_2_1, p.theta_2_2, p.theta_2_3}};
  for (const bool fixed : a.fixed) a.given += fixed ? 0 : 1;
  if (a.ow < 1 || a.oh < 1 || a.ow > 65536 || a.oh > 65536)
    fail("an output of %d x %d is not possible", p.output_W, p.output_H);
  if (s.in_shape(1).count() < a.given * a.batch)
    fail("coefficients %s, expected %lld for each of %lld pictures", s.in_shape(1).text().c_str(),
         static_cast<long long>(a.given), static_cast<long long>(a.batch));
  return a;
}

void infer_affine(Setup& s) {
  const Affine a = affine_of(s);
  Shape out = s.in_shape(0);
  out.dim[0] = a.ow;
  out.dim[1] = a.oh;
  s.set_shape(0, out);
}

// Position in the input of pixel (x, y): m[0] x + m[1] y + m[2] along the width, then the same along the height.
// theta's first row is of the height. Both pictures reach from -1 to 1.
struct Map {
  double m[6];
  Map(const Affine& a, const double* t) {
    const double w = double(a.w), h = double(a.h);
    const double ow = double(a.align && a.ow > 1 ? a.ow - 1 : a.ow), oh = double(a.align && a.oh > 1 ? a.oh - 1 : a.oh);
    m[0] = t[4] * w / ow, m[1] = t[3] * w / oh, m[2] = (t[5] - t[4] - t[3] + 1) * w / 2;
    m[3] = t[1] * h / ow, m[4] = t[0] * h / oh, m[5] = (t[2] - t[1] - t[0] + 1) * h / 2;
  }
};

// Pixels outside are 0. Positions before the picture are one pixel further off.
template <class R>
double read_outside(const R* plane, const Affine& a, double x, double y) {
  if (!(std::abs(x) < 1e9) || !(std::abs(y) < 1e9)) return 0;
  if (x < 0) x -= 1;
  if (y < 0) y -= 1;
  const int64_t x0 = int64_t(std::floor(x)), y0 = int64_t(std::floor(y));
  const double u = x - double(x0), v = y - double(y0);
  const auto at = [&](int64_t i, int64_t j) {
    return i < 0 || j < 0 || i >= a.w || j >= a.h ? 0 : double(plane[j * a.w + i]);
  };
  return (1 - v) * ((1 - u) * at(x0, y0) + u * at(x0 + 1, y0)) + v * ((1 - u) * at(x0, y0 + 1) + u * at(x0 + 1, y0 + 1));
}

Kernel build_affine(Setup& s) {
  const Affine a = affine_of(s);
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* out) {
    std::vector<Map> maps;
    for (int64_t n = 0; n < a.batch; n++) {
      double theta[6];
      const double* from = in[1] + n * a.given;
      for (int i = 0; i < 6; i++) theta[i] = a.fixed[i] ? a.theta[i] : *from++;
      maps.emplace_back(a, theta);
    }
    pool.run(a.batch * a.channels * a.oh, a.ow * 16, [&](int64_t first, int64_t last) {
      for (int64_t r = first; r < last; r++) {
        const int64_t plane = r / a.oh;
        const double y = double(r % a.oh), *m = maps[size_t(plane / a.channels)].m;
        for (int64_t i = 0; i < a.ow; i++)
          out[0][r * a.ow + i] = read_outside(in[0] + plane * a.w * a.h, a, m[0] * double(i) + m[1] * y + m[2],
                                              m[3] * double(i) + m[4] * y + m[5]);
      }
    });
  });
}

}  // namespace

void register_sample(OpTable& t) {
  using R = vsi_nn_roi_align_param;
  using S = vsi_nn_spatial_transformer_param;
  t.add({VSI_NN_OP_ROI_ALIGN, "ROI_ALIGN", "roi_align",
         {SIM_FIELD(R, output_height), SIM_FIELD(R, output_width), SIM_FIELD(R, height_ratio), SIM_FIELD(R, width_ratio),
          SIM_FIELD(R, height_sample_num), SIM_FIELD(R, width_sample_num)},
         3, 3, 1, 1, infer_align, build_align});
  t.add({VSI_NN_OP_SPATIAL_TRANSFORMER, "SPATIAL_TRANSFORMER", "spatial_transformer",
         {SIM_FIELD(S, output_H), SIM_FIELD(S, output_W), SIM_FIELD(S, has_theta_1_1), SIM_FIELD(S, has_theta_1_2),
          SIM_FIELD(S, has_theta_1_3), SIM_FIELD(S, has_theta_2_1), SIM_FIELD(S, has_theta_2_2),
          SIM_FIELD(S, has_theta_2_3), SIM_FIELD(S, theta_1_1), SIM_FIELD(S, theta_1_2), SIM_FIELD(S, theta_1_3),
          SIM_FIELD(S, theta_2_1), SIM_FIELD(S, theta_2_2), SIM_FIELD(S, theta_2_3), SIM_FIELD(S, align_corners)},
         2, 2, 1, 1, infer_affine, build_affine});
}

}  // namespace sim
