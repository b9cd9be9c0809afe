// Operators that repeat elements or lay them out by lengths: SIGNAL_FRAME, SEQUENCE_MASK, REPEAT, UPSAMPLESCALE and
// TENSORSTACKCONCAT.
#include <algorithm>

#include "ops/move.h"
#include "ops/register.h"

namespace sim {

namespace {

// --- SIGNAL_FRAME: overlapping windows of a dimension become a new dimension ---

struct Frames {
  int64_t inner, length, outer, window, step, count;
};

Frames frames_of(const Setup& s) {
  const auto& p = s.param().signalframe;
  const Shape in = s.in_shape();
  const int axis = s.axis(p.axis, in.rank);
  if (in.rank >= kMaxRank) fail("the output would have more than %d dimensions", kMaxRank);
  Frames f{in.range(0, axis), in[axis], in.range(axis + 1, in.rank), p.window_length, p.step, 0};
  if (f.step < 1 || f.window < 1 || f.window > (1 << 20) || (!p.pad_end && f.window > f.length))
    fail("windows of %lld with step %lld do not fit %lld elements", static_cast<long long>(f.window),
         static_cast<long long>(f.step), static_cast<long long>(f.length));
  f.count = p.pad_end ? (f.length + f.step - 1) / f.step : (f.length - f.window) / f.step + 1;
  return f;
}

void infer_frames(Setup& s) {
  const Frames f = frames_of(s);
  Shape out = s.in_shape();
  const int axis = s.axis(s.param().signalframe.axis, out.rank);
  out.dim[axis] = f.window;
  out.insert(axis + 1, f.count);
  s.set_shape(0, out);
}

Kernel build_frames(Setup& s) {
  const Frames f = frames_of(s);
  const auto& p = s.param().signalframe;
  // Cases before 1.1.33 had an integer for it.
  const double pad = s.since(1, 1, 33) ? double(p.pad_value) : double(p.pad);
  return wrap_real(s, [=](Pool& pool, auto in, auto out) {
    using R = RealOf<decltype(out)>;
    pool.run(f.outer * f.count, f.window * f.inner, [&](int64_t b, int64_t e) {
      for (int64_t i = b; i < e; i++)
        for (int64_t k = 0; k < f.window; k++) {
          const int64_t at = i % f.count * f.step + k;
          R* to = out[0] + (i * f.window + k) * f.inner;
          if (at < f.length) std::copy_n(in[0] + (i / f.count * f.length + at) * f.inner, f.inner, to);
          else std::fill_n(to, f.inner, R(pad));
        }
    });
  });
}

// --- SEQUENCE_MASK: ones up to each length, zeros behind ---

void infer_mask(Setup& s) {
  Shape out = s.in_shape(0);
  if (out.rank >= kMaxRank) fail("the output would have more than %d dimensions", kMaxRank);
  if (s.param().sequence_mask.maxlen < 1) fail("maxlen is %d", s.param().sequence_mask.maxlen);
  out.insert(0, s.param().sequence_mask.maxlen);
  s.set_shape(0, out);
}

Kernel build_mask(Setup& s) {
  const int64_t width = s.param().sequence_mask.maxlen, rows = s.in_shape(0).count();
  return wrap_f64(s, [=](Pool&, const double* const* in, double* const* out) {
    for (int64_t r = 0; r < rows; r++)
      for (int64_t i = 0; i < width; i++) out[0][r * width + i] = double(i + 1) <= in[0][r] ? 1 : 0;
  });
}

// --- REPEAT: each index of a dimension as often as the second input says ---

struct Repeated {
  int dimension;  // -1: of all elements in memory order
  int64_t inner, count, outer;
};

Repeated repeated(const Setup& s) {
  const Shape in = s.in_shape(0);
  const int axis = s.param().repeat.axis;
  if (axis < -1 || axis > 2) fail("axis %d is not possible", axis);
  if (axis == -1) return {-1, 1, in.count(), 1};
  // Axis 0 is the height and 1 the width, unless there is only a width.
  const int d = in.rank == 1 || axis == 1 ? 0 : axis == 0 ? 1 : 2;
  if (d >= in.rank) fail("axis %d is outside a tensor of rank %d", axis, in.rank);
  return {d, in.range(0, d), in[d], in.range(d + 1, in.rank)};
}

int64_t repeated_length(const Setup& s) {
  const auto& p = s.param().repeat;
  if (!p.repeat_host) return p.maxlen;
  int64_t sum = 0;
  for (const int64_t n : s.list(p.repeat_host, p.repeat_len, "repeat_host")) sum += n;
  return sum;
}

void infer_repeat(Setup& s) {
  const Repeated r = repeated(s);
  const int64_t length = repeated_length(s);
  const int64_t given = s.param().repeat.repeat_host ? int64_t(s.param().repeat.repeat_len) : s.in_shape(1).count();
  if (given != r.count) fail("%lld counts for %lld elements", static_cast<long long>(given), static_cast<long long>(r.count));
  if (length < 1) fail("the repeated dimension would have %lld elements", static_cast<long long>(length));
  Shape out = s.in_shape(0);
  if (r.dimension < 0) out = Shape{length};
  else out.dim[r.dimension] = length;
  s.set_shape(0, out);
}

// Which index of the input each index of the output repeats; -1 behind the last.
std::vector<int64_t> repeat_sources(const double* counts, int64_t n, int64_t length) {
  std::vector<int64_t> from;
  for (int64_t i = 0; i < n; i++) {
    if (!(counts[i] >= 0) || counts[i] > double(length - int64_t(from.size())))
      fail("element %lld is repeated %g times, which does not fit %lld", static_cast<long long>(i), counts[i],
           static_cast<long long>(length));
    from.insert(from.end(), size_t(counts[i]), i);
  }
  from.resize(size_t(length), -1);
  return from;
}

Kernel build_repeat(Setup& s) {
  const Repeated r = repeated(s);
  const int64_t length = repeated_length(s);
  std::vector<double> host;
  const auto& p = s.param().repeat;
  if (p.repeat_host)
    for (const int64_t n : s.list(p.repeat_host, p.repeat_len, "repeat_host")) host.push_back(double(n));
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* out) {
    const std::vector<int64_t> from = repeat_sources(host.empty() ? in[1] : host.data(), r.count, length);
    pool.run(r.outer * length, r.inner, [&](int64_t b, int64_t e) {
      for (int64_t i = b; i < e; i++) {
        const int64_t source = from[size_t(i % length)];
        double* to = out[0] + i * r.inner;
        if (source < 0) std::fill_n(to, r.inner, 0.0);
        else std::copy_n(in[0] + (i / length * r.count + source) * r.inner, r.inner, to);
      }
    });
  });
}

