#include "ops/codes.h"

#include <algorithm>

#include "ops/broadcast.h"

namespace sim {

namespace {

// One row of an elementwise operator on 8-bit codes; rounding by adding 1.5 * 2^52 vectorises.
template <class T, class F>
void code_row(const T* a, const T* b, uint8_t* out, int64_t n, int step_a, int step_b, const F& f, double lo,
              double hi, int32_t zero) {
  const auto one = [&](int32_t x, int32_t y) {
    double v = f(x, y);
    v = v < lo ? lo : v;
    v = v > hi ? hi : v;
    return uint8_t(int32_t(v + 6755399441055744.0 - 6755399441055744.0) + zero);
  };
  if (step_a && step_b)
    for (int64_t i = 0; i < n; i++) out[i] = one(a[i], b[i]);
  else
    for (int64_t i = 0; i < n; i++) out[i] = one(a[i * step_a], b[i * step_b]);
}

// Integer arithmetic on codes: add and subtract scale each side, multiply scales the product.
struct Sum {
  double ra, rb;
  int32_t za, zb;
  double operator()(int32_t a, int32_t b) const { return double(a - za) * ra + double(b - zb) * rb; }
};
struct MultiplyCodes {
  double ratio;
  int32_t za, zb;
  double operator()(int32_t a, int32_t b) const { return double(a - za) * double(b - zb) * ratio; }
};

template <class T, class F>
Kernel code_kernel(Setup& s, F function) {
  const BroadcastPlan plan(s.in_shape(0), s.in_shape(1), s.out_shape());
  const Numeric to = s.out_num();
  vsi_nn_tensor_t *ta = s.in(0), *tb = s.in(1), *tc = s.out();
  const double lo = to.lo - to.zero, hi = to.hi - to.zero;
  const int32_t zero = to.zero;
  return [=](Pool& pool) {
    const T *a = reinterpret_cast<const T*>(ta->t->data), *b = reinterpret_cast<const T*>(tb->t->data);
    plan.run(pool, [&](int64_t ia, int64_t ib, int64_t io, int64_t n, int step_a, int step_b) {
      code_row(a + ia, b + ib, tc->t->data + io, n, step_a, step_b, function, lo, hi, zero);
    });
  };
}

// Codes of any types, a block at a time; `function` gets them without their zero points.
template <class F>
Kernel mixed_kernel(Setup& s, F function) {
  const BroadcastPlan plan(s.in_shape(0), s.in_shape(1), s.out_shape());
  const Numeric na = s.in_num(0), nb = s.in_num(1), to = s.out_num();
  vsi_nn_tensor_t *ta = s.in(0), *tb = s.in(1), *tc = s.out();
  return [=](Pool& pool) {
    plan.run(pool, [&](int64_t ia, int64_t ib, int64_t io, int64_t n, int step_a, int step_b) {
      constexpr int64_t kBlock = 256;
      int32_t a[kBlock], b[kBlock];
      double steps[kBlock];
      for (int64_t i = 0; i < n; i += kBlock) {
        const int64_t m = std::min(kBlock, n - i);
        load_codes(na, ta->t->data + (ia + i * step_a) * int64_t(na.bytes()), step_a ? m : 1, a);
        load_codes(nb, tb->t->data + (ib + i * step_b) * int64_t(nb.bytes()), step_b ? m : 1, b);
        for (int64_t k = 0; k < m; k++) steps[k] = function(a[k * step_a], b[k * step_b]);
        store_steps(to, steps, m, tc->t->data + (io + i) * int64_t(to.bytes()));
      }
    });
  };
}

// 8-bit data of one type, or nothing.
bool same_codes(const Setup& s) {
  const Numeric a = s.in_num(0), b = s.in_num(1), c = s.out_num();
  return a.affine8() && b.affine8() && c.affine8() && a.type == b.type && a.type == c.type;
}

template <class F>
Kernel codes(Setup& s, F function) {
  return s.in_num().type == VSI_NN_TYPE_UINT8 ? code_kernel<uint8_t>(s, function) : code_kernel<int8_t>(s, function);
}

Kernel add_same_shape(Setup& s, const Sum& sum) {
  const Numeric c = s.out_num();
  const int64_t n = s.in_shape().count();
  const bool words = c.is_16bit();
  const int64_t bytes = int64_t(c.bytes());
  const Isa& isa = s.isa();
  const Target target = target_of(s);
  vsi_nn_tensor_t *a = s.in(0), *b = s.in(1);
  const double lo = c.lo - c.zero, hi = c.hi - c.zero;
  return [=, &isa](Pool& pool) {
    AddCodes how{sum.ra, sum.rb, lo, hi, sum.za, sum.zb, c.zero};
    if (target.folded()) {
      how.lo = clamp_round(double(target.activation.lo) / c.scale, lo, hi);
      how.hi = clamp_round(double(target.activation.hi) / c.scale, lo, hi);
    }
    uint8_t* out = target.tensor()->t->data;
    constexpr int64_t kBlock = 4096;
    pool.run((n + kBlock - 1) / kBlock, kBlock / 2, [&](int64_t first, int64_t last) {
      const int64_t at = first * kBlock, count = std::min(n, last * kBlock) - at;
      const uint8_t *x = a->t->data + at * bytes, *y = b->t->data + at * bytes;
      uint8_t* to = out + at * bytes;
      if (!words) return isa.u8_add(how, x, y, to, count);
      isa.s16_add(how, reinterpret_cast<const int16_t*>(x), reinterpret_cast<const int16_t*>(y),
                    reinterpret_cast<int16_t*>(to), count);
    });
  };
}

}  // namespace

bool has_codes(const Setup& s) { return s.in_num(0).is_code() && s.in_num(1).is_code(); }

bool is_residual(Setup& s) {
  const Numeric a = s.in_num(0), b = s.in_num(1), c = s.out_num();
  const bool type = a.type == VSI_NN_TYPE_UINT8 || a.type == VSI_NN_TYPE_INT16;
  return type && a.is_code() && b.is_code() && c.is_code() && a.type == b.type && a.type == c.type &&
         s.in_shape(0) == s.in_shape(1);
}

Kernel add_codes(Setup& s, int sign) {
  const Numeric a = s.in_num(0), b = s.in_num(1), c = s.out_num();
  Sum sum{a.scale / c.scale, sign * (b.scale / c.scale), a.zero, b.zero};
  if (is_residual(s)) return add_same_shape(s, sum);
  if (same_codes(s)) return codes(s, sum);
  sum.za = sum.zb = 0;
  return mixed_kernel(s, sum);
}

Kernel multiply_codes(Setup& s, double scale) {
  const Numeric a = s.in_num(0), b = s.in_num(1), c = s.out_num();
  const double ratio = a.scale * b.scale * scale / c.scale;
  if (same_codes(s)) return codes(s, MultiplyCodes{ratio, a.zero, b.zero});
  return mixed_kernel(s, MultiplyCodes{ratio, 0, 0});
}

}  // namespace sim
