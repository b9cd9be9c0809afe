// Rows that indices name: GATHER, GATHER_ND, EMBEDDING_LOOKUP and HASHTABLE_LOOKUP, SCATTER_ND and SCATTER_ND_UPDATE.
#include <algorithm>

#include "ops/register.h"

namespace sim {

namespace {

// Index tensors hold integers, whatever their type.
std::vector<int64_t> read_indices(const vsi_nn_tensor_t* t, const Numeric& num, int64_t n) {
  std::vector<int64_t> out(static_cast<size_t>(n));
  std::vector<double> real(static_cast<size_t>(n));
  load_f64(num, t->t->data, n, real.data());
  for (size_t i = 0; i < out.size(); i++) out[i] = real[i] == real[i] ? int64_t(std::min(std::max(real[i], -1e15), 1e15)) : 0;
  return out;
}

int64_t inside(int64_t i, int64_t n) {
  if (i < -n || i >= n) fail("index %lld is outside %lld elements", static_cast<long long>(i), static_cast<long long>(n));
  return i < 0 ? i + n : i;
}

// Element offsets of the blocks that tuples of indices, outermost dimension first, name in `shape`.
std::vector<int64_t> block_offsets(const std::vector<int64_t>& at, int64_t depth, const Shape& shape) {
  std::vector<int64_t> offsets;
  for (size_t i = 0; i < at.size(); i += size_t(depth)) {
    int64_t o = 0;
    for (int64_t d = 0; d < depth; d++) {
      const int dim = shape.rank - 1 - int(d);
      o += inside(at[i + size_t(d)], shape[dim]) * shape.range(0, dim);
    }
    offsets.push_back(o);
  }
  return offsets;
}

// Copies blocks of `block` elements of input `data`; `source(i)` is the element offset of the i-th.
template <class F>
Kernel block_copy(Setup& s, int data, int64_t blocks, int64_t block, F plan) {
  const Numeric from = s.in_num(data), to = s.out_num();
  vsi_nn_tensor_t *in = s.in(data), *out = s.out();
  return [=](Pool& pool) {
    const auto source = plan();
    pool.run(blocks, block * 2, [&](int64_t b, int64_t e) {
      for (int64_t i = b; i < e; i++)
        convert(from, in->t->data + source(i) * int64_t(from.bytes()), to,
                out->t->data + i * block * int64_t(to.bytes()), block);
    });
  };
}

void infer_gather(Setup& s) {
  const Shape in = s.in_shape(0), index = s.in_shape(1);
  const int axis = s.axis(s.param().gather.axis, in.rank);
  if (in.rank - 1 + index.rank > kMaxRank) fail("the output would have more than %d dimensions", kMaxRank);
  Shape out;
  for (int d = 0; d < axis; d++) out.push(in[d]);
  for (int d = 0; d < index.rank; d++) out.push(index[d]);
  for (int d = axis + 1; d < in.rank; d++) out.push(in[d]);
  s.set_shape(0, out);
}

Kernel build_gather(Setup& s) {
  const Shape in = s.in_shape(0);
  const int axis = s.axis(s.param().gather.axis, in.rank);
  const int64_t inner = in.range(0, axis), length = in[axis], outer = in.range(axis + 1, in.rank);
  const int64_t n = s.in_shape(1).count();
  const Numeric index_num = s.in_num(1);
  vsi_nn_tensor_t* index = s.in(1);
  return block_copy(s, 0, outer * n, inner, [=] {
    std::vector<int64_t> at = read_indices(index, index_num, n);
    for (int64_t& i : at) i = inside(i, length);
    return [=](int64_t i) { return (i / n * length + at[size_t(i % n)]) * inner; };
  });
}

// indices [D, ...]: each column of D numbers, outermost data dimension first, names a block.
void infer_gather_nd(Setup& s) {
  const Shape in = s.in_shape(0), index = s.in_shape(1);
  const int64_t depth = index[0];
  if (depth < 1 || depth > in.rank) fail("index tuples of %lld numbers for rank %d", static_cast<long long>(depth), in.rank);
  Shape out;
  if (in.rank - int(depth) + index.rank - 1 > kMaxRank) fail("the output would have more than %d dimensions", kMaxRank);
  for (int d = 0; d < in.rank - int(depth); d++) out.push(in[d]);
  for (int d = 1; d < index.rank; d++) out.push(index[d]);
  if (out.rank == 0) out.push(1);
  s.set_shape(0, out);
}

Kernel build_gather_nd(Setup& s) {
  const Shape in = s.in_shape(0), index = s.in_shape(1);
  const int64_t depth = index[0], n = index.count();
  const int64_t block = in.range(0, in.rank - int(depth));
  const Numeric index_num = s.in_num(1);
  vsi_nn_tensor_t* t = s.in(1);
  return block_copy(s, 0, n / depth, block, [=] {
    const std::vector<int64_t> offset = block_offsets(read_indices(t, index_num, n), depth, in);
    return [=](int64_t i) { return offset[size_t(i)]; };
  });
}

// indices, updates -> zeros with the updates added at their places.
void infer_scatter(Setup& s) {
  const auto& p = s.param().scatter_nd;
  Shape out;
  if (p.dim_num < 1 || p.dim_num > uint32_t(kMaxRank)) fail("scatter_nd.dim_num is %u", p.dim_num);
  for (const int64_t n : s.list(p.shape, p.dim_num, "shape")) out.push(n);
  const Shape index = s.in_shape(0);
  const int64_t depth = index[0];
  if (checked_count(out) < 0) fail("the shape %s is not possible", out.text().c_str());
  if (depth > out.rank || index.count() / depth * out.range(0, out.rank - int(depth)) != s.in_shape(1).count())
    fail("indices %s and updates %s do not fit %s", index.text().c_str(), s.in_shape(1).text().c_str(),
         out.text().c_str());
  s.set_shape(0, out);
}

Kernel build_scatter(Setup& s) {
  const auto& p = s.param().scatter_nd;
  Shape shape;
  for (const int64_t n : s.list(p.shape, p.dim_num, "shape")) shape.push(n);
  const Shape index = s.in_shape(0);
  const int64_t depth = index[0], n = index.count(), block = shape.range(0, shape.rank - int(depth));
  const Numeric index_num = s.in_num(0);
  vsi_nn_tensor_t* t = s.in(0);
  const int64_t total = shape.count();
  return wrap_f64(s, [=](Pool&, const double* const* in, double* const* out) {
    std::fill_n(out[0], total, 0.0);
    const double* update = in[1];
    for (const int64_t o : block_offsets(read_indices(t, index_num, n), depth, shape))
      for (int64_t k = 0; k < block; k++) out[0][o + k] += *update++;
  });
}

// tensor, indices, updates -> the tensor with the sums of the updates in place of the blocks they name.
void infer_update(Setup& s) {
  const Shape shape = s.in_shape(0), index = s.in_shape(1);
  const int64_t depth = index.rank > 1 ? index[0] : 1;
  if (depth > shape.rank || index.count() / depth * shape.range(0, shape.rank - int(depth)) != s.in_shape(2).count())
    fail("indices %s and updates %s do not fit %s", index.text().c_str(), s.in_shape(2).text().c_str(),
         shape.text().c_str());
  infer_same(s);
}

Kernel build_update(Setup& s) {
  const Shape shape = s.in_shape(0), index = s.in_shape(1);
  const int64_t depth = index.rank > 1 ? index[0] : 1, n = index.count();
  const int64_t block = shape.range(0, shape.rank - int(depth)), total = shape.count();
  const Numeric index_num = s.in_num(1);
  vsi_nn_tensor_t* t = s.in(1);
  return wrap_f64(s, [=](Pool&, const double* const* in, double* const* out) {
    const std::vector<int64_t> offsets = block_offsets(read_indices(t, index_num, n), depth, shape);
    std::copy_n(in[0], total, out[0]);
    for (const int64_t o : offsets) std::fill_n(out[0] + o, block, 0.0);
    const double* update = in[2];
    for (const int64_t o : offsets)
      for (int64_t k = 0; k < block; k++) out[0][o + k] += *update++;
  });
}

// indices, table -> rows of its outermost dimension.
void infer_embedding(Setup& s) {
  s.need_rank(0, 1, 1);
  Shape out = s.in_shape(1);
  out.dim[out.rank - 1] = s.in_shape(0)[0];
  s.set_shape(0, out);
}

Kernel build_embedding(Setup& s) {
  const Shape table = s.in_shape(1);
  const int64_t rows = table[table.rank - 1], row = table.count() / rows, n = s.in_shape(0)[0];
  const Numeric index_num = s.in_num(0);
  vsi_nn_tensor_t* index = s.in(0);
  return block_copy(s, 1, n, row, [=] {
    std::vector<int64_t> at = read_indices(index, index_num, n);
    for (int64_t& i : at) i = inside(i, rows);
    return [=](int64_t i) { return at[size_t(i)] * row; };
  });
}

// what to look up, sorted keys, a row for each key -> rows, or zeros where there is no such key; and 1 where there is.
void infer_hashtable(Setup& s) {
  s.need_rank(0, 1, 1);
  s.need_rank(1, 1, 1);
  Shape out = s.in_shape(2);
  if (out[out.rank - 1] != s.in_shape(1)[0])
    fail("%s has no row for each of %lld keys", out.text().c_str(), static_cast<long long>(s.in_shape(1)[0]));
  out.dim[out.rank - 1] = s.in_shape(0)[0];
  s.set_shape(0, out);
  s.set_shape(1, Shape{s.in_shape(0)[0]});
}

Kernel build_hashtable(Setup& s) {
  const Shape values = s.in_shape(2);
  const int64_t keys = s.in_shape(1)[0], row = values.count() / keys, n = s.in_shape(0)[0];
  return wrap_f64(s, [=](Pool&, const double* const* in, double* const* out) {
    for (int64_t i = 0; i < n; i++) {
      const double* found = std::find(in[1], in[1] + keys, in[0][i]);
      const bool hit = found != in[1] + keys;
      if (hit) std::copy_n(in[2] + (found - in[1]) * row, row, out[0] + i * row);
      else std::fill_n(out[0] + i * row, row, 0.0);
      if (out[1]) out[1][i] = hit ? 1 : 0;
    }
  });
}

}  // namespace

void register_gather(OpTable& t) {
  using Ga = vsi_nn_gather_param;
  using Sc = vsi_nn_scatter_nd_param;
  using Su = vsi_nn_scatter_nd_update_param;
  t.add({VSI_NN_OP_GATHER, "GATHER", "gather", {SIM_FIELD(Ga, axis)}, 2, 2, 1, 1, infer_gather, build_gather});
  t.add({VSI_NN_OP_GATHER_ND, "GATHER_ND", "", {}, 2, 2, 1, 1, infer_gather_nd, build_gather_nd});
  t.add({VSI_NN_OP_SCATTER_ND, "SCATTER_ND", "scatter_nd",
         {SIM_FIELD(Sc, dim_num), SIM_POINTER(Sc, shape, dim_num)}, 2, 2, 1, 1, infer_scatter, build_scatter});
  t.add({VSI_NN_OP_SCATTER_ND_UPDATE, "SCATTER_ND_UPDATE", "scatter_nd_update", {SIM_FIELD(Su, use_locking)}, 3, 3, 1, 1,
         infer_update, build_update});
  t.add({VSI_NN_OP_EMBEDDING_LOOKUP, "EMBEDDING_LOOKUP", "embedding_lookup", {}, 2, 2, 1, 1, infer_embedding,
         build_embedding});
  t.add({VSI_NN_OP_HASHTABLE_LOOKUP, "HASHTABLE_LOOKUP", "", {}, 3, 3, 1, 2, infer_hashtable, build_hashtable});
}

}  // namespace sim
