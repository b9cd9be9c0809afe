// Normalisations: batch, instance, layer and group, and of the sum of two tensors.
#include <cmath>

#include "ops/broadcast.h"
#include "ops/register.h"

namespace sim {

namespace {

// The shape in which a parameter of batch normalisation broadcasts over the data.
Shape parameter_shape(const Setup& s, int i, bool per_channel) {
  const Shape in = s.in_shape(0), p = s.in_shape(i);
  if (!per_channel) return p;
  const int axis = in.rank == 3 && s.since(1, 1, 12) ? 1 : std::min(2, in.rank - 1);
  if (p.count() != in[axis]) fail("input %d has shape %s, expected [%lld]", i, p.text().c_str(), static_cast<long long>(in[axis]));
  Shape out;
  for (int d = 0; d < axis; d++) out.push(1);
  out.push(in[axis]);
  return out;
}

template <bool per_channel>
void infer_batch(Setup& s) {
  Shape out;
  for (int i = 1; i < 5; i++)
    if (!broadcast(s.in_shape(0), parameter_shape(s, i, per_channel), out) || out.count() != s.in_shape(0).count())
      fail("input %d of shape %s does not broadcast over %s", i, s.in_shape(i).text().c_str(),
           s.in_shape(0).text().c_str());
  infer_same(s);
}

float eps_of(const Setup& s) {
  return s.node().op == VSI_NN_OP_BATCH_NORM ? s.param().batch_norm.eps : s.param().batchnorm_single.eps;
}

// (x - mean) * gamma / sqrt(variance + eps) + beta
template <bool per_channel>
Kernel build_batch(Setup& s) {
  const Shape out = s.in_shape(0);
  std::vector<BroadcastPlan> plans;
  for (int i = 1; i < 5; i++) plans.emplace_back(out, parameter_shape(s, i, per_channel), out);
  const float eps = eps_of(s);
  return wrap_real(s, [=](Pool& pool, auto in, auto dst) {
    using R = RealOf<decltype(dst)>;
    R* y = dst[0];
    const auto each = [&](size_t which, const R* x, auto f) {
      const R* p = in[which + 1];
      plans[which].run(pool, [&](int64_t ia, int64_t ib, int64_t io, int64_t n, int sa, int sb) {
        for (int64_t i = 0; i < n; i++) y[io + i] = f(x[ia + i * sa], p[ib + i * sb]);
      });
    };
    each(0, in[0], [](R v, R mean) { return v - mean; });
    each(1, y, [eps](R v, R variance) { return v / std::sqrt(variance + R(eps)); });
    each(2, y, [](R v, R gamma) { return v * gamma; });
    each(3, y, [](R v, R beta) { return v + beta; });
  });
}

// Groups of `length` consecutive elements are normalised together; the affine parameters change every `inner`
// elements and repeat after `channels` of them.
struct Groups {
  int64_t length, inner, channels;
};

Kernel normalise(Setup& s, const Groups& g, float eps) {
  const int64_t count = s.in_shape().count();
  for (int i = 1; i < 3; i++)
    if (s.maybe_in(i) && s.in_shape(i).count() != g.channels)
      fail("input %d has %lld elements, expected %lld", i, static_cast<long long>(s.in_shape(i).count()),
           static_cast<long long>(g.channels));
  return wrap_real(s, [=](Pool& pool, auto in, auto out) {
    using R = RealOf<decltype(out)>;
    pool.run(count / g.length, g.length * 4, [&](int64_t b, int64_t e) {
      for (int64_t k = b; k < e; k++) {
        const R* x = in[0] + k * g.length;
        R* y = out[0] + k * g.length;
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < g.length; i++) sum += x[i];
        const double mean = sum / double(g.length);
        for (int64_t i = 0; i < g.length; i++) squares += (x[i] - mean) * (x[i] - mean);
        const double factor = 1 / std::sqrt(squares / double(g.length) + double(eps));
        for (int64_t i = 0; i < g.length; i++) {
          const int64_t c = (k * g.length + i) / g.inner % g.channels;
          const double beta = in[1] ? in[1][c] : 0, gamma = in[2] ? in[2][c] : 1;
          y[i] = R((x[i] - mean) * factor * gamma + beta);
        }
      }
    });
  });
}

Groups instance_groups(const Setup& s) {
  const Shape in = s.in_shape();
  s.need_rank(0, 3, 4);
  // [W,C,N] has its channels in dimension 1.
  const int axis = in.rank == 3 ? 1 : 2;
  return {in.range(0, axis), in.range(0, axis), in[axis]};
}

Groups layer_groups(const Setup& s) { return {s.in_shape()[0], 1, s.in_shape()[0]}; }

Groups group_groups(const Setup& s) {
  const Groups g = instance_groups(s);
  const int n = s.param().groupnorm.group_num;
  if (n < 1 || g.channels % n != 0) fail("%lld channels do not split into %d groups", static_cast<long long>(g.channels), n);
  return {g.length * (g.channels / n), g.inner, g.channels};
}

template <Groups (*groups)(const Setup&)>
void infer_groups(Setup& s) {
  groups(s);
  infer_same(s);
}

Kernel build_instance(Setup& s) { return normalise(s, instance_groups(s), s.param().instancenorm.eps); }
Kernel build_layer(Setup& s) { return normalise(s, layer_groups(s), s.param().layernorm.eps); }
Kernel build_group(Setup& s) { return normalise(s, group_groups(s), s.param().groupnorm.eps); }

// Every row of in0 + in1 to mean 0 and variance 1; eps stands for a variance of 0.
void infer_sum_norm(Setup& s) {
  if (s.in_shape(0) != s.in_shape(1))
    fail("inputs of shape %s and %s differ", s.in_shape(0).text().c_str(), s.in_shape(1).text().c_str());
  infer_same(s);
}

Kernel build_sum_norm(Setup& s) {
  const int64_t n = s.in_shape()[0], rows = s.in_shape().count() / n;
  const double eps = s.param().tensor_add_mean_stddev_norm.eps;
  return wrap_real(s, [=](Pool& pool, auto in, auto out) {
    using R = RealOf<decltype(out)>;
    pool.run(rows, n * 4, [&](int64_t b, int64_t e) {
      for (int64_t r = b; r < e; r++) {
        const R *x = in[0] + r * n, *y = in[1] + r * n;
        const auto at = [&](int64_t i) { return double(x[i]) + double(y[i]); };
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < n; i++) sum += at(i);
        const double mean = sum / double(n);
        for (int64_t i = 0; i < n; i++) squares += (at(i) - mean) * (at(i) - mean);
        const double factor = 1 / std::sqrt(squares > 0 ? squares / double(n) : eps);
        for (int64_t i = 0; i < n; i++) out[0][r * n + i] = R((at(i) - mean) * factor);
      }
    });
  });
}

}  // namespace

