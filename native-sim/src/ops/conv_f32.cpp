#include <algorithm>

#include "ops/conv.h"

namespace sim {

namespace {

constexpr int kMaxTile = kTileVectors * 16;

struct Engine {
  ConvGeometry g;
  PlaneLayout layout;
  const Isa* isa;
  Placement placement;
  std::vector<int32_t> off;
  Array<float> weights;  // [group][block][k][kRowBlock]
  std::vector<float> bias;  // [group][block * kRowBlock]
  int64_t k, blocks;

  Engine(const ConvSpec& spec, const Isa& i)
      : g(spec.geo), layout(g, false), isa(&i), placement(layout, g, i.lanes) {
    k = g.group_ic() * g.taps();
    blocks = (g.group_oc() + kRowBlock - 1) / kRowBlock;
    for (int64_t c = 0; c < g.group_ic(); c++)
      for (int64_t y = 0; y < g.kh; y++)
        for (int64_t x = 0; x < g.kw; x++) off.push_back(int32_t(c * layout.plane_elements() + layout.offset(y, x)));
    pack(spec);
  }

  void pack(const ConvSpec& spec) {
    const std::vector<float> w = read_f32(spec.weight);
    const std::vector<float> b = spec.bias ? read_f32(spec.bias) : std::vector<float>();
    weights = Array<float>(size_t(g.groups * blocks * k * kRowBlock));
    bias.assign(size_t(g.groups * blocks * kRowBlock), 0.0f);
    for (int64_t oc = 0; oc < g.oc; oc++) {
      const int64_t group = oc / g.group_oc(), row = oc % g.group_oc();
      const int64_t block = group * blocks + row / kRowBlock;
      bias[size_t(block * kRowBlock + row % kRowBlock)] = b.empty() ? 0.0f : b[size_t(oc)];
      float* to = weights.data() + block * k * kRowBlock + row % kRowBlock;
      for (int64_t c = 0; c < g.group_ic(); c++)
        for (int64_t y = 0; y < g.kh; y++)
          for (int64_t x = 0; x < g.kw; x++, to += kRowBlock) *to = w[size_t(spec.index(oc, c, y, x))];
    }
  }

  // One tile of one block of output channels.
  void tile(int64_t group, int64_t block, int64_t first, const Tiling& t, const float* planes, float* out,
            const F32Output& output) const {
    const int64_t row = block * kRowBlock, at = group * blocks + block;
    const int rows = int(std::min<int64_t>(kRowBlock, g.group_oc() - row));
    const float* w = weights.data() + at * k * kRowBlock;
    const float* b = bias.data() + at * kRowBlock;
    const int64_t plane = g.oh * g.ow;
    float* to = out + (group * g.group_oc() + row) * plane;
    const int vectors = t.vectors_at(first);
    int64_t places[kTileVectors];
    placement.fill(first, vectors, places);
    if (placement.exact() || layout.dense()) {
      const int64_t last = std::min<int64_t>(t.lanes, plane - first - int64_t(vectors - 1) * t.lanes);
      isa->f32_conv(rows, vectors, planes, places, off.data(), w, int(k), b, output.how(), last,
                    to + first, plane);
      return;
    }
    alignas(64) float buffer[kRowBlock * kMaxTile];
    isa->f32_conv(rows, vectors, planes, places, off.data(), w, int(k), b, output.how(), t.lanes, buffer,
                  kMaxTile);
    Segment parts[kMaxTile];
    const int n = segments_of_tile(layout, g, first, int64_t(vectors) * t.lanes, parts);
    for (int r = 0; r < rows; r++)
      for (int i = 0; i < n; i++)
        std::copy_n(buffer + r * kMaxTile + parts[i].from, parts[i].length, to + r * plane + parts[i].to);
  }

  // The rows of one group's planes that output rows read.
  void pack_rows(int64_t group, OutputRows rows, const float* in, float* planes) const {
    for (int64_t c = 0; c < g.group_ic(); c++) {
      const float* channel = in + (group * g.group_ic() + c) * g.ih * g.iw;
      rows_of_outputs(layout, g, rows, [&](int64_t begin, int64_t end) {
        pack_plane_f32(*isa, layout, g, channel, planes + c * layout.plane_elements(), begin, end);
      });
    }
  }