// --- UPSAMPLESCALE: every pixel becomes a square, times a factor ---

void infer_upsamplescale(Setup& s) {
  s.need_rank(0, 2, kMaxRank);
  const int stride = s.param().upsamplescale.stride;
  if (stride < 1 || stride > 4096) fail("stride is %d", stride);
  Shape out = s.in_shape();
  out.dim[0] *= stride;
  out.dim[1] *= stride;
  s.set_shape(0, out);
}

Kernel build_upsamplescale(Setup& s) {
  const auto p = s.param().upsamplescale;
  const int64_t w = s.in_shape()[0], ow = w * p.stride, rows = s.in_shape().count() / w * p.stride;
  return wrap_real(s, [=](Pool& pool, auto in, auto out) {
    using R = RealOf<decltype(out)>;
    pool.run(rows, ow, [&](int64_t b, int64_t e) {
      for (int64_t r = b; r < e; r++)
        for (int64_t x = 0; x < ow; x++) out[0][r * ow + x] = in[0][r / p.stride * w + x / p.stride] * R(p.scale);
    });
  });
}

// --- TENSORSTACKCONCAT: writes one slice of a tensor that keeps the others from run to run ---

void infer_stack(Setup& s) {
  const Shape in = s.in_shape(0), out = s.out_shape();
  const int axis = s.axis(s.param().tensorstackconcat.axis, in.rank);
  Shape slice = out;
  if (out.rank == in.rank) slice.dim[axis] = 1;
  if (slice != in)
    fail("%s is not a slice of %s along axis %d", in.text().c_str(), out.rank ? out.text().c_str() : "an unknown shape", axis);
  if (s.out()->attr.vtl) fail("the output keeps its elements and cannot be virtual");
  if (s.in_shape(1).count() != 1) fail("the index has shape %s", s.in_shape(1).text().c_str());
}

