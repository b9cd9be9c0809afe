// SLICE, STRIDED_SLICE, REVERSE and CROP.
#include <algorithm>

#include "ops/move.h"
#include "ops/register.h"

namespace sim {

namespace {

struct View {
  Shape full;   // sizes before dimensions are dropped
  Shape shown;  // the output
  std::vector<int64_t> stride;
  int64_t from = 0;
};

View slice_view(const Setup& s) {
  const auto& p = s.param().slice;
  const Shape in = s.in_shape();
  if (int64_t(p.dims) != in.rank) fail("slice.dims is %u, expected %d", p.dims, in.rank);
  const auto start = s.list(p.start, p.dims, "start"), length = s.list(p.length, p.dims, "length");
  View v;
  const std::vector<int64_t> dense = dense_strides(in);
  for (int d = 0; d < in.rank; d++) {
    const int64_t first = start[size_t(d)];
    // A length of 0 or -1 means the rest.
    const int64_t n = length[size_t(d)] == 0 || length[size_t(d)] == 0xffffffff ? in[d] - first : length[size_t(d)];
    if (first >= in[d] || n <= 0 || n > in[d] - first)
      fail("slice %lld..%lld of dimension %d is outside its %lld elements", static_cast<long long>(first),
           static_cast<long long>(first + n), d, static_cast<long long>(in[d]));
    v.full.push(n);
    v.from += first * dense[size_t(d)];
  }
  v.stride = dense;
  v.shown = v.full;
  return v;
}

// An index counted from the end when negative, and kept inside lo..hi.
int64_t clamp_index(int64_t i, int64_t n, int64_t lo, int64_t hi) {
  return std::min(std::max(i < 0 ? i + n : i, lo), hi);
}

View strided_view(const Setup& s) {
  const auto& p = s.param().strided_slice;
  const Shape in = s.in_shape();
  // The counts are honoured from 1.1.32; before, every list covers the whole rank.
  const bool counted = s.since(1, 1, 32);
  const uint32_t rank = uint32_t(in.rank);
  const auto begin = s.list(p.begin_dims, counted ? p.begin_dims_num : rank, "begin_dims");
  const auto end = s.list(p.end_dims, counted ? p.end_dims_num : rank, "end_dims");
  const auto step = s.list(p.stride_dims, counted ? p.stride_dims_num : rank, "stride_dims");
  const std::vector<int64_t> dense = dense_strides(in);
  View v;
  const auto bit = [](int32_t mask, int i) { return (uint32_t(mask) >> i & 1) != 0; };
  int from_dim = 0;
  for (int i = 0; from_dim < in.rank && i < 31; i++) {
    if (counted && bit(p.new_axis_mask, i)) {
      if (v.shown.rank >= kMaxRank) fail("the output would have more than %d dimensions", kMaxRank);
      v.shown.push(1);
      continue;
    }
    const int d = from_dim++;
    const int64_t n = in[d], st = i < int(step.size()) ? step[size_t(i)] : 1;
    if (st == 0) fail("the stride of dimension %d is 0", d);
    const bool free_begin = i >= int(begin.size()) || bit(p.begin_mask, i);
    const bool free_end = i >= int(end.size()) || bit(p.end_mask, i);
    int64_t b = free_begin ? (st > 0 ? 0 : n - 1) : clamp_index(begin[size_t(i)], n, st > 0 ? 0 : -1, st > 0 ? n : n - 1);
    int64_t e = free_end ? (st > 0 ? n : -1) : clamp_index(end[size_t(i)], n, st > 0 ? 0 : -1, st > 0 ? n : n - 1);
    const bool shrink = bit(p.shrink_axis_mask, i);
    if (shrink) {
      b = free_begin ? 0 : clamp_index(begin[size_t(i)], n, 0, n - 1);
      e = b + 1;
    }
    const int64_t count = shrink ? 1 : st > 0 ? (e - b + st - 1) / st : (b - e - st - 1) / -st;
    if (count <= 0) fail("dimension %d would be empty: begin %lld, end %lld, stride %lld", d,
                         static_cast<long long>(b), static_cast<long long>(e), static_cast<long long>(st));
    v.full.push(count);
    v.stride.push_back(dense[size_t(d)] * (shrink ? 1 : st));
    v.from += b * dense[size_t(d)];
    if (!shrink) {
      if (v.shown.rank >= kMaxRank) fail("the output would have more than %d dimensions", kMaxRank);
      v.shown.push(count);
    }
  }
  if (v.shown.rank == 0) v.shown.push(1);
  return v;
}

View reverse_view(const Setup& s) {
  const auto& p = s.param().reverse;
  const Shape in = s.in_shape();
  View v;
  v.full = v.shown = in;
  v.stride = dense_strides(in);
  for (const int64_t a : s.list(p.axis, p.axis_num, "axis")) {
    const int d = s.axis(a, in.rank);
    if (v.stride[size_t(d)] < 0) fail("axis %d is listed twice", d);
    v.from += (in[d] - 1) * v.stride[size_t(d)];
    v.stride[size_t(d)] = -v.stride[size_t(d)];
  }
  return v;
}

// From dimension `axis` on the sizes are the second input's; offsets count from dimension 0.
View crop_view(const Setup& s) {
  const auto& p = s.param().crop;
  const Shape in = s.in_shape(0), like = s.in_shape(1);
  const int axis = p.axis;
  if (axis < 0 || axis >= in.rank) fail("axis %d is outside a tensor of rank %d", axis, in.rank);
  const bool whole = int64_t(p.dims) + axis == in.rank;
  // ovxlib would move dimension 0 only.
  if (!whole && (p.dims != 1 || (axis > 0 && p.offset[0] > 0)))
    fail("%u offsets do not fit axis %d of rank %d", p.dims, axis, in.rank);
  View v;
  v.stride = dense_strides(in);
  for (int d = 0; d < in.rank; d++) {
    const bool cut = whole ? d >= axis : d <= axis;
    const int64_t n = cut ? like[d] : in[d], first = d < int(p.dims) ? p.offset[d] : 0;
    if (n > in[d] || first > in[d] - n)
      fail("crop %lld..%lld of dimension %d is outside its %lld elements", static_cast<long long>(first),
           static_cast<long long>(first + n), d, static_cast<long long>(in[d]));
    v.full.push(n);
    v.from += first * v.stride[size_t(d)];
  }
  v.shown = v.full;
  return v;
}

template <View (*view)(const Setup&)>
void infer(Setup& s) {
  s.set_shape(0, view(s).shown);
}

template <View (*view)(const Setup&)>
Kernel build(Setup& s) {
  const View v = view(s);
  return move_kernel(s, {{s.in(0), s.out(), gather_move(v.full, v.stride, v.from)}});
}

}  // namespace

void register_slice(OpTable& t) {
  using Sl = vsi_nn_slice_param;
  using St = vsi_nn_strided_slice_param;
  using Re = vsi_nn_reverse_param;
  using Cr = vsi_nn_crop_param;
  t.add({VSI_NN_OP_SLICE, "SLICE", "slice",
         {SIM_FIELD(Sl, dims), SIM_POINTER(Sl, start, dims), SIM_POINTER(Sl, length, dims)}, 1, 1, 1, 1,
         infer<slice_view>, build<slice_view>});
  t.add({VSI_NN_OP_STRIDED_SLICE, "STRIDED_SLICE", "strided_slice",
         {SIM_POINTER(St, begin_dims, begin_dims_num), SIM_FIELD(St, begin_dims_num),
          SIM_POINTER(St, end_dims, end_dims_num), SIM_FIELD(St, end_dims_num),
          SIM_POINTER(St, stride_dims, stride_dims_num), SIM_FIELD(St, stride_dims_num), SIM_FIELD(St, begin_mask),
          SIM_FIELD(St, end_mask), SIM_FIELD(St, shrink_axis_mask), SIM_FIELD(St, new_axis_mask)},
         1, 1, 1, 1, infer<strided_view>, build<strided_view>});
  t.add({VSI_NN_OP_REVERSE, "REVERSE", "reverse", {SIM_POINTER(Re, axis, axis_num), SIM_FIELD(Re, axis_num)}, 1, 1, 1,
         1, infer<reverse_view>, build<reverse_view>});
  t.add({VSI_NN_OP_CROP, "CROP", "crop", {SIM_FIELD(Cr, axis), SIM_FIELD(Cr, dims), SIM_FIELD(Cr, offset)}, 2, 2, 1, 1,
         infer<crop_view>, build<crop_view>});
}

}  // namespace sim
