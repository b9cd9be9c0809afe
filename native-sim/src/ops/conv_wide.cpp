// Convolutions of 8- and 16-bit integers with 64-bit sums; see ops/wide.h.
#include <algorithm>

#include "ops/wide.h"

namespace sim {

namespace {

constexpr int kMaxTile = kTileVectors * 16;

struct Engine {
  ConvGeometry g;
  PlaneLayout layout;
  const Isa* isa;
  Placement placement;
  WideInput input;
  IntWeights parameters;
  int64_t pack, pairs;          // input channels of a unit, pairs of them
  int64_t channel_units, units;  // of one convolution group
  int64_t blocks;
  WidePlan plan;
  WideOutput output;
  std::vector<int32_t> exact_at, coarse_at;  // where the operands of a pair or unit lie
  Array<int32_t> exact, coarse;               // weights, [group][block][unit][kRowBlock]

  Engine(const ConvSpec& spec, const Isa& i)
      : g(spec.geo), layout(g, false), isa(&i), placement(layout, g, i.lanes),
        input(Numeric(spec.input->attr.dtype), i.pack), parameters(int_weights(spec)), pack(i.pack), pairs(i.pack / 2),
        channel_units((g.group_ic() + pack - 1) / pack), units(channel_units * g.taps()),
        blocks((g.group_oc() + kRowBlock - 1) / kRowBlock), plan(input, g.oc, units, weights_of(spec)),
        output(spec, parameters, i, corrections(), plan.bound()) {
    for (int64_t u = 0; u < units; u++) {
      const int64_t c = u / g.taps(), tap = u % g.taps(), at = layout.offset(tap / g.kw, tap % g.kw);
      coarse_at.push_back(int32_t(c * layout.plane_elements() + at));
      for (int64_t j = 0; j < pairs; j++) exact_at.push_back(int32_t((c * pairs + j) * layout.plane_elements() + at));
    }
    pack_weights(spec);
  }

  // A weight of output channel oc: lane `lane` of unit u; 0 beyond the channels.
  int32_t weight(const ConvSpec& spec, int64_t oc, int64_t u, int64_t lane) const {
    const int64_t ic = u / g.taps() * pack + lane, tap = u % g.taps();
    if (ic >= g.group_ic()) return 0;
    return weight_code(spec, spec.index(oc, ic, tap / g.kw, tap % g.kw)) - parameters.zero[size_t(oc)];
  }

  WidePlan::Weights weights_of(const ConvSpec& spec) const {
    return [this, &spec](int64_t oc, int64_t u, const std::function<void(int32_t)>& f) {
      for (int64_t lane = 0; lane < pack; lane++) f(weight(spec, oc, u, lane));
    };
  }

  std::vector<int64_t> corrections() const {
    std::vector<int64_t> out;
    for (int64_t oc = 0; oc < g.oc; oc++) out.push_back(-int64_t(input.zero) * plan.total(oc));
    return out;
  }

  void pack_weights(const ConvSpec& spec) {
    exact = Array<int32_t>(size_t(g.groups * blocks * units * pairs * kRowBlock));
    if (plan.needs_coarse()) coarse = Array<int32_t>(size_t(g.groups * blocks * units * kRowBlock));
    for (int64_t oc = 0; oc < g.oc; oc++) {
      const int64_t row = oc % g.group_oc(), block = oc / g.group_oc() * blocks + row / kRowBlock;
      for (int64_t u = 0; u < units; u++) {
        const int64_t at = (block * units + u) * kRowBlock + row % kRowBlock;
        uint32_t bytes = 0;
        for (int64_t j = 0; j < pairs; j++) {
          const int32_t a = weight(spec, oc, u, 2 * j), b = weight(spec, oc, u, 2 * j + 1);
          exact[size_t(((block * units + u) * pairs + j) * kRowBlock + row % kRowBlock)] =
              int32_t((uint32_t(a) & 0xffff) | uint32_t(b) << 16);
          const uint32_t ra = uint32_t(plan.coarse(oc, a)), rb = uint32_t(plan.coarse(oc, b));
          bytes |= pack == 4 ? ((ra & 255) | (rb & 255) << 8) << (16 * j) : (ra & 0xffff) | rb << 16;
        }
        if (plan.needs_coarse()) coarse[size_t(at)] = int32_t(bytes);
      }
    }
  }