Kernel build_stack(Setup& s) {
  const Shape out = s.out_shape();
  const int axis = s.axis(s.param().tensorstackconcat.axis, out.rank);
  const int64_t inner = out.range(0, axis), length = out[axis], outer = out.range(axis + 1, out.rank);
  const Numeric from = s.in_num(0), to = s.out_num(), index_type = s.in_num(1);
  vsi_nn_tensor_t *in = s.in(0), *index = s.in(1), *result = s.out();
  return [=](Pool& pool) {
    double at;
    load_f64(index_type, index->t->data, 1, &at);
    if (!(at >= 0) || at >= double(length)) fail("index %g is outside %lld elements", at, static_cast<long long>(length));
    const int64_t place = int64_t(at);
    pool.run(outer, inner, [&](int64_t b, int64_t e) {
      for (int64_t o = b; o < e; o++)
        convert(from, in->t->data + o * inner * int64_t(from.bytes()), to,
                result->t->data + (o * length + place) * inner * int64_t(to.bytes()), inner);
    });
  };
}

void repeat_defaults(vsi_nn_node_t* n) { n->nn_param.repeat.axis = n->nn_param.repeat.maxlen = -1; }
void stack_defaults(vsi_nn_node_t* n) { n->nn_param.tensorstackconcat.axis = 1; }

}  // namespace

void register_frames(OpTable& t) {
  using Fr = vsi_nn_signalframe_param;
  using Ma = vsi_nn_sequence_mask_param;
  using Re = vsi_nn_repeat_param;
  using Up = vsi_nn_upsamplescale_param;
  using St = vsi_nn_tensorstackconcat_param;
  t.add({VSI_NN_OP_SIGNAL_FRAME, "SIGNAL_FRAME", "signalframe",
         {SIM_FIELD(Fr, window_length), SIM_FIELD(Fr, step), SIM_FIELD(Fr, pad_end), SIM_FIELD(Fr, pad),
          SIM_FIELD(Fr, pad_value), SIM_FIELD(Fr, axis)},
         1, 1, 1, 1, infer_frames, build_frames});
  t.add({VSI_NN_OP_SEQUENCE_MASK, "SEQUENCE_MASK", "sequence_mask", {SIM_FIELD(Ma, maxlen)}, 1, 2, 1, 1, infer_mask,
         build_mask});
  t.add({VSI_NN_OP_REPEAT, "REPEAT", "repeat",
         {SIM_FIELD(Re, axis), SIM_FIELD(Re, maxlen), SIM_POINTER(Re, repeat_host, repeat_len), SIM_FIELD(Re, repeat_len)},
         1, 2, 1, 1, infer_repeat, build_repeat, repeat_defaults});
  t.add({VSI_NN_OP_UPSAMPLESCALE, "UPSAMPLESCALE", "upsamplescale", {SIM_FIELD(Up, stride), SIM_FIELD(Up, scale)}, 1, 1,
         1, 1, infer_upsamplescale, build_upsamplescale});
  t.add({VSI_NN_OP_TENSORSTACKCONCAT, "TENSORSTACKCONCAT", "tensorstackconcat", {SIM_FIELD(St, axis)}, 2, 2, 1, 1,
         infer_stack, build_stack, stack_defaults});
}

}  // namespace sim