void register_norm(OpTable& t) {
  using Ba = vsi_nn_batch_norm_param;
  using Si = vsi_nn_batchnorm_single_param;
  using In = vsi_nn_instancenormalize_param;
  using La = vsi_nn_layernormalize_param;
  using Gr = vsi_nn_groupnormalize_param;
  using Ta = vsi_nn_tensor_add_mean_stddev_norm_param;
  t.add({VSI_NN_OP_BATCH_NORM, "BATCH_NORM", "batch_norm", {SIM_FIELD(Ba, eps)}, 5, 5, 1, 1, infer_batch<true>,
         build_batch<true>});
  t.add({VSI_NN_OP_BATCHNORM_SINGLE, "BATCHNORM_SINGLE", "batchnorm_single", {SIM_FIELD(Si, eps)}, 5, 5, 1, 1,
         infer_batch<false>, build_batch<false>});
  t.add({VSI_NN_OP_INSTANCE_NORM, "INSTANCE_NORM", "instancenorm",
         {SIM_FIELD(In, eps), SIM_FIELD(In, axis_num), SIM_POINTER(In, axis, axis_num)}, 1, 3, 1, 1,
         infer_groups<instance_groups>, build_instance});
  t.add({VSI_NN_OP_LAYER_NORM, "LAYER_NORM", "layernorm", {SIM_FIELD(La, eps)}, 1, 3, 1, 1,
         infer_groups<layer_groups>, build_layer});
  t.add({VSI_NN_OP_GROUP_NORM, "GROUP_NORM", "groupnorm", {SIM_FIELD(Gr, eps), SIM_FIELD(Gr, group_num)}, 1, 3, 1, 1,
         infer_groups<group_groups>, build_group});
  t.add({VSI_NN_OP_TENSOR_ADD_MEAN_STDDEV_NORM, "TENSOR_ADD_MEAN_STDDEV_NORM", "tensor_add_mean_stddev_norm",
         {SIM_FIELD(Ta, eps)}, 2, 2, 1, 1, infer_sum_norm, build_sum_norm});
}

}  // namespace sim
