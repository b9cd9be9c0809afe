#include <algorithm>

#include "ops/conv.h"

namespace sim {

namespace {

constexpr int kMaxTile = kTileVectors * 16;

// Pixels of one group that are computed together, and where their packed input lies.
struct Tile {
  int64_t group, first;
  int vectors;
  const int32_t *planes, *off;
  int64_t places[kTileVectors];
};

struct Engine {
  ConvGeometry g;
  PlaneLayout layout;
  const Isa* isa;
  Placement placement;
  BytePacking packing;
  Requantizer requantizer;
  int64_t groups_per_plane;  // packed channel groups of one convolution group
  int64_t k, blocks;
  std::vector<int32_t> off, tile_off;  // into planes, and into a tile that was packed on its own
  Array<int32_t> weights;  // [group][block][k][kRowBlock]
  Array<int32_t> ones;     // weights that sum up the input
  std::vector<int32_t> add, zero;
  // Input sums are needed, and one factor serves all channels.
  bool need_sums = false, one_zero = true;
  bool pointwise;  // every output pixel reads one input pixel, at the same place

  Engine(const ConvSpec& spec, const Isa& i, const IntWeights& w)
      : g(spec.geo), layout(g, false), isa(&i), placement(layout, g, i.lanes),
        packing(byte_packing(Numeric(spec.input->attr.dtype), i.pack)),
        requantizer(spec, w, i) {
    groups_per_plane = (g.group_ic() + packing.pack - 1) / packing.pack;
    k = groups_per_plane * g.taps();
    blocks = (g.group_oc() + kRowBlock - 1) / kRowBlock;
    for (int64_t c = 0; c < groups_per_plane; c++)
      for (int64_t y = 0; y < g.kh; y++)
        for (int64_t x = 0; x < g.kw; x++) off.push_back(int32_t(c * layout.plane_elements() + layout.offset(y, x)));
    pointwise = layout.is_input();
    for (int64_t c = 0; c < groups_per_plane; c++) tile_off.push_back(int32_t(c * kMaxTile));
    pack(spec, w);
  }

  // pack 2 takes the zero point out of the weights. pack 4 needs 8 bits: uint8 weights are moved to int8 by
  // subtracting 128, and the rest of the zero point is corrected with the sum of the inputs.
  void pack(const ConvSpec& spec, const IntWeights& w) {
    const bool four = packing.pack == 4;
    const int32_t shift = four && spec.weight->attr.dtype.vx_type == VSI_NN_TYPE_UINT8 ? 128 : 0;
    weights = Array<int32_t>(size_t(g.groups * blocks * k * kRowBlock));
    ones = Array<int32_t>(size_t(k * kRowBlock));
    for (int64_t oc = 0; oc < g.oc; oc++) {
      const int32_t left = w.zero[size_t(oc)] - shift;
      zero.push_back(four ? left : 0);
      need_sums = need_sums || (four && left != 0);
      one_zero = one_zero && left == w.zero[0] - shift;
      const uint32_t sum = pack_row(spec, oc, four ? shift : w.zero[size_t(oc)]);
      const uint32_t x0 = uint32_t(packing.zero), count = uint32_t(g.group_ic() * g.taps());
      add.push_back(four ? int32_t(uint32_t(w.bias[size_t(oc)]) - x0 * sum + count * x0 * uint32_t(left))
                         : w.bias[size_t(oc)]);
    }
    for (int64_t c = 0; c < g.group_ic(); c++)
      for (int64_t t = 0; t < g.taps(); t++) put(ones.data(), c, t, 0, 1);
  }

  // Stores one operand: channel c of the group, tap t, row of the block.
  void put(int32_t* block, int64_t c, int64_t t, int64_t row, int32_t value) const {
    const int64_t at = (c / packing.pack * g.taps() + t) * kRowBlock + row, lane = c % packing.pack;
    if (packing.pack == 4) {
      const int8_t byte = int8_t(value);
      std::memcpy(reinterpret_cast<int8_t*>(block + at) + lane, &byte, 1);
    } else {
      const int16_t word = int16_t(value);
      std::memcpy(reinterpret_cast<int16_t*>(block + at) + lane, &word, 2);
    }
  }