  void run(Pool& pool, const float* in, float* out, const Scratch& scratch, bool direct,
           const F32Output& output) const {
    const Tiling t(placement.pixels(), g.group_oc(), isa->lanes);
    const int64_t cost = t.width() * k * kRowBlock / 8;
    for (int64_t group = 0; group < g.groups; group++)
      share_tiles(pool, t, cost, [&](int64_t first, int64_t last, int64_t first_block, int64_t last_block) {
        const float* planes = in + group * g.group_ic() * layout.plane_elements();
        if (!direct) {
          pack_rows(group, rows_of_tiles(placement, t, g, first, last), in, scratch.own<float>());
          planes = scratch.own<float>();
        }
        for (int64_t at = first; at < last; at++)
          for (int64_t block = first_block; block < last_block; block++)
            tile(group, block, at * t.width(), t, planes, out, output);
      });
  }
};

// A handful of output pixels cannot fill a vector: there the products run along k instead.
struct DotEngine {
  ConvGeometry g;
  const Isa* isa;
  int64_t k, padded;
  Array<float> weights;  // [oc rounded up to 4][padded]
  std::vector<float> bias;

  DotEngine(const ConvSpec& spec, const Isa& i) : g(spec.geo), isa(&i) {
    k = g.ic * g.taps();
    padded = (k + kDotBlock - 1) / kDotBlock * kDotBlock;
    weights = Array<float>(size_t((g.oc + 3) / 4 * 4 * padded));
    bias = spec.bias ? read_f32(spec.bias) : std::vector<float>(size_t(g.oc), 0.0f);
    const std::vector<float> w = read_f32(spec.weight);
    for (int64_t oc = 0; oc < g.oc; oc++)
      for (int64_t c = 0, at = oc * padded; c < g.ic; c++)
        for (int64_t y = 0; y < g.kh; y++)
          for (int64_t x = 0; x < g.kw; x++) weights[size_t(at++)] = w[size_t(spec.index(oc, c, y, x))];
  }

  void gather(const float* in, int64_t oy, int64_t ox, float* x) const {
    for (int64_t c = 0; c < g.ic; c++)
      for (int64_t ky = 0; ky < g.kh; ky++)
        for (int64_t kx = 0; kx < g.kw; kx++) {
          const int64_t iy = oy * g.sh + ky * g.dh - g.top, ix = ox * g.sw + kx * g.dw - g.left;
          const bool inside = iy >= 0 && iy < g.ih && ix >= 0 && ix < g.iw;
          *x++ = inside ? in[(c * g.ih + iy) * g.iw + ix] : 0.0f;
        }
  }

  void run(Pool& pool, const float* in, float* out, float* x, const F32Output& output) const {
    std::fill_n(x, padded, 0.0f);
    for (int64_t p = 0; p < g.oh * g.ow; p++) {
      gather(in, p / g.ow, p % g.ow, x);
      pool.run((g.oc + 3) / 4, padded, [&](int64_t b, int64_t e) {
        for (int64_t q = b; q < e; q++) {
          float sum[4];
          isa->f32_dot(weights.data() + q * 4 * padded, padded, x, padded, sum);
          for (int64_t oc = q * 4; oc < std::min(g.oc, q * 4 + 4); oc++) {
            const float y = sum[oc - q * 4] + bias[size_t(oc)];
            out[oc * g.oh * g.ow + p] = output.apply(y);
          }
        }
      });
    }
  }
};

}  // namespace

Kernel build_conv_f32(Setup& s, const ConvSpec& spec) {
  const ConvGeometry g = spec.geo;
  const int64_t in_size = g.ic * g.ih * g.iw, out_size = g.oc * g.oh * g.ow;
  const Target target = target_of(s);
  if (g.oh * g.ow <= 4 && g.groups == 1 && g.spread_x == 1 && g.spread_y == 1) {
    auto engine = std::make_shared<DotEngine>(spec, s.isa());
    const Scratch x = s.scratch(size_t(engine->padded) * sizeof(float));
    return wrap_f32(s, [=](Pool& pool, const float* const* in, float* const* plain) {
      const F32Output output(target);
      float* out = output.of(plain[0]);
      for (int64_t n = 0; n < g.batch; n++)
        engine->run(pool, in[0] + n * in_size, out + n * out_size, x.get<float>(), output);
    });
  }
  auto engine = std::make_shared<Engine>(spec, s.isa());
  const bool direct = engine->layout.is_input() && spec.input->t->slack;
  const Scratch planes =
      s.scratch_each(direct ? 0 : size_t(g.group_ic() * engine->layout.plane_elements()) * sizeof(float));
  return wrap_f32(s, [=](Pool& pool, const float* const* in, float* const* plain) {
    const F32Output output(target);
    float* out = output.of(plain[0]);
    for (int64_t n = 0; n < g.batch; n++)
      engine->run(pool, in[0] + n * in_size, out + n * out_size, planes, direct, output);
  });
}

}  // namespace sim
