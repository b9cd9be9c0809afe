// MATRIXMUL: A is [K,M,...], B is [N,K,...], the result [N,M,...]; outer dimensions broadcast.
#include <algorithm>

#include "ops/register.h"

namespace sim {

namespace {

struct Spec {
  int64_t m, n, k;
  int64_t am, ak, bk, bn;  // element strides
  Shape batch_a, batch_b, batch;
  Shape out;
};

Shape outer(const Shape& s) {
  Shape o;
  for (int d = 2; d < s.rank; d++) o.push(s[d]);
  return o;
}

Spec spec_of(const Setup& s) {
  const auto& p = s.param().matrixmul;
  s.need_rank(0, 2, kMaxRank);
  s.need_rank(1, 2, kMaxRank);
  if (p.transpose[0] && p.transpose[1]) fail("only one of the matrices can be transposed");
  const Shape a = s.in_shape(0), b = s.in_shape(1);
  Spec z;
  z.m = a[p.transpose[0] ? 0 : 1];
  z.k = a[p.transpose[0] ? 1 : 0];
  z.n = b[p.transpose[1] ? 1 : 0];
  z.am = p.transpose[0] ? 1 : a[0];
  z.ak = p.transpose[0] ? a[0] : 1;
  z.bk = p.transpose[1] ? 1 : b[0];
  z.bn = p.transpose[1] ? b[0] : 1;
  if (b[p.transpose[1] ? 0 : 1] != z.k)
    fail("%s and %s do not fit as matrices", a.text().c_str(), b.text().c_str());
  z.batch_a = outer(a);
  z.batch_b = outer(b);
  if (!broadcast(z.batch_a, z.batch_b, z.batch)) fail("%s and %s do not broadcast", a.text().c_str(), b.text().c_str());
  z.out = Shape{z.n, z.m};
  for (int d = 0; d < z.batch.rank; d++) z.out.push(z.batch[d]);
  return z;
}

void infer(Setup& s) { s.set_shape(0, spec_of(s).out); }

// Which matrix of an operand belongs to matrix i of the result.
int64_t batch_index(const Shape& own, const Shape& all, int64_t i) {
  int64_t at = 0, stride = 1;
  for (int d = 0; d < all.rank; d++) {
    const int64_t k = i % all[d];
    i /= all[d];
    if (own[d] > 1) at += k * stride;
    stride *= own[d];
  }
  return at;
}

// Row i of the result: k stays the slow loop, so the sums do not depend on the vector width.
template <class T, class Acc>
void row(const Spec& z, const T* a, const T* b, Acc* acc, int64_t i) {
  std::fill_n(acc, z.n, Acc(0));
  for (int64_t k = 0; k < z.k; k++) {
    const Acc x = Acc(a[i * z.am + k * z.ak]);
    const T* line = b + k * z.bk;
    if (z.bn == 1)
      for (int64_t j = 0; j < z.n; j++) acc[j] += x * Acc(line[j]);
    else
      for (int64_t j = 0; j < z.n; j++) acc[j] += x * Acc(line[j * z.bn]);
  }
}

// Codes of either type, as integers without their zero point; 64-bit sums.
Kernel code_kernel(Setup& s, const Spec& z) {
  const Numeric a = s.in_num(0), b = s.in_num(1), c = s.out_num();
  const double ratio = a.scale * b.scale / c.scale;
  vsi_nn_tensor_t *ta = s.in(0), *tb = s.in(1), *tc = s.out();
  const int64_t na = s.in_shape(0).count(), nb = s.in_shape(1).count();
  const Scratch left = s.scratch(size_t(na) * sizeof(int32_t)), right = s.scratch(size_t(nb) * sizeof(int32_t));
  return [=](Pool& pool) {
    load_codes(a, ta->t->data, na, left.get<int32_t>());
    load_codes(b, tb->t->data, nb, right.get<int32_t>());
    pool.run(z.out.count() / z.n, z.n * z.k / 4, [&](int64_t first, int64_t last) {
      std::vector<int64_t> acc(static_cast<size_t>(z.n));
      std::vector<double> steps(static_cast<size_t>(z.n));
      for (int64_t r = first; r < last; r++) {
        const int64_t batch = r / z.m;
        row<int32_t, int64_t>(z, left.get<int32_t>() + batch_index(z.batch_a, z.batch, batch) * z.m * z.k,
                              right.get<int32_t>() + batch_index(z.batch_b, z.batch, batch) * z.k * z.n, acc.data(),
                              r % z.m);
        for (int64_t j = 0; j < z.n; j++) steps[size_t(j)] = double(acc[size_t(j)]) * ratio;
        store_steps(c, steps.data(), z.n, tc->t->data + r * z.n * int64_t(c.bytes()));
      }
    });
  };
}

Kernel build(Setup& s) {
  const Spec z = spec_of(s);
  if (s.in_num(0).is_code() && s.in_num(1).is_code()) return code_kernel(s, z);
  return wrap_real(s, [=](Pool& pool, auto in, auto out) {
    using R = RealOf<decltype(out)>;
    pool.run(z.out.count() / z.n, z.n * z.k / 4, [&](int64_t first, int64_t last) {
      for (int64_t r = first; r < last; r++) {
        const int64_t batch = r / z.m;
        row<R, R>(z, in[0] + batch_index(z.batch_a, z.batch, batch) * z.m * z.k,
                  in[1] + batch_index(z.batch_b, z.batch, batch) * z.k * z.n, out[0] + r * z.n, r % z.m);
      }
    });
  });
}

}  // namespace

void register_matmul(OpTable& t) {
  using P = vsi_nn_matrixmul_param;
  t.add({VSI_NN_OP_MATRIXMUL, "MATRIXMUL", "matrixmul", {SIM_FIELD(P, transpose), SIM_FIELD(P, adjoint)}, 2, 2, 1, 1,
         infer, build});
}

}  // namespace sim