  // Returns the sum of the stored values.
  uint32_t pack_row(const ConvSpec& spec, int64_t oc, int32_t subtract) {
    const int64_t group = oc / g.group_oc(), row = oc % g.group_oc();
    int32_t* block = weights.data() + (group * blocks + row / kRowBlock) * k * kRowBlock;
    uint32_t sum = 0;
    for (int64_t c = 0; c < g.group_ic(); c++)
      for (int64_t y = 0; y < g.kh; y++)
        for (int64_t x = 0; x < g.kw; x++) {
          const int32_t v = weight_code(spec, spec.index(oc, c, y, x)) - subtract;
          put(block, c, y * g.kw + x, row % kRowBlock, v);
          sum += uint32_t(v);
        }
    return sum;
  }

  // The rows of one group's planes that output rows read.
  void pack_rows(int64_t group, OutputRows rows, const uint8_t* in, int32_t* planes) const {
    for (int64_t c = 0; c < groups_per_plane; c++) {
      const uint8_t* channels[4];
      channel_group(in, group, c, channels);
      rows_of_outputs(layout, g, rows, [&](int64_t begin, int64_t end) {
        pack_plane_bytes(*isa, layout, g, packing, channels, planes + c * layout.plane_elements(), begin, end);
      });
    }
  }

  // The planes of the channels that one packed group is made of.
  void channel_group(const uint8_t* in, int64_t group, int64_t at, const uint8_t** channels) const {
    const int64_t c = at * packing.pack;
    for (int64_t j = 0; j < packing.pack; j++) {
      // Missing channels meet zero weights, so any data will do.
      const int64_t channel = group * g.group_ic() + (c + j < g.group_ic() ? c + j : c);
      channels[j] = in + channel * g.ih * g.iw;
    }
  }

  // The sums of the inputs of a tile, times the weights' zero point if all channels share it.
  void sum_inputs(const Tile& t, int32_t* sums) const {
    isa->u8s8_conv(1, t.vectors, t.planes, t.places, t.off, ones.data(), int(k), sums, kMaxTile);
    if (!one_zero) return;
    for (int i = 0; i < t.vectors * isa->lanes; i++) sums[i] = int32_t(uint32_t(sums[i]) * uint32_t(zero[0]));
  }

  const int32_t* correction(int64_t oc, const int32_t* sums, int32_t* own) const {
    if (!need_sums || one_zero) return need_sums ? sums : nullptr;
    for (int i = 0; i < kMaxTile; i++) own[i] = int32_t(uint32_t(sums[i]) * uint32_t(zero[size_t(oc)]));
    return own;
  }

  const int32_t* block_weights(const Tile& t, int64_t block) const {
    return weights.data() + (t.group * blocks + block) * k * kRowBlock;
  }

  // One block of output channels of a tile.
  void block(const Tile& t, int64_t block, const int32_t* sums, const Requantizer::Bounds& bounds, uint8_t* out) const {
    const int64_t row = block * kRowBlock, plane = g.oh * g.ow, oc = t.group * g.group_oc() + row;
    const int rows = int(std::min<int64_t>(kRowBlock, g.group_oc() - row));
    const int64_t width = int64_t(t.vectors) * isa->lanes;
    Segment parts[kMaxTile];
    const bool whole = placement.exact() || layout.dense();
    const int n = whole ? 1 : segments_of_tile(layout, g, t.first, width, parts);
    if (whole) parts[0] = {0, int32_t(std::min(width, plane - t.first)), t.first};
    if (requantizer.fits_kernels() && (!need_sums || one_zero)) {
      const TileCodes how{add.data() + oc, need_sums ? sums : nullptr, requantizer.ratios() + oc, bounds.lo, bounds.hi,
                          requantizer.zero()};
      return codes(t, rows, block_weights(t, block), how, parts, n, out + oc * plane);
    }
    alignas(64) int32_t acc[kRowBlock * kMaxTile], own[kMaxTile];
    isa->u8s8_conv(rows, t.vectors, t.planes, t.places, t.off, block_weights(t, block), int(k), acc, kMaxTile);
    const int64_t bytes = int64_t(requantizer.bytes());
    for (int r = 0; r < rows; r++) {
      const int32_t* minus = correction(oc + r, sums, own);
      for (int i = 0; i < n; i++)
        requantizer.run(oc + r, acc + r * kMaxTile + parts[i].from, minus ? minus + parts[i].from : nullptr,
                        add[size_t(oc + r)], bounds, out + ((oc + r) * plane + parts[i].to) * bytes, parts[i].length);
    }
  }

