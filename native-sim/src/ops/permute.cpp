// PERMUTE with its forms for a network's ends, PRE_PROCESS_TENSOR and POST_PROCESS; TILE and EXPAND_BROADCAST.
#include "ops/move.h"
#include "ops/register.h"

namespace sim {

namespace {

template <class P>
std::vector<int64_t> permutation_of(const Setup& s, const P& p) {
  const int rank = s.in_shape().rank;
  if (int64_t(p.dim_num) != rank) fail("permute.dim_num is %u, expected %d", p.dim_num, rank);
  const std::vector<int64_t> perm = s.list(p.perm, p.dim_num, "perm");
  uint32_t seen = 0;
  for (const int64_t a : perm) {
    if (a < 0 || a >= rank || (seen >> a & 1)) fail("perm is not a permutation of %d dimensions", rank);
    seen |= 1u << a;
  }
  return perm;
}

std::vector<int64_t> permutation(const Setup& s) {
  if (s.node().op == VSI_NN_OP_PRE_PROCESS_TENSOR) return permutation_of(s, s.param().pre_process_tensor);
  if (s.node().op == VSI_NN_OP_POST_PROCESS) return permutation_of(s, s.param().post_process);
  return permutation_of(s, s.param().permute);
}

void infer_permute(Setup& s) {
  const Shape in = s.in_shape();
  Shape out;
  for (const int64_t a : permutation(s)) out.push(in[int(a)]);
  s.set_shape(0, out);
}

Kernel build_permute(Setup& s) {
  const Shape in = s.in_shape();
  const std::vector<int64_t> dense = dense_strides(in);
  Shape out;
  std::vector<int64_t> stride;
  for (const int64_t a : permutation(s)) {
    out.push(in[int(a)]);
    stride.push_back(dense[size_t(a)]);
  }
  return move_kernel(s, {{s.in(0), s.out(), gather_move(out, stride, 0)}});
}

std::vector<int64_t> multiples(const Setup& s) {
  const auto& p = s.param().tile;
  const Shape in = s.in_shape();
  std::vector<int64_t> m = s.list(p.multiples, p.multiples_num, "multiples");
  if (int(m.size()) > kMaxRank || int(m.size()) < in.rank)
    fail("%d multiples for a tensor of rank %d", int(m.size()), in.rank);
  for (const int64_t n : m)
    if (n < 1) fail("a multiple is %lld", static_cast<long long>(n));
  return m;
}

void infer_tile(Setup& s) {
  const Shape in = s.in_shape();
  Shape out;
  for (const int64_t m : multiples(s)) out.push(in[out.rank] * m);
  s.set_shape(0, out);
}

Kernel build_tile(Setup& s) {
  const Shape in = s.in_shape();
  Move m;
  int64_t from = 1, to = 1;
  for (const int64_t n : multiples(s)) {
    const int64_t length = in[m.rank / 2];
    m.add(length, from, to);
    m.add(n, 0, to * length);
    from *= length;
    to *= length * n;
  }
  return move_kernel(s, {{s.in(0), s.out(), m}});
}

Shape target(const Setup& s) {
  const auto& p = s.param().expand_broadcast;
  if (p.dim_num < 1 || p.dim_num > uint32_t(kMaxRank)) fail("dim_num is %u", p.dim_num);
  Shape want;
  for (const int64_t n : s.list(p.shape, p.dim_num, "shape")) want.push(n);
  Shape out;
  if (checked_count(want) < 0 || !broadcast(s.in_shape(), want, out))
    fail("%s does not broadcast to %s", s.in_shape().text().c_str(), want.text().c_str());
  return out;
}

void infer_expand(Setup& s) { s.set_shape(0, target(s)); }

Kernel build_expand(Setup& s) {
  const Shape in = s.in_shape(), out = target(s);
  std::vector<int64_t> stride;
  for (int d = 0; d < out.rank; d++) stride.push_back(in[d] == 1 ? 0 : in.range(0, d));
  return move_kernel(s, {{s.in(0), s.out(), gather_move(out, stride, 0)}});
}

}  // namespace

void register_permute(OpTable& t) {
  using Pe = vsi_nn_permute_param;
  using Pr = vsi_nn_pre_process_tensor_param;
  using Po = vsi_nn_post_process_param;
  using Ti = vsi_nn_tile_param;
  using Ex = vsi_nn_expand_broadcast_param;
  t.add({VSI_NN_OP_PERMUTE, "PERMUTE", "permute", {SIM_POINTER(Pe, perm, dim_num), SIM_FIELD(Pe, dim_num)}, 1, 1, 1, 1,
         infer_permute, build_permute});
  t.add({VSI_NN_OP_PRE_PROCESS_TENSOR, "PRE_PROCESS_TENSOR", "pre_process_tensor",
         {SIM_POINTER(Pr, perm, dim_num), SIM_FIELD(Pr, dim_num)}, 1, 1, 1, 1, infer_permute, build_permute});
  t.add({VSI_NN_OP_POST_PROCESS, "POST_PROCESS", "post_process", {SIM_POINTER(Po, perm, dim_num), SIM_FIELD(Po, dim_num)},
         1, 1, 1, 1, infer_permute, build_permute});
  t.add({VSI_NN_OP_TILE, "TILE", "tile", {SIM_POINTER(Ti, multiples, multiples_num), SIM_FIELD(Ti, multiples_num)}, 1,
         1, 1, 1, infer_tile, build_tile});
  t.add({VSI_NN_OP_EXPAND_BROADCAST, "EXPAND_BROADCAST", "expand_broadcast",
         {SIM_POINTER(Ex, shape, dim_num), SIM_FIELD(Ex, dim_num)}, 1, 1, 1, 1, infer_expand, build_expand});
}

}  // namespace sim
