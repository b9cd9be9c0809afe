// PRE_PROCESS_GRAY, _RGB, _BGRA, _YUV444 and _YUV420: part of a picture of bytes, resized in fixed point, as a normalised
// tensor of planes.
#include <algorithm>

#include "ops/register.h"

namespace sim {

namespace {

struct Spec {
  int64_t width, height;       // of the whole picture
  int64_t left, top;           // of the part
  int64_t bytes;               // of a pixel
  int64_t ow, oh, planes;
  int64_t step_x, step_y;      // pixels of the part for one of the output, times 2^15
  int64_t place[3];            // plane of each of a pixel's bytes
  double mean[3], scale;

  bool copies() const { return step_x == kOne && step_y == kOne; }
  static constexpr int64_t kOne = 1 << 15;
};

template <class P>
Shape output_shape(const P& p) {
  Shape out;
  for (uint32_t i = 0; i < p.output_attr.dim_num; i++) out.push(p.output_attr.size[i]);
  return out;
}

void need_bytes(const Setup& s, int i) {
  const Numeric num = s.in_num(i);
  if (num.type != VSI_NN_TYPE_UINT8) fail("a picture of type %s, expected uint8", type_name(num.type));
  if (num.quantized && (num.scale != 1 || num.zero != 0))
    fail("a picture's bytes stand for themselves, not for (byte - %d) * %g", num.zero, num.scale);
}

template <class P>
Spec spec_of(const Setup& s, const P& p, int64_t bytes, int64_t planes) {
  s.need_rank(0, 2, 4);
  const Shape in = s.in_shape();
  need_bytes(s, 0);
  if (in[0] % bytes != 0 || in.range(2, in.rank) != 1)
    fail("%s is no picture of %lld bytes a pixel", in.text().c_str(), static_cast<long long>(bytes));
  const std::vector<int64_t> size = s.list(p.output_attr.size, p.output_attr.dim_num, "output_attr.size");
  if (size.size() < 2 || size.size() > size_t(kMaxRank)) fail("the output has %zu dimensions", size.size());
  Spec z{in[0] / bytes, in[1], p.rect.left, p.rect.top, bytes, size[0], size[1], planes, 0, 0, {0, 1, 2}, {}, 1};
  const int64_t w = p.rect.width, h = p.rect.height;
  if (w < 1 || h < 1 || z.left + w > z.width || z.top + h > z.height)
    fail("the part %lldx%lld at %lld,%lld is not inside of %lldx%lld", static_cast<long long>(w), static_cast<long long>(h),
         static_cast<long long>(z.left), static_cast<long long>(z.top), static_cast<long long>(z.width),
         static_cast<long long>(z.height));
  for (const int64_t n : {size[0], size[1], w, h})
    if (n < 1 || n > 65536) fail("a side of %lld pixels is not possible", static_cast<long long>(n));
  const int64_t count = checked_count(output_shape(p));
  if (count != z.ow * z.oh * planes) fail("the output does not have %lld planes", static_cast<long long>(planes));
  z.step_x = w * Spec::kOne / z.ow;
  z.step_y = h * Spec::kOne / z.oh;
  return z;
}

Spec gray(const Setup& s) {
  const auto& p = s.param().pre_process_gray;
  Spec z = spec_of(s, p, 1, 1);
  z.mean[0] = p.mean;
  z.scale = p.scale;
  return z;
}

// Bytes 0 to 2 of a pixel are planes 0 to 2, or the other way round.
template <class P>
Spec colours(const Setup& s, const P& p, int64_t bytes, double first, double last) {
  Spec z = spec_of(s, p, bytes, 3);
  if (p.reverse_channel) std::swap(z.place[0], z.place[2]);
  z.mean[0] = first, z.mean[1] = p.g_mean, z.mean[2] = last;
  z.scale = p.rgb_scale;
  return z;
}

Spec rgb(const Setup& s) {
  const auto& p = s.param().pre_process_rgb;
  return colours(s, p, 3, p.r_mean, p.b_mean);
}

Spec bgra(const Setup& s) {
  const auto& p = s.param().pre_process_bgra;
  return colours(s, p, 4, p.b_mean, p.r_mean);
}

// Brightness and two planes of colour, which have half of its width and height if `shift` is 1.
template <class P>
Spec video(const Setup& s, const P& p, int shift) {
  Spec z = colours(s, p, 1, p.r_mean, p.b_mean);
  for (int i = 1; i < 3; i++) {
    need_bytes(s, i);
    const int64_t w = z.width >> shift, h = z.height >> shift;
    if (s.in_shape(i)[0] != w || s.in_shape(i).count() != w * h || w < 1 || h < 1)
      fail("colours %s do not fit %lld x %lld pixels", s.in_shape(i).text().c_str(), static_cast<long long>(z.width),
           static_cast<long long>(z.height));
  }
  return z;
}

Spec yuv444(const Setup& s) { return video(s, s.param().pre_process_yuv444, 0); }
Spec yuv420(const Setup& s) { return video(s, s.param().pre_process_yuv420, 1); }

// Colour c (red, green, blue) of a pixel; brightness is 16 to 235, colours are differences from 128.
int64_t colour_of(int64_t y, int64_t u, int64_t v, int64_t c) {
  const int64_t light = 298 * (y - 16) + 128, d = u - 128, e = v - 128;
  const int64_t sum = c == 0 ? light + 409 * e : c == 1 ? light - 100 * d - 208 * e : light + 516 * d;
  return std::min<int64_t>(std::max<int64_t>(sum >> 8, 0), 255);
}

// Where an output position lies between two pixels: the first, and the weight of the second in 1024ths.
struct Tap {
  int64_t at, weight;
};

Tap tap(int64_t i, int64_t step) {
  const int64_t x = i * step + (step >> 1) - (Spec::kOne >> 1);
  const int64_t whole = x >> 15, rest = x - whole * Spec::kOne;
  return {std::max<int64_t>(whole, 0), (rest + 16) >> 5};
}

// A number between those of four pixels, rounded half up.
template <class Read>
int64_t between(const Spec& z, const Read& read, const Tap& x, const Tap& y) {
  const int64_t x0 = z.left + x.at, y0 = z.top + y.at;
  const auto at = [&](int64_t i, int64_t j) -> int64_t {
    return read(std::min(i, z.width - 1), std::min(j, z.height - 1));
  };
  const auto row = [&](int64_t j) { return x.weight * (at(x0 + 1, j) - at(x0, j)) + at(x0, j) * 1024; };
  const int64_t first = row(y0), value = y.weight * (row(y0 + 1) - first) + first * 1024;
  return (value + (1 << 19)) >> 20;
}

template <Spec (*spec)(const Setup&), class P, P vsi_nn_nn_param_t::*member>
void infer(Setup& s) {
  spec(s);
  s.set_shape(0, output_shape(s.param().*member));
}

// `read(c)` gives what reads number c of a pixel.
template <class Reader>
Kernel planes(Setup& s, const Spec& z, const Reader& read) {
  const Numeric to = s.out_num();
  vsi_nn_tensor_t* out = s.out();
  return [=](Pool& pool) {
    pool.run(z.oh * z.planes, z.ow * 16, [&](int64_t b, int64_t e) {
      std::vector<double> row(static_cast<size_t>(z.ow));
      for (int64_t r = b; r < e; r++) {
        const int64_t c = r / z.oh, y = r % z.oh;
        const auto pixel = read(c);
        const Tap ty = z.copies() ? Tap{y, 0} : tap(y, z.step_y);
        for (int64_t x = 0; x < z.ow; x++) {
          const Tap tx = z.copies() ? Tap{x, 0} : tap(x, z.step_x);
          row[size_t(x)] = (double(between(z, pixel, tx, ty)) - z.mean[c]) * z.scale;
        }
        store_f64(to, row.data(), z.ow, out->t->data + (z.place[c] * z.oh + y) * z.ow * int64_t(to.bytes()));
      }
    });
  };
}

template <Spec (*spec)(const Setup&)>
Kernel build(Setup& s) {
  const Spec z = spec(s);
  const vsi_nn_tensor_t* in = s.in(0);
  return planes(s, z, [=](int64_t c) {
    return [=](int64_t x, int64_t y) -> int64_t { return in->t->data[(y * z.width + x) * z.bytes + c]; };
  });
}

template <Spec (*spec)(const Setup&), int shift>
Kernel build_video(Setup& s) {
  const Spec z = spec(s);
  const vsi_nn_tensor_t *light = s.in(0), *u = s.in(1), *v = s.in(2);
  // An odd last pixel has the colour before it.
  const int64_t w = z.width >> shift, h = z.height >> shift;
  return planes(s, z, [=](int64_t c) {
    return [=](int64_t x, int64_t y) -> int64_t {
      const int64_t at = std::min(y >> shift, h - 1) * w + std::min(x >> shift, w - 1);
      return colour_of(light->t->data[y * z.width + x], u->t->data[at], v->t->data[at], c);
    };
  });
}

template <class P>
std::vector<Field> part_fields() {
  return {SIM_FIELD(P, rect.left), SIM_FIELD(P, rect.top), SIM_FIELD(P, rect.width), SIM_FIELD(P, rect.height),
          SIM_POINTER(P, output_attr.size, output_attr.dim_num), SIM_FIELD(P, output_attr.dim_num)};
}

template <class P>
std::vector<Field> colour_fields() {
  std::vector<Field> fields = part_fields<P>();
  const std::vector<Field> more = {SIM_FIELD(P, r_mean), SIM_FIELD(P, g_mean), SIM_FIELD(P, b_mean),
                                   SIM_FIELD(P, rgb_scale), SIM_FIELD(P, reverse_channel)};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

}  // namespace

void register_process(OpTable& t) {
  using G = vsi_nn_pre_process_gray_param;
  using R = vsi_nn_pre_process_rgb_param;
  using B = vsi_nn_pre_process_bgra_param;
  using Y4 = vsi_nn_pre_process_yuv444_param;
  using Y2 = vsi_nn_pre_process_yuv420_param;
  std::vector<Field> fields = part_fields<G>();
  fields.push_back(SIM_FIELD(G, mean));
  fields.push_back(SIM_FIELD(G, scale));
  t.add({VSI_NN_OP_PRE_PROCESS_GRAY, "PRE_PROCESS_GRAY", "pre_process_gray", fields, 1, 1, 1, 1,
         infer<gray, G, &vsi_nn_nn_param_t::pre_process_gray>, build<gray>});
  t.add({VSI_NN_OP_PRE_PROCESS_RGB, "PRE_PROCESS_RGB", "pre_process_rgb", colour_fields<R>(), 1, 1, 1, 1,
         infer<rgb, R, &vsi_nn_nn_param_t::pre_process_rgb>, build<rgb>});
  t.add({VSI_NN_OP_PRE_PROCESS_BGRA, "PRE_PROCESS_BGRA", "pre_process_bgra", colour_fields<B>(), 1, 1, 1, 1,
         infer<bgra, B, &vsi_nn_nn_param_t::pre_process_bgra>, build<bgra>});
  t.add({VSI_NN_OP_PRE_PROCESS_YUV444, "PRE_PROCESS_YUV444", "pre_process_yuv444", colour_fields<Y4>(), 3, 3, 1, 1,
         infer<yuv444, Y4, &vsi_nn_nn_param_t::pre_process_yuv444>, build_video<yuv444, 0>});
  t.add({VSI_NN_OP_PRE_PROCESS_YUV420, "PRE_PROCESS_YUV420", "pre_process_yuv420", colour_fields<Y2>(), 3, 3, 1, 1,
         infer<yuv420, Y2, &vsi_nn_nn_param_t::pre_process_yuv420>, build_video<yuv420, 1>});
}

}  // namespace sim