  // Elements of the planes of one group.
  int64_t exact_planes() const { return channel_units * pairs * layout.plane_elements(); }
  int64_t coarse_planes() const { return plan.needs_coarse() ? channel_units * layout.plane_elements() : 0; }

  // Calls pack_rows(plane, offsets of the `per` channels it is made of, first row, last row) for what output rows
  // of a group read.
  template <class F>
  void each_plane(int64_t group, int64_t per, OutputRows rows, F pack_rows) const {
    for (int64_t p = 0; p < channel_units * (pack / per); p++) {
      int64_t from[4];
      for (int64_t j = 0; j < per; j++) {
        // Missing channels meet zero weights, so any data will do.
        const int64_t c = std::min(p * per + j, g.group_ic() - 1);
        from[j] = (group * g.group_ic() + c) * g.ih * g.iw;
      }
      rows_of_outputs(layout, g, rows, [&](int64_t begin, int64_t end) { pack_rows(p, from, begin, end); });
    }
  }

  void prepare(int64_t group, OutputRows rows, const int16_t* wide, const uint8_t* bytes, int32_t* exact_to,
               int32_t* coarse_to) const {
    each_plane(group, 2, rows, [&](int64_t p, const int64_t* from, int64_t begin, int64_t end) {
      pack_plane_words(*isa, layout, g, input.zero, wide + from[0], wide + from[1],
                       exact_to + p * layout.plane_elements(), begin, end);
    });
    if (!plan.needs_coarse()) return;
    each_plane(group, pack, rows, [&](int64_t p, const int64_t* from, int64_t begin, int64_t end) {
      const uint8_t* channels[4];
      for (int64_t j = 0; j < pack; j++) channels[j] = bytes + from[j];
      pack_plane_bytes(*isa, layout, g, input.coarse, channels, coarse_to + p * layout.plane_elements(), begin, end);
    });
  }

  // Sums of one block of output channels over one tile.
  void sum(int64_t group, int64_t block, int rows, int vectors, const int32_t* exact_from, const int32_t* coarse_from,
           const int64_t* places, int64_t* sums) const {
    alignas(64) int32_t low[kRowBlock * kMaxTile], high[kRowBlock * kMaxTile];
    const int64_t first = (group * blocks + block) * units;
    for (size_t i = 0; i < plan.chunks().size(); i++) {
      const WidePlan::Chunk chunk = plan.chunks()[i];
      const int k = int(chunk.end - chunk.begin);
      isa->s16_conv(rows, vectors, exact_from, places, exact_at.data() + chunk.begin * pairs,
                     exact.data() + (first + chunk.begin) * pairs * kRowBlock, int(k * pairs), low, kMaxTile);
      if (plan.needs_coarse())
        isa->u8s8_conv(rows, vectors, coarse_from, places, coarse_at.data() + chunk.begin,
                      coarse.data() + (first + chunk.begin) * kRowBlock, k, high, kMaxTile);
      for (int r = 0; r < rows; r++) {
        const int64_t oc = group * g.group_oc() + block * kRowBlock + r;
        isa->s32_wide_sum(low + r * kMaxTile, plan.needs_coarse() ? high + r * kMaxTile : nullptr, plan.shift(oc),
                      plan.constant(i, oc), i == 0, sums + r * kMaxTile, int64_t(vectors) * isa->lanes);
      }
    }
  }

  void store(int64_t oc, const int64_t* sums, const Segment* parts, int n, const StoreBounds& bounds, uint8_t* to) const {
    const int64_t bytes = int64_t(output.bytes());
    if (n == 1) return output.run(oc, sums + parts[0].from, bounds, to + parts[0].to * bytes, parts[0].length);
    alignas(64) uint8_t line[kMaxTile * 8];
    output.run(oc, sums, bounds, line, parts[n - 1].from + parts[n - 1].length);
    for (int i = 0; i < n; i++)
      std::memcpy(to + parts[i].to * bytes, line + parts[i].from * bytes, size_t(parts[i].length * bytes));
  }

