// Local response normalisation and L2 normalisation along one axis.
#include <algorithm>
#include <cmath>

#include "ops/register.h"

namespace sim {

namespace {

struct Line {
  int64_t n, step, lines;
  int64_t base(int64_t i) const { return i / step * step * n + i % step; }
};

Line line(const Shape& in, int axis) { return {in[axis], in.range(0, axis), in.count() / in[axis]}; }

int lrn_axis(const Setup& s) {
  // LRN always works across the channels; LRN2 has an axis.
  const int rank = s.in_shape().rank;
  return s.node().op == VSI_NN_OP_LRN2 ? s.axis(s.param().lrn.axis, rank) : std::min(2, rank - 1);
}

void infer_lrn(Setup& s) {
  const auto& p = s.param().lrn;
  if (p.size < 1 || p.size > 65536) fail("lrn.size is %u", p.size);
  if (p.type != VX_CONVOLUTIONAL_NETWORK_NORM_SAME_MAP && p.type != VX_CONVOLUTIONAL_NETWORK_NORM_ACROSS_MAPS)
    fail("lrn.type %d is not known", p.type);
  lrn_axis(s);
  infer_same(s);
}

// The OpenVX layer (LRN) divides alpha by the number of elements of the window; LRN2 takes it as it is.
Kernel across(Setup& s) {
  const auto p = s.param().lrn;
  const bool second = s.node().op == VSI_NN_OP_LRN2;
  const Line l = line(s.in_shape(), lrn_axis(s));
  const int64_t radius = p.size / 2;
  const double bias = second ? p.bias : 1, alpha = second ? p.alpha : p.alpha / p.size, beta = p.beta;
  return wrap_real(s, [=](Pool& pool, auto in, auto out) {
    using R = RealOf<decltype(out)>;
    pool.run(l.lines, l.n * 40, [&](int64_t b, int64_t e) {
      for (int64_t i = b; i < e; i++) {
        const R* x = in[0] + l.base(i);
        for (int64_t k = 0; k < l.n; k++) {
          double sum = 0;
          for (int64_t j = std::max<int64_t>(0, k - radius); j <= std::min(l.n - 1, k + radius); j++)
            sum += double(x[j * l.step]) * x[j * l.step];
          out[0][l.base(i) + k * l.step] = R(x[k * l.step] / std::pow(bias + alpha * sum, beta));
        }
      }
    });
  });
}

Kernel same_map(Setup& s) {
  s.need_rank(0, 2, kMaxRank);
  const auto p = s.param().lrn;
  const bool second = s.node().op == VSI_NN_OP_LRN2;
  const Shape in_shape = s.in_shape();
  const int64_t w = in_shape[0], h = in_shape[1], planes = in_shape.count() / (w * h), radius = p.size / 2;
  const double bias = second ? p.bias : 1, alpha = second ? p.alpha : p.alpha / (double(p.size) * p.size);
  const double beta = p.beta;
  return wrap_real(s, [=](Pool& pool, auto in, auto out) {
    using R = RealOf<decltype(out)>;
    pool.run(planes * h, w * 60, [&](int64_t b, int64_t e) {
      for (int64_t r = b; r < e; r++) {
        const R* x = in[0] + r / h * h * w;
        const int64_t y = r % h;
        for (int64_t k = 0; k < w; k++) {
          double sum = 0;
          for (int64_t v = std::max<int64_t>(0, y - radius); v <= std::min(h - 1, y + radius); v++)
            for (int64_t u = std::max<int64_t>(0, k - radius); u <= std::min(w - 1, k + radius); u++)
              sum += double(x[v * w + u]) * x[v * w + u];
          out[0][r * w + k] = R(x[y * w + k] / std::pow(bias + alpha * sum, beta));
        }
      }
    });
  });
}

Kernel build_lrn(Setup& s) {
  return s.param().lrn.type == VX_CONVOLUTIONAL_NETWORK_NORM_ACROSS_MAPS ? across(s) : same_map(s);
}

int l2_axis(const Setup& s) {
  const int rank = s.in_shape().rank;
  const bool scaled = s.node().op == VSI_NN_OP_L2NORMALIZESCALE;
  if (!s.since(1, 1, scaled ? 13 : 15)) return std::min(2, rank - 1);
  return s.axis(scaled ? s.param().l2normalizescale.axis : s.param().l2_normalize.axis, rank);
}

void infer_l2(Setup& s) {
  const int axis = l2_axis(s);
  if (s.inputs() > 1 && s.maybe_in(1)) {
    const int64_t n = s.in_shape(1).count();
    if (n != s.in_shape()[axis] && n != 1)
      fail("the scale has %lld elements, expected %lld", static_cast<long long>(n),
           static_cast<long long>(s.in_shape()[axis]));
  }
  infer_same(s);
}

Kernel build_l2(Setup& s) {
  const Line l = line(s.in_shape(), l2_axis(s));
  const int64_t scales = s.inputs() > 1 && s.maybe_in(1) ? s.in_shape(1).count() : 0;
  return wrap_real(s, [=](Pool& pool, auto in, auto out) {
    using R = RealOf<decltype(out)>;
    pool.run(l.lines, l.n * 4, [&](int64_t b, int64_t e) {
      for (int64_t i = b; i < e; i++) {
        const int64_t at = l.base(i);
        double sum = 0;
        for (int64_t k = 0; k < l.n; k++) sum += double(in[0][at + k * l.step]) * in[0][at + k * l.step];
        const double factor = 1 / std::sqrt(std::max(sum, 1e-11));
        for (int64_t k = 0; k < l.n; k++) {
          const double scale = scales == 0 ? 1 : in[1][scales == 1 ? 0 : k];
          out[0][at + k * l.step] = R(in[0][at + k * l.step] * factor * scale);
        }
      }
    });
  });
}

void lrn_defaults(vsi_nn_node_t* n) { n->nn_param.lrn.axis = 2; }
void l2_defaults(vsi_nn_node_t* n) { n->nn_param.l2_normalize.axis = 2; }

}  // namespace

void register_lrn(OpTable& t) {
  using Lr = vsi_nn_lrn_param;
  using L2 = vsi_nn_l2_normalize_param;
  using Ls = vsi_nn_l2normalizescale_param;
  const std::vector<Field> fields = {SIM_FIELD(Lr, type), SIM_FIELD(Lr, size), SIM_FIELD(Lr, alpha),
                                     SIM_FIELD(Lr, beta), SIM_FIELD(Lr, bias), SIM_FIELD(Lr, axis)};
  t.add({VSI_NN_OP_LRN, "LRN", "lrn", fields, 1, 1, 1, 1, infer_lrn, build_lrn, lrn_defaults});
  t.add({VSI_NN_OP_LRN2, "LRN2", "lrn", fields, 1, 1, 1, 1, infer_lrn, build_lrn, lrn_defaults});
  t.add({VSI_NN_OP_L2_NORMALIZE, "L2_NORMALIZE", "l2_normalize", {SIM_FIELD(L2, axis)}, 1, 1, 1, 1, infer_l2, build_l2,
         l2_defaults});
  t.add({VSI_NN_OP_L2NORMALIZESCALE, "L2NORMALIZESCALE", "l2normalizescale",
         {SIM_FIELD(Ls, dims), SIM_FIELD(Ls, axis)}, 2, 2, 1, 1, infer_l2, build_l2});
}

}  // namespace sim
