// Operators that rearrange space, depth and batch in blocks: all strided copies.
#include "ops/move.h"
#include "ops/register.h"

namespace sim {

namespace {

void need_divisible(int64_t n, int64_t by, const char* what) {
  if (by < 1 || by > 65536 || n % by != 0)
    fail("%s of %lld cannot be divided by %lld", what, static_cast<long long>(n), static_cast<long long>(by));
}

struct Plan {
  Shape out;
  Move move;
};

// Input pixel (x*bx+i, y*by+j) of channel c goes to pixel (x, y) of channel (j*bx+i)*C+c.
Plan to_depth(const Setup& s, int64_t bx, int64_t by) {
  s.need_rank(0, 3, 4);
  const Shape in = s.in_shape();
  need_divisible(in[0], bx, "the width");
  need_divisible(in[1], by, "the height");
  const int64_t w = in[0] / bx, h = in[1] / by, c = in[2], plane = w * h;
  Plan p;
  p.out = in;
  p.out.dim[0] = w, p.out.dim[1] = h, p.out.dim[2] = c * bx * by;
  p.move.add(w, bx, 1);
  p.move.add(h, in[0] * by, w);
  p.move.add(c, in[0] * in[1], plane);
  p.move.add(bx, 1, plane * c);
  p.move.add(by, in[0], plane * c * bx);
  p.move.add(in[3], in.range(0, 3), in.range(0, 3));
  return p;
}

Plan space2depth(const Setup& s) {
  const auto& p = s.param().space2depth;
  return to_depth(s, p.block_size[0], p.block_size[1]);
}

Plan reorg(const Setup& s) { return to_depth(s, s.param().reorg.stride, s.param().reorg.stride); }

Plan depth2space(const Setup& s) {
  s.need_rank(0, 3, 4);
  const Shape in = s.in_shape();
  const auto& q = s.param().depth2space;
  const int64_t b = q.block_size;
  if (b < 1 || b > 4096) fail("block_size is %lld", static_cast<long long>(b));
  need_divisible(in[2], b * b, "the depth");
  const bool crd = s.since(1, 1, 22) && q.mode == VSI_NN_DEPTH2SPACE_CRD;
  const int64_t w = in[0], h = in[1], c = in[2] / (b * b), plane = w * h;
  Plan p;
  p.out = in;
  p.out.dim[0] = w * b, p.out.dim[1] = h * b, p.out.dim[2] = c;
  p.move.add(w, 1, b);
  p.move.add(b, crd ? plane : plane * c, 1);
  p.move.add(h, w, w * b * b);
  p.move.add(b, crd ? plane * b : plane * c * b, w * b);
  p.move.add(c, crd ? plane * b * b : plane, plane * b * b);
  p.move.add(in[3], in.range(0, 3), in.range(0, 3));
  return p;
}

Plan shuffle(const Setup& s) {
  const auto& q = s.param().shufflechannel;
  const Shape in = s.in_shape();
  const int axis = s.axis(q.axis, in.rank);
  need_divisible(in[axis], q.group_number, "the shuffled dimension");
  const int64_t inner = in.range(0, axis), g = q.group_number, n = in[axis] / g;
  Plan p;
  p.out = in;
  p.move.add(inner, 1, 1);
  p.move.add(g, inner * n, inner);
  p.move.add(n, inner, inner * g);
  p.move.add(in.range(axis + 1, in.rank), inner * in[axis], inner * in[axis]);
  return p;
}

template <Plan (*plan)(const Setup&)>
void infer(Setup& s) {
  s.set_shape(0, plan(s).out);
}

template <Plan (*plan)(const Setup&)>
Kernel build(Setup& s) {
  return move_kernel(s, {{s.in(0), s.out(), plan(s).move}});
}

// --- batch: the padding or cropping makes these more than one box, so elements are looked up one by one ---

struct BatchBlocks {
  int64_t bx, by, left, right, top, bottom;
  Shape in, out;
};

template <class P>
BatchBlocks batch_blocks(const Setup& s, const P& p, const int32_t* edges) {
  s.need_rank(0, 4, 4);
  const std::vector<int64_t> block = s.list(p.block_size, p.block_size_num, "block_size");
  if (block.size() != 2 || block[0] < 1 || block[1] < 1 || block[0] > 4096 || block[1] > 4096)
    fail("block_size must be two positive numbers");
  for (int i = 0; i < 4; i++)
    if (edges[i] < 0 || edges[i] > (1 << 20)) fail("a border of %d elements is not possible", edges[i]);
  return {block[0], block[1], edges[0], edges[1], edges[2], edges[3], s.in_shape(), s.in_shape()};
}

BatchBlocks space2batch(const Setup& s) {
  BatchBlocks b = batch_blocks(s, s.param().space2batch, s.param().space2batch.pad);
  const int64_t w = b.in[0] + b.left + b.right, h = b.in[1] + b.top + b.bottom;
  need_divisible(w, b.bx, "the padded width");
  need_divisible(h, b.by, "the padded height");
  b.out = Shape{w / b.bx, h / b.by, b.in[2], b.in[3] * b.bx * b.by};
  return b;
}

BatchBlocks batch2space(const Setup& s) {
  BatchBlocks b = batch_blocks(s, s.param().batch2space, s.param().batch2space.crop);
  need_divisible(b.in[3], b.bx * b.by, "the batch");
  const int64_t w = b.in[0] * b.bx - b.left - b.right, h = b.in[1] * b.by - b.top - b.bottom;
  if (w < 1 || h < 1) fail("cropping leaves nothing");
  b.out = Shape{w, h, b.in[2], b.in[3] / (b.bx * b.by)};
  return b;
}

void infer_space2batch(Setup& s) { s.set_shape(0, space2batch(s).out); }
void infer_batch2space(Setup& s) { s.set_shape(0, batch2space(s).out); }

// Calls f(output offset, x, y, channel, batch of the spread picture) for each output element of row r.
template <class F>
Kernel per_element(Setup& s, const BatchBlocks& b, F source) {
  return wrap_real(s, [=](Pool& pool, auto in, auto out) {
    pool.run(b.out.count() / b.out[0], b.out[0] * 8, [&](int64_t first, int64_t last) {
      for (int64_t r = first; r < last; r++) {
        const int64_t y = r % b.out[1], c = r / b.out[1] % b.out[2], n = r / (b.out[1] * b.out[2]);
        for (int64_t x = 0; x < b.out[0]; x++) {
          const int64_t at = source(x, y, c, n);
          out[0][r * b.out[0] + x] = at < 0 ? RealOf<decltype(out)>(0) : in[0][at];
        }
      }
    });
  });
}

Kernel build_space2batch(Setup& s) {
  const BatchBlocks b = space2batch(s);
  return per_element(s, b, [b](int64_t x, int64_t y, int64_t c, int64_t n) -> int64_t {
    const int64_t block = n / b.in[3], batch = n % b.in[3];
    const int64_t ix = x * b.bx + block % b.bx - b.left, iy = y * b.by + block / b.bx - b.top;
    if (ix < 0 || iy < 0 || ix >= b.in[0] || iy >= b.in[1]) return -1;
    return ((batch * b.in[2] + c) * b.in[1] + iy) * b.in[0] + ix;
  });
}

Kernel build_batch2space(Setup& s) {
  const BatchBlocks b = batch2space(s);
  return per_element(s, b, [b](int64_t x, int64_t y, int64_t c, int64_t n) -> int64_t {
    const int64_t fx = x + b.left, fy = y + b.top, block = fy % b.by * b.bx + fx % b.bx;
    return (((block * b.out[3] + n) * b.in[2] + c) * b.in[1] + fy / b.by) * b.in[0] + fx / b.bx;
  });
}

void shuffle_defaults(vsi_nn_node_t* n) { n->nn_param.shufflechannel.axis = 2; }

}  // namespace

void register_blocks(OpTable& t) {
  using Sd = vsi_nn_space2depth_param;
  using Ds = vsi_nn_depth2space_param;
  using Sh = vsi_nn_shufflechannel_param;
  using Ro = vsi_nn_reorg_param;
  using Sb = vsi_nn_space2batch_param;
  using Bs = vsi_nn_batch2space_param;
  t.add({VSI_NN_OP_SPACE2DEPTH, "SPACE2DEPTH", "space2depth", {SIM_FIELD(Sd, block_size)}, 1, 1, 1, 1,
         infer<space2depth>, build<space2depth>});
  t.add({VSI_NN_OP_DEPTH2SPACE, "DEPTH2SPACE", "depth2space", {SIM_FIELD(Ds, block_size), SIM_FIELD(Ds, mode)}, 1, 1, 1,
         1, infer<depth2space>, build<depth2space>});
  t.add({VSI_NN_OP_SHUFFLECHANNEL, "SHUFFLECHANNEL", "shufflechannel",
         {SIM_FIELD(Sh, group_number), SIM_FIELD(Sh, axis)}, 1, 1, 1, 1, infer<shuffle>, build<shuffle>,
         shuffle_defaults});
  t.add({VSI_NN_OP_REORG, "REORG", "reorg", {SIM_FIELD(Ro, stride)}, 1, 1, 1, 1, infer<reorg>, build<reorg>});
  t.add({VSI_NN_OP_SPACE2BATCH, "SPACE2BATCH", "space2batch",
         {SIM_POINTER(Sb, block_size, block_size_num), SIM_FIELD(Sb, block_size_num), SIM_FIELD(Sb, pad)}, 1, 1, 1, 1,
         infer_space2batch, build_space2batch});
  t.add({VSI_NN_OP_BATCH2SPACE, "BATCH2SPACE", "batch2space",
         {SIM_POINTER(Bs, block_size, block_size_num), SIM_FIELD(Bs, block_size_num), SIM_FIELD(Bs, crop)}, 1, 1, 1, 1,
         infer_batch2space, build_batch2space});
}

}  // namespace sim
