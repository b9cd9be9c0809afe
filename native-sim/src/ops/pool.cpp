// POOL: maximum and average over windows.
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "ops/register.h"

namespace sim {

namespace {

struct Geometry {
  int64_t planes, ih, iw, oh, ow, kw, kh, sw, sh, left, top;
  int type;
};

int64_t out_length(int64_t in, int64_t k, int64_t stride, int64_t front, int64_t back, bool ceil) {
  const int64_t room = in + front + back - k;
  if (k < 1 || stride < 1 || k > (1 << 20) || stride > (1 << 20) || front > (1 << 20) || back > (1 << 20) || room < 0)
    fail("a window of %lld with stride %lld and pad %lld..%lld does not fit %lld elements",
         static_cast<long long>(k), static_cast<long long>(stride), static_cast<long long>(front),
         static_cast<long long>(back), static_cast<long long>(in));
  int64_t out = (ceil ? room + stride - 1 : room) / stride + 1;
  // The last window must start inside the input or the padding before it.
  if (ceil && (out - 1) * stride >= in + front) out--;
  return out;
}

Geometry geometry(Setup& s) {
  s.need_rank(0, 2, 4);
  const auto& p = s.param().pool;
  const Shape in = s.in_shape();
  // [W,C,N] is pooled along W only.
  const bool flat = in.rank == 3 && s.since(1, 1, 31) && p.ksize[1] <= 1;
  Geometry g;
  g.iw = in[0];
  g.ih = flat ? 1 : in[1];
  g.planes = in.count() / (g.iw * g.ih);
  g.kw = p.ksize[0], g.kh = flat ? 1 : p.ksize[1];
  g.sw = p.stride[0], g.sh = flat ? 1 : p.stride[1];
  int64_t pad[4] = {p.pad[0], p.pad[1], flat ? 0 : p.pad[2], flat ? 0 : p.pad[3]};
  if (p.pad_type != VSI_NN_PAD_AUTO) {
    const int64_t length[2] = {g.iw, g.ih}, k[2] = {g.kw, g.kh}, stride[2] = {g.sw, g.sh};
    for (int i = 0; i < 2; i++) {
      const int64_t st = std::max<int64_t>(1, stride[i]);
      const int64_t all = p.pad_type == VSI_NN_PAD_SAME
                              ? std::max<int64_t>(0, ((length[i] + st - 1) / st - 1) * st + k[i] - length[i])
                              : 0;
      pad[2 * i] = all / 2;
      pad[2 * i + 1] = all - all / 2;
    }
  }
  const bool ceil = p.round_type == VSI_NN_ROUND_CEIL;
  g.ow = out_length(g.iw, g.kw, g.sw, pad[0], pad[1], ceil);
  g.oh = out_length(g.ih, g.kh, g.sh, pad[2], pad[3], ceil);
  g.left = pad[0], g.top = pad[2];
  g.type = p.type;
  const bool known = g.type == VX_NN_POOLING_MAX || g.type == VX_NN_POOLING_AVG ||
                     g.type == VX_CONVOLUTIONAL_NETWORK_POOLING_AVG_ANDROID ||
                     g.type == VX_CONVOLUTIONAL_NETWORK_POOLING_L2;
  if (!known) fail("pooling type %d is not known", g.type);
  return g;
}

void infer(Setup& s) {
  const Geometry g = geometry(s);
  Shape out = s.in_shape();
  out.dim[0] = g.ow;
  out.dim[1] = g.ih == 1 && g.oh == 1 && out.rank == 3 ? out.dim[1] : g.oh;
  s.set_shape(0, out);
}

struct Window {
  int64_t x0, x1, y0, y1;
  int64_t size() const { return (x1 - x0) * (y1 - y0); }
};

Window window(const Geometry& g, int64_t oy, int64_t ox) {
  const int64_t x = ox * g.sw - g.left, y = oy * g.sh - g.top;
  Window w{std::max<int64_t>(0, x), std::min(g.iw, x + g.kw), std::max<int64_t>(0, y), std::min(g.ih, y + g.kh)};
  w.x1 = std::max(w.x1, w.x0);
  w.y1 = std::max(w.y1, w.y0);
  return w;
}

// Columns [first, last) of the output whose windows lie inside of the rows.
struct Inside {
  int64_t first, last;
  int64_t count() const { return last - first; }
};

Inside inside(const Geometry& g) {
  const int64_t first = std::min(g.ow, (g.left + g.sw - 1) / g.sw), room = g.iw - g.kw + g.left;
  return {first, std::max(first, std::min(g.ow, room < 0 ? 0 : room / g.sw + 1))};
}

// Makes each output at least its value; compilers use vectors where they know the stride.
template <class T, class Stride>
void raise(const T* from, T* out, int64_t n, Stride stride) {
  for (int64_t i = 0; i < n; i++) out[i] = from[i * stride] > out[i] ? from[i * stride] : out[i];
}

// Rows first, so that the loops run along memory; then columns, all windows at once where they are whole.
template <class T>
void max_plane(const Geometry& g, const T* in, T* out, T lowest) {
  std::vector<T> column(static_cast<size_t>(g.iw));
  const Inside whole = inside(g);
  for (int64_t oy = 0; oy < g.oh; oy++, out += g.ow) {
    const Window rows = window(g, oy, 0);
    std::fill(column.begin(), column.end(), lowest);
    for (int64_t y = rows.y0; y < rows.y1; y++) {
      const T* row = in + y * g.iw;
      for (int64_t x = 0; x < g.iw; x++) column[size_t(x)] = row[x] > column[size_t(x)] ? row[x] : column[size_t(x)];
    }
    for (int64_t ox = whole.first == 0 ? whole.last : 0; ox < g.ow; ox = ox + 1 == whole.first ? whole.last : ox + 1) {
      const Window w = window(g, oy, ox);
      T best = lowest;
      for (int64_t x = w.x0; x < w.x1; x++) best = column[size_t(x)] > best ? column[size_t(x)] : best;
      out[ox] = best;
    }
    std::fill(out + whole.first, out + whole.last, lowest);
    for (int64_t k = 0; k < g.kw; k++) {
      const T* from = column.data() + whole.first * g.sw - g.left + k;
      if (g.sw == 1) raise(from, out + whole.first, whole.count(), std::integral_constant<int64_t, 1>());
      else if (g.sw == 2) raise(from, out + whole.first, whole.count(), std::integral_constant<int64_t, 2>());
      else raise(from, out + whole.first, whole.count(), g.sw);
    }
  }
}

int64_t divisor(const Geometry& g, const Window& w) {
  return g.type == VX_NN_POOLING_AVG ? g.kw * g.kh : std::max<int64_t>(1, w.size());
}

// Column sums first, in the same way.
template <class T, class Sum, class Finish>
void average_plane(const Geometry& g, const T* in, Sum zero, Finish finish) {
  std::vector<Sum> column(static_cast<size_t>(g.iw));
  for (int64_t oy = 0; oy < g.oh; oy++) {
    const Window rows = window(g, oy, 0);
    std::fill(column.begin(), column.end(), Sum(0));
    for (int64_t y = rows.y0; y < rows.y1; y++) {
      const T* row = in + y * g.iw;
      for (int64_t x = 0; x < g.iw; x++) column[size_t(x)] += Sum(row[x]) - zero;
    }
    for (int64_t ox = 0; ox < g.ow; ox++) {
      const Window w = window(g, oy, ox);
      Sum sum = 0;
      for (int64_t x = w.x0; x < w.x1; x++) sum += column[size_t(x)];
      finish(oy * g.ow + ox, sum, divisor(g, w));
    }
  }
}

template <class R>
void l2_plane(const Geometry& g, const R* in, R* out) {
  for (int64_t oy = 0; oy < g.oh; oy++)
    for (int64_t ox = 0; ox < g.ow; ox++) {
      const Window w = window(g, oy, ox);
      double sum = 0;
      for (int64_t y = w.y0; y < w.y1; y++)
        for (int64_t x = w.x0; x < w.x1; x++) sum += double(in[y * g.iw + x]) * in[y * g.iw + x];
      out[oy * g.ow + ox] = R(std::sqrt(sum / double(std::max<int64_t>(1, w.size()))));
    }
}

// Maxima are codes of the input; averages are integer sums, divided and scaled in double.
template <class T>
Kernel code_pool(const Geometry& g, vsi_nn_tensor_t* in, vsi_nn_tensor_t* out) {
  using Sum = std::conditional_t<sizeof(T) == 1, int32_t, int64_t>;
  const Numeric a(in->attr.dtype), b(out->attr.dtype);
  const double ratio = a.scale / b.scale;
  const bool max = g.type == VX_NN_POOLING_MAX, same = a == b;
  return [=](Pool& pool) {
    pool.run(g.planes, g.oh * g.ow * g.kh + g.ih * g.iw, [&](int64_t first, int64_t last) {
      const int64_t n = g.oh * g.ow;
      std::vector<T> codes(size_t(max && !same ? n : 0));
      std::vector<double> steps(size_t(max ? 0 : n));
      for (int64_t p = first; p < last; p++) {
        const T* src = reinterpret_cast<const T*>(in->t->data) + p * g.ih * g.iw;
        uint8_t* dst = out->t->data + p * n * int64_t(b.bytes());
        if (max) {
          max_plane(g, src, same ? reinterpret_cast<T*>(dst) : codes.data(), std::numeric_limits<T>::lowest());
          if (!same) convert(a, reinterpret_cast<const uint8_t*>(codes.data()), b, dst, n);
          continue;
        }
        average_plane(g, src, Sum(a.zero), [&](int64_t at, Sum sum, int64_t count) {
          steps[size_t(at)] = double(sum) / double(count) * ratio;
        });
        store_steps(b, steps.data(), n, dst);
      }
    });
  };
}

Kernel build(Setup& s) {
  const Geometry g = geometry(s);
  const Numeric a = s.in_num();
  if (a.is_code() && g.type != VX_CONVOLUTIONAL_NETWORK_POOLING_L2) {
    switch (a.type) {
      case VSI_NN_TYPE_UINT8: return code_pool<uint8_t>(g, s.in(0), s.out());
      case VSI_NN_TYPE_INT8: return code_pool<int8_t>(g, s.in(0), s.out());
      case VSI_NN_TYPE_UINT16: return code_pool<uint16_t>(g, s.in(0), s.out());
      default: return code_pool<int16_t>(g, s.in(0), s.out());
    }
  }
  return wrap_real(s, [=](Pool& pool, auto in, auto out) {
    using R = RealOf<decltype(out)>;
    pool.run(g.planes, g.oh * g.ow * g.kh + g.ih * g.iw, [&](int64_t first, int64_t last) {
      for (int64_t p = first; p < last; p++) {
        const R* src = in[0] + p * g.ih * g.iw;
        R* dst = out[0] + p * g.oh * g.ow;
        if (g.type == VX_NN_POOLING_MAX) max_plane(g, src, dst, std::numeric_limits<R>::lowest());
        else if (g.type == VX_CONVOLUTIONAL_NETWORK_POOLING_L2) l2_plane(g, src, dst);
        else average_plane(g, src, R(0), [&](int64_t at, R sum, int64_t n) { dst[at] = sum / R(n); });
      }
    });
  });
}

}  // namespace

void register_pool(OpTable& t) {
  using P = vsi_nn_pool_param;
  t.add({VSI_NN_OP_POOL, "POOL", "pool",
         {SIM_FIELD(P, type), SIM_FIELD(P, round_type), SIM_FIELD(P, ksize), SIM_FIELD(P, stride), SIM_FIELD(P, pad),
          SIM_FIELD(P, pad_type)},
         1, 1, 1, 1, infer, build});
}

}  // namespace sim