  void tile(int64_t group, int64_t block, int64_t first, const Tiling& t, const int32_t* exact_from,
            const int32_t* coarse_from, const StoreBounds& bounds, uint8_t* out) const {
    const int vectors = t.vectors_at(first);
    const int rows = int(std::min<int64_t>(kRowBlock, g.group_oc() - block * kRowBlock));
    const int64_t plane = g.oh * g.ow, width = int64_t(vectors) * t.lanes;
    alignas(64) int64_t sums[kRowBlock * kMaxTile];
    int64_t places[kTileVectors];
    placement.fill(first, vectors, places);
    sum(group, block, rows, vectors, exact_from, coarse_from, places, sums);
    Segment parts[kMaxTile];
    int n = 1;
    if (placement.exact()) parts[0] = {0, int32_t(std::min(width, plane - first)), first};
    else n = segments_of_tile(layout, g, first, width, parts);
    for (int r = 0; n > 0 && r < rows; r++) {
      const int64_t oc = group * g.group_oc() + block * kRowBlock + r;
      store(oc, sums + r * kMaxTile, parts, n, bounds, out + oc * plane * int64_t(output.bytes()));
    }
  }

  void run(Pool& pool, const int16_t* wide, const uint8_t* bytes, const StoreBounds& bounds, uint8_t* out,
           const Scratch& exact_planes, const Scratch& coarse_planes) const {
    const Tiling t(placement.pixels(), g.group_oc(), isa->lanes);
    const int64_t cost = t.width() * (units * 2 + 16) * kRowBlock / 4;
    for (int64_t group = 0; group < g.groups; group++)
      share_tiles(pool, t, cost, [&](int64_t first, int64_t last, int64_t first_block, int64_t last_block) {
        int32_t *exact_to = exact_planes.own<int32_t>(), *coarse_to = coarse_planes.own<int32_t>();
        prepare(group, rows_of_tiles(placement, t, g, first, last), wide, bytes, exact_to, coarse_to);
        for (int64_t at = first; at < last; at++)
          for (int64_t block = first_block; block < last_block; block++)
            tile(group, block, at * t.width(), t, exact_to, coarse_to, bounds, out);
      });
  }
};

}  // namespace

Kernel build_conv_wide(Setup& s, const ConvSpec& spec) {
  const ConvGeometry g = spec.geo;
  auto engine = std::make_shared<Engine>(spec, s.isa());
  const int64_t in_size = g.ic * g.ih * g.iw, out_size = g.oc * g.oh * g.ow * int64_t(engine->output.bytes());
  const WideInput& input = engine->input;
  const bool split = engine->plan.needs_coarse() && !input.bytes_are_input;
  const Scratch exact = s.scratch_each(size_t(engine->exact_planes()) * sizeof(int32_t));
  const Scratch coarse = s.scratch_each(size_t(engine->coarse_planes()) * sizeof(int32_t));
  const Scratch words = s.scratch(input.direct() ? 0 : size_t(in_size) * sizeof(int16_t));
  const Scratch upper = s.scratch(split ? size_t(in_size) : 0);
  const Target target = target_of(s);
  vsi_nn_tensor_t* in = spec.input;
  const int64_t in_bytes = in_size * int64_t(input.num.bytes());
  return [=](Pool& pool) {
    const StoreBounds bounds = engine->output.bounds(target);
    uint8_t* out = target.tensor()->t->data;
    for (int64_t n = 0; n < g.batch; n++) {
      const uint8_t *from = in->t->data + n * in_bytes, *bytes = from;
      const int16_t* wide = reinterpret_cast<const int16_t*>(from);
      if (!engine->input.direct()) {
        engine->input.widen(from, in_size, words.get<int16_t>());
        wide = words.get<int16_t>();
      }
      if (split) {
        constexpr int64_t kBlock = 4096;
        pool.run((in_size + kBlock - 1) / kBlock, kBlock / 4, [&](int64_t b, int64_t e) {
          const int64_t first = b * kBlock, count = std::min(in_size, e * kBlock) - first;
          if (count > 0) engine->isa->s16_high_bytes(wide + first, upper.get() + first, count);
        });
        bytes = upper.get();
      }
      engine->run(pool, wide, bytes, bounds, out + n * out_size, exact, coarse);
    }
  };
}

}  // namespace sim
