// PAD in its four modes.
#include <algorithm>

#include "ops/move.h"
#include "ops/register.h"

namespace sim {

namespace {

struct Spec {
  Shape in, out;
  std::vector<int64_t> front;
  int mode;
};

Spec spec_of(const Setup& s) {
  const auto& p = s.param().pad;
  Spec z;
  z.in = s.in_shape();
  z.mode = p.mode;
  if (p.mode < VSI_NN_PAD_MODE_CONSTANT || p.mode > VSI_NN_PAD_MODE_REFLECT) fail("pad mode %d is not known", int(p.mode));
  if (int(p.dim_num) < 1 || int(p.dim_num) > z.in.rank) fail("pad.dim_num is %u, the input has rank %d", p.dim_num, z.in.rank);
  z.front = s.list(p.front_size, p.dim_num, "front_size");
  std::vector<int64_t> back = s.list(p.back_size, p.dim_num, "back_size");
  z.front.resize(size_t(z.in.rank), 0);
  back.resize(size_t(z.in.rank), 0);
  for (int d = 0; d < z.in.rank; d++) {
    const int64_t most = std::max(z.front[size_t(d)], back[size_t(d)]);
    const int64_t limit = z.mode == VSI_NN_PAD_MODE_REFLECT ? z.in[d] - 1 : z.mode == VSI_NN_PAD_MODE_SYMMETRIC ? z.in[d] : int64_t(1) << 30;
    if (most > limit) fail("dimension %d of %lld elements cannot be padded by %lld in this mode", d,
                           static_cast<long long>(z.in[d]), static_cast<long long>(most));
    z.out.push(z.in[d] + z.front[size_t(d)] + back[size_t(d)]);
  }
  return z;
}

void infer(Setup& s) { s.set_shape(0, spec_of(s).out); }

// Where output position i of a dimension comes from, or -1 for the constant.
int64_t source(int64_t i, int64_t n, int mode) {
  if (i >= 0 && i < n) return i;
  switch (mode) {
    case VSI_NN_PAD_MODE_CONSTANT: return -1;
    case VSI_NN_PAD_MODE_REPLICATE: return i < 0 ? 0 : n - 1;
    case VSI_NN_PAD_MODE_SYMMETRIC: return i < 0 ? -1 - i : 2 * n - 1 - i;
    default: return i < 0 ? -i : 2 * n - 2 - i;
  }
}

struct Padder {
  Spec z;
  size_t bytes;
  std::vector<uint8_t> constant;
  std::vector<int64_t> column;

  Padder(const Spec& spec, const Numeric& to, double value) : z(spec), bytes(to.bytes()), constant(to.bytes()) {
    store_f64(to, &value, 1, constant.data());
    for (int64_t x = 0; x < z.out[0]; x++) column.push_back(source(x - z.front[0], z.in[0], z.mode));
  }

  // Offset of the input row for an output row, or -1.
  int64_t row_source(int64_t row) const {
    int64_t at = 0;
    for (int d = 1; d < z.out.rank; d++) {
      const int64_t i = source(row % z.out[d] - z.front[size_t(d)], z.in[d], z.mode);
      row /= z.out[d];
      if (i < 0) return -1;
      at += i * z.in.range(0, d);
    }
    return at;
  }

  void run_row(const uint8_t* in, uint8_t* to, int64_t row) const {
    const int64_t from = row_source(row);
    // The row of the input is one piece.
    const int64_t first = from < 0 ? z.out[0] : z.front[0], last = from < 0 ? z.out[0] : first + z.in[0];
    if (last > first) std::memcpy(to + first * int64_t(bytes), in + from * int64_t(bytes), size_t(last - first) * bytes);
    for (int64_t x = first == 0 ? last : 0; x < z.out[0]; x = x + 1 == first ? last : x + 1) {
      const int64_t i = from < 0 ? -1 : column[size_t(x)];
      std::memcpy(to + x * int64_t(bytes), i < 0 ? constant.data() : in + (from + i) * int64_t(bytes), bytes);
    }
  }
};

Kernel build(Setup& s) {
  const Numeric from = s.in_num(), to = s.out_num();
  if (from.per_channel) fail("per-channel quantization is not supported here");
  // The constant is a real value; for quantized data it is quantized like everything else.
  const Padder padder(spec_of(s), to, s.param().pad.const_val);
  const int64_t count = padder.z.in.count(), width = padder.z.out[0], rows = padder.z.out.count() / width;
  const Scratch converted = s.scratch(from == to ? 0 : size_t(count) * to.bytes());
  vsi_nn_tensor_t *in = s.in(0), *out = s.out();
  return [=](Pool& pool) {
    const uint8_t* x = in->t->data;
    if (from != to) {
      convert_parallel(pool, from, x, to, converted.get(), count);
      x = converted.get();
    }
    pool.run(rows, width * 4, [&](int64_t b, int64_t e) {
      for (int64_t r = b; r < e; r++) padder.run_row(x, out->t->data + r * width * int64_t(padder.bytes), r);
    });
  };
}

}  // namespace

void register_pad(OpTable& t) {
  using P = vsi_nn_pad_param;
  t.add({VSI_NN_OP_PAD, "PAD", "pad",
         {SIM_POINTER(P, front_size, dim_num), SIM_POINTER(P, back_size, dim_num), SIM_FIELD(P, dim_num),
          SIM_FIELD(P, const_val), SIM_FIELD(P, mode)},
         1, 1, 1, 1, infer, build});
}

}  // namespace sim
