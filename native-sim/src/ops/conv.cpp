// CONV2D, GROUPED_CONV2D, CONV1D and DECONVOLUTION.
#include <algorithm>

#include "ops/register.h"
#include "ops/wide.h"

namespace sim {

namespace {

// A filter of one tap does not know where rows end: one long row packs and tiles best.
ConvSpec flattened(ConvSpec spec) {
  ConvGeometry& g = spec.geo;
  if (!PlaneLayout(g, false).is_input()) return spec;
  g.iw *= g.ih, g.ow = g.iw;
  g.ih = g.oh = 1;
  return spec;
}

}  // namespace

Kernel build_conv(Setup& s, const ConvSpec& given) {
  const ConvSpec spec = flattened(given);
  if (is_wide_conv(spec)) return build_conv_wide(s, spec);
  return is_integer_conv(spec) ? build_conv_int(s, spec) : build_conv_f32(s, spec);
}

namespace {

void need_constant(const vsi_nn_tensor_t* t, const char* what) {
  if (t && !is_const(t)) fail("the %s must be a constant", what);
}

void check_bias(const vsi_nn_tensor_t* bias, int64_t oc) {
  if (bias && shape_of(bias->attr).count() != oc)
    fail("the bias has shape %s, expected [%lld]", shape_of(bias->attr).text().c_str(), static_cast<long long>(oc));
}

struct Window {
  int64_t k, stride, dilation, front, back;
};

constexpr int64_t kMaxParameter = 1 << 20;

void check_window(const Window& w) {
  if (w.k < 1 || w.stride < 1 || w.dilation < 1 || w.k > kMaxParameter || w.stride > kMaxParameter ||
      w.dilation > kMaxParameter || w.front < 0 || w.back < 0 || w.front > kMaxParameter || w.back > kMaxParameter)
    fail("kernel %lld, stride %lld, dilation %lld, pad %lld..%lld is not possible", static_cast<long long>(w.k),
         static_cast<long long>(w.stride), static_cast<long long>(w.dilation), static_cast<long long>(w.front),
         static_cast<long long>(w.back));
}

// Output length of a window over `in` elements; SAME and VALID replace the given padding.
int64_t out_length(int64_t in, Window& w, vsi_nn_pad_e type) {
  check_window(w);
  const int64_t reach = (w.k - 1) * w.dilation + 1;
  if (type == VSI_NN_PAD_VALID) w.front = w.back = 0;
  if (type == VSI_NN_PAD_SAME) {
    const int64_t all = std::max<int64_t>(0, ((in + w.stride - 1) / w.stride - 1) * w.stride + reach - in);
    w.front = all / 2;
    w.back = all - w.front;
  }
  const int64_t room = in + w.front + w.back - reach;
  if (room < 0)
    fail("the window of %lld elements is larger than the padded input of %lld", static_cast<long long>(reach),
         static_cast<long long>(in + w.front + w.back));
  return room / w.stride + 1;
}

template <class P>
Window window2d(const P& p, int i, int64_t k) {
  return {k, p.stride[i], std::max<uint32_t>(1, p.dilation[i]), p.pad[2 * i], p.pad[2 * i + 1]};
}

void check_ksize(uint32_t given, int64_t actual, const char* name) {
  if (given != 0 && int64_t(given) != actual)
    fail("%s is %u, but the weight tensor has %lld", name, given, static_cast<long long>(actual));
}

// --- 2-D ---

bool is_depthwise(const Setup& s) { return s.node().op == VSI_NN_OP_CONV2D && s.param().conv2d.multiplier != 0; }

int64_t group_count(const Setup& s) {
  if (s.node().op == VSI_NN_OP_CONV2D) return 1;
  return std::max<uint32_t>(1, s.param().grouped_conv2d.group);
}

// The layout of conv2d's and grouped_conv2d's parameters is the same.
ConvSpec conv2d_spec(Setup& s) {
  const vsi_nn_conv2d_param p = s.param().conv2d;
  s.need_rank(0, 3, 4);
  s.need_rank(1, 3, 4);
  const Shape in = s.in_shape(0), w = s.in_shape(1);
  ConvSpec c;
  c.input = s.in(0);
  c.weight = s.in(1);
  c.bias = s.maybe_in(2);
  c.output = s.out();
  c.requantization = s.requantization();
  need_constant(c.weight, "weight");
  need_constant(c.bias, "bias");
  check_ksize(p.ksize[0], w[0], "ksize[0]");
  check_ksize(p.ksize[1], w[1], "ksize[1]");
  ConvGeometry& g = c.geo;
  Window x = window2d(p, 0, w[0]), y = window2d(p, 1, w[1]);
  g.batch = in[3];
  g.ic = in[2];
  g.ih = in[1];
  g.iw = in[0];
  g.ow = out_length(g.iw, x, p.pad_type);
  g.oh = out_length(g.ih, y, p.pad_type);
  g.kw = x.k, g.sw = x.stride, g.dw = x.dilation, g.left = x.front;
  g.kh = y.k, g.sh = y.stride, g.dh = y.dilation, g.top = y.front;
  g.groups = group_count(s);
  const int64_t plane = w[0] * w[1], depth = w[2];
  if (is_depthwise(s)) {
    const int64_t channels = g.ic, multiplier = w[3];
    if (w[2] != g.ic || p.multiplier != multiplier)
      fail("weight %s does not fit %lld input channels and multiplier %d", w.text().c_str(),
           static_cast<long long>(g.ic), p.multiplier);
    g.oc = g.ic * multiplier;
    g.groups = g.ic;
    // Output channel c * M + m uses filter [m][c].
    const auto filter = [=](int64_t oc) { return oc % multiplier * channels + oc / multiplier; };
    c.index = [=](int64_t oc, int64_t, int64_t ky, int64_t kx) { return filter(oc) * plane + ky * w[0] + kx; };
    const int axis = c.weight->attr.dtype.channel_dim;
    c.channel = [=](int64_t oc) { return axis == 2 ? oc / multiplier : filter(oc); };
  } else {
    g.oc = w[3];
    if (g.ic % g.groups != 0 || g.oc % g.groups != 0 || w[2] != g.ic / g.groups)
      fail("weight %s does not fit %lld input channels in %lld group(s)", w.text().c_str(),
           static_cast<long long>(g.ic), static_cast<long long>(g.groups));
    c.index = [=](int64_t oc, int64_t ic, int64_t ky, int64_t kx) {
      return (oc * depth + ic) * plane + ky * w[0] + kx;
    };
    c.channel = [](int64_t oc) { return oc; };
  }
  check_bias(c.bias, g.oc);
  check_bias_scale(c);
  return c;
}

void infer_conv2d(Setup& s) {
  const ConvGeometry g = conv2d_spec(s).geo;
  Shape out{g.ow, g.oh, g.oc};
  if (s.in_shape().rank == 4) out.push(g.batch);
  s.set_shape(0, out);
}

Kernel build_conv2d(Setup& s) {
  const ConvSpec c = conv2d_spec(s);
  const int64_t multiplier = c.geo.oc / c.geo.ic;
  if (is_depthwise(s) || (c.geo.groups == c.geo.ic && c.geo.ic > 1 && c.geo.group_ic() == 1))
    return build_depthwise(s, c, [=](int64_t oc) { return oc / multiplier; });
  return build_conv(s, c);
}

// --- 1-D: a picture of height 1 ---

ConvSpec conv1d_spec(Setup& s) {
  const auto& p = s.param().conv1d;
  s.need_rank(0, 2, 3);
  s.need_rank(1, 2, 3);
  const Shape in = s.in_shape(0), w = s.in_shape(1);
  ConvSpec c;
  c.input = s.in(0);
  c.weight = s.in(1);
  c.bias = s.maybe_in(2);
  c.output = s.out();
  c.requantization = s.requantization();
  need_constant(c.weight, "weight");
  need_constant(c.bias, "bias");
  check_ksize(p.ksize, w[0], "ksize");
  Window x{w[0], p.stride, std::max<uint32_t>(1, p.dilation), p.pad[0], p.pad[1]};
  ConvGeometry& g = c.geo;
  g.ih = g.oh = 1;
  g.iw = in[0];
  g.ic = in[1];
  g.batch = in[2];
  g.ow = out_length(g.iw, x, p.pad_type);
  g.kw = x.k, g.sw = x.stride, g.dw = x.dilation, g.left = x.front;
  g.groups = std::max<uint32_t>(1, p.group);
  g.oc = w[2];
  if (p.multiplier != 0) g.groups = g.ic, g.oc = w[1] * w[2];
  const int64_t depth = p.multiplier != 0 ? 1 : w[1], k = w[0];
  if (g.ic % g.groups != 0 || g.oc % g.groups != 0 || depth != g.ic / g.groups)
    fail("weight %s does not fit %lld input channels in %lld group(s)", w.text().c_str(),
         static_cast<long long>(g.ic), static_cast<long long>(g.groups));
  c.index = [=](int64_t oc, int64_t ic, int64_t, int64_t kx) { return (oc * depth + ic) * k + kx; };
  c.channel = [](int64_t oc) { return oc; };
  check_bias(c.bias, g.oc);
  check_bias_scale(c);
  return c;
}

void infer_conv1d(Setup& s) {
  const ConvGeometry g = conv1d_spec(s).geo;
  Shape out{g.ow, g.oc};
  if (s.in_shape().rank == 3) out.push(g.batch);
  s.set_shape(0, out);
}

Kernel build_conv1d(Setup& s) { return build_conv(s, conv1d_spec(s)); }

// --- transposed: spread the input out and run the turned-round filter ---

ConvSpec deconv_spec(Setup& s) {
  const auto& p = s.param().deconv;
  s.need_rank(0, 3, 4);
  s.need_rank(1, 3, 4);
  const Shape in = s.in_shape(0), w = s.in_shape(1);
  ConvSpec c;
  c.input = s.in(0);
  c.weight = s.in(1);
  c.bias = s.maybe_in(2);
  c.output = s.out();
  c.requantization = s.requantization();
  need_constant(c.weight, "weight");
  need_constant(c.bias, "bias");
  ConvGeometry& g = c.geo;
  g.batch = in[3], g.ic = in[2], g.ih = in[1], g.iw = in[0];
  g.kw = w[0], g.kh = w[1];
  for (int i = 0; i < 2; i++) {
    // Negative padding would enlarge the output; the hardware does not know it.
    check_window({w[i], p.stride[i], 1, p.pad[2 * i], p.pad[2 * i + 1]});
    const int64_t length = (in[i] - 1) * p.stride[i] + w[i] - p.pad[2 * i] - p.pad[2 * i + 1] + p.output_padding[i];
    if (length <= 0 || length > kMaxParameter || p.output_padding[i] >= p.stride[i] + w[i])
      fail("the output would be %lld elements long", static_cast<long long>(length));
    (i ? g.oh : g.ow) = length;
    (i ? g.spread_y : g.spread_x) = p.stride[i];
    (i ? g.top : g.left) = w[i] - 1 - p.pad[2 * i];
  }
  if (g.left < 0 || g.top < 0) fail("pad is larger than the kernel");
  g.groups = std::max<uint32_t>(1, p.group);
  // Before 1.1.21 the channel dimensions of the weights were the other way round.
  const bool modern = s.since(1, 1, 21);
  const int64_t wic = modern ? w[2] : w[3], woc = modern ? w[3] : w[2];
  const bool depthwise = g.groups > 1 && woc == 1 && wic == g.ic;
  g.oc = depthwise ? g.ic : woc;
  const int64_t depth = depthwise ? 1 : wic;
  if (g.ic % g.groups != 0 || g.oc % g.groups != 0 || depth != g.ic / g.groups)
    fail("weight %s does not fit %lld input channels in %lld group(s)", w.text().c_str(),
         static_cast<long long>(g.ic), static_cast<long long>(g.groups));
  const int64_t kw = g.kw, kh = g.kh, oc_stride = modern || depthwise ? depth : 1,
                ic_stride = modern || depthwise ? 1 : woc;
  c.index = [=](int64_t oc, int64_t ic, int64_t ky, int64_t kx) {
    return ((oc * oc_stride + ic * ic_stride) * kh + kh - 1 - ky) * kw + kw - 1 - kx;
  };
  c.channel = [](int64_t oc) { return oc; };
  check_bias(c.bias, g.oc);
  check_bias_scale(c);
  return c;
}

void infer_deconv(Setup& s) {
  const ConvGeometry g = deconv_spec(s).geo;
  Shape out{g.ow, g.oh, g.oc};
  if (s.in_shape().rank == 4) out.push(g.batch);
  s.set_shape(0, out);
}

Kernel build_deconv(Setup& s) { return build_conv(s, deconv_spec(s)); }

template <class P>
std::vector<Field> conv2d_fields() {
  return {SIM_FIELD(P, ksize),   SIM_FIELD(P, stride), SIM_FIELD(P, pad),      SIM_FIELD(P, pad_type),
          SIM_FIELD(P, weights), SIM_FIELD(P, group),  SIM_FIELD(P, dilation), SIM_FIELD(P, multiplier)};
}

bool can_activate(Setup& s) { return can_activate_conv(s.in_num(0), s.in_num(1), s.out_num()); }

}  // namespace

void register_conv(OpTable& t) {
  using C1 = vsi_nn_conv1d_param;
  using De = vsi_nn_deconv_param;
  t.add({VSI_NN_OP_CONV2D, "CONV2D", "conv2d", conv2d_fields<vsi_nn_conv2d_param>(), 2, 3, 1, 1, infer_conv2d,
         build_conv2d, nullptr, nullptr, can_activate});
  t.add({VSI_NN_OP_GROUPED_CONV2D, "GROUPED_CONV2D", "grouped_conv2d",
         conv2d_fields<vsi_nn_grouped_conv2d_param>(), 2, 3, 1, 1, infer_conv2d, build_conv2d, nullptr, nullptr, can_activate});
  t.add({VSI_NN_OP_CONV1D, "CONV1D", "conv1d",
         {SIM_FIELD(C1, ksize), SIM_FIELD(C1, stride), SIM_FIELD(C1, pad), SIM_FIELD(C1, pad_type),
          SIM_FIELD(C1, weights), SIM_FIELD(C1, group), SIM_FIELD(C1, dilation), SIM_FIELD(C1, multiplier)},
         2, 3, 1, 1, infer_conv1d, build_conv1d, nullptr, nullptr, can_activate});
  t.add({VSI_NN_OP_DECONVOLUTION, "DECONVOLUTION", "deconv",
         {SIM_FIELD(De, ksize), SIM_FIELD(De, stride), SIM_FIELD(De, pad), SIM_FIELD(De, pad_type),
          SIM_FIELD(De, weights), SIM_FIELD(De, group), SIM_FIELD(De, output_padding)},
         2, 3, 1, 1, infer_deconv, build_deconv, nullptr, nullptr, can_activate});
}

}  // namespace sim