  // The same where sums become 8-bit codes before they leave the registers.
  void codes(const Tile& t, int rows, const int32_t* w, const TileCodes& how, const Segment* parts, int n,
             uint8_t* out) const {
    const int64_t plane = g.oh * g.ow;
    if (n == 1 && parts[0].from == 0 && parts[0].length > (t.vectors - 1) * isa->lanes) {
      const int64_t last = parts[0].length - int64_t(t.vectors - 1) * isa->lanes;
      isa->u8s8_conv_codes(rows, t.vectors, t.planes, t.places, t.off, w, int(k), how, last, out + parts[0].to, plane);
      return;
    }
    alignas(64) uint8_t lines[kRowBlock * kMaxTile];
    isa->u8s8_conv_codes(rows, t.vectors, t.planes, t.places, t.off, w, int(k), how, isa->lanes, lines, kMaxTile);
    for (int r = 0; r < rows; r++)
      for (int i = 0; i < n; i++)
        std::memcpy(out + r * plane + parts[i].to, lines + r * kMaxTile + parts[i].from, size_t(parts[i].length));
  }

  // Bytes that each thread needs: none where tiles pack their own input.
  size_t scratch_bytes() const {
    return pointwise ? 0 : size_t(groups_per_plane * layout.plane_elements()) * sizeof(int32_t);
  }

  // A pointwise convolution needs nothing but the pixels of the tile.
  void pack_tile(Tile& t, const uint8_t* in) const {
    const int64_t n = std::min<int64_t>(int64_t(t.vectors) * isa->lanes, g.oh * g.ow - t.first);
    int32_t* to = thread_memory<int32_t>(2, groups_per_plane * kMaxTile);
    for (int64_t c = 0; c < groups_per_plane; c++) {
      const uint8_t* channels[4];
      channel_group(in, t.group, c, channels);
      if (packing.pack == 4)
        isa->u8_pack4(channels, t.first, 1, packing.flip * 0x01010101u, to + c * kMaxTile, n);
      else
        isa->u8_pack2(channels, t.first, 1, packing.flip, uint32_t(packing.zero), to + c * kMaxTile, n);
    }
    t.planes = to;
    t.off = tile_off.data();
    for (int i = 0; i < t.vectors; i++) t.places[i] = int64_t(i) * isa->lanes;
  }

  void run(Pool& pool, const uint8_t* in, uint8_t* out, const Requantizer::Bounds& bounds,
           const Scratch& scratch) const {
    const Tiling t(placement.pixels(), g.group_oc(), isa->lanes);
    const int64_t cost = t.width() * (k + 8) * kRowBlock / 8;
    for (int64_t group = 0; group < g.groups; group++)
      share_tiles(pool, t, cost, [&](int64_t first, int64_t last, int64_t first_block, int64_t last_block) {
        if (!pointwise) pack_rows(group, rows_of_tiles(placement, t, g, first, last), in, scratch.own<int32_t>());
        alignas(64) int32_t sums[kMaxTile] = {};
        for (int64_t at = first; at < last; at++) {
          Tile tile{group, at * t.width(), 1, scratch.own<int32_t>(), off.data(), {}};
          tile.vectors = t.vectors_at(tile.first);
          if (pointwise) pack_tile(tile, in);
          else placement.fill(tile.first, tile.vectors, tile.places);
          if (need_sums) sum_inputs(tile, sums);
          for (int64_t b = first_block; b < last_block; b++) block(tile, b, sums, bounds, out);
        }
      });
  }
};

}  // namespace

Kernel build_conv_int(Setup& s, const ConvSpec& spec) {
  const ConvGeometry g = spec.geo;
  auto engine = std::make_shared<Engine>(spec, s.isa(), int_weights(spec));
  const Scratch planes = s.scratch_each(engine->scratch_bytes());
  vsi_nn_tensor_t* in = spec.input;
  const Target target = target_of(s);
  const int64_t in_size = g.ic * g.ih * g.iw, out_size = g.oc * g.oh * g.ow * int64_t(engine->requantizer.bytes());
  return [=](Pool& pool) {
    const Requantizer::Bounds bounds = engine->requantizer.bounds(target);
    uint8_t* out = target.tensor()->t->data;
    for (int64_t n = 0; n < g.batch; n++)
      engine->run(pool, in->t->data + n * in_size, out + n * out_size, bounds, planes);
  };
}

}  // namespace sim
