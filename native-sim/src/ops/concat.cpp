// CONCAT, CONCATSHIFT, SPLIT, STACK, UNSTACK.
#include "ops/move.h"
#include "ops/register.h"

namespace sim {

namespace {

// A dense block `part` of the whole tensor `whole`, starting at `at` along `axis`.
Move block(const Shape& part, const Shape& whole, int axis, int64_t at, bool into_whole) {
  Move m;
  const int64_t inner = whole.range(0, axis), outer = whole.range(axis + 1, whole.rank);
  m.add(inner * part[axis], 1, 1);
  const int64_t short_step = inner * part[axis], long_step = inner * whole[axis];
  m.add(outer, into_whole ? short_step : long_step, into_whole ? long_step : short_step);
  (into_whole ? m.to : m.from) = at * inner;
  return m;
}

int concat_axis(const Setup& s) {
  const bool shift = s.node().op == VSI_NN_OP_CONCATSHIFT;
  return s.axis(shift ? s.param().concatshift.axis : s.param().concat.axis, s.in_shape(0).rank);
}

// CONCATSHIFT's second output is the end of the first.
int64_t kept(const Setup& s, int64_t length) {
  const int64_t n = s.param().concatshift.keep_size;
  if (n < 1 || n > length)
    fail("keep_size is %lld of %lld", static_cast<long long>(n), static_cast<long long>(length));
  return n;
}

void infer_concat(Setup& s) {
  Shape out = s.in_shape(0);
  const int axis = concat_axis(s);
  int64_t length = 0;
  for (int i = 0; i < s.inputs(); i++) {
    if (!s.maybe_in(i)) continue;
    Shape in = s.in_shape(i);
    length += in[axis];
    in.dim[axis] = out.dim[axis];
    if (in != out) fail("input %d of shape %s does not fit input 0 of shape %s", i, s.in_shape(i).text().c_str(),
                        s.in_shape(0).text().c_str());
  }
  out.dim[axis] = length;
  s.set_shape(0, out);
  if (s.node().op != VSI_NN_OP_CONCATSHIFT) return;
  out.dim[axis] = kept(s, length);
  s.set_shape(1, out);
}

Kernel build_concat(Setup& s) {
  const int axis = concat_axis(s);
  Shape whole = s.in_shape(0);
  whole.dim[axis] = 0;
  for (int i = 0; i < s.inputs(); i++)
    if (s.maybe_in(i)) whole.dim[axis] += s.in_shape(i)[axis];
  std::vector<MoveTask> tasks;
  int64_t at = 0;
  for (int i = 0; i < s.inputs(); i++) {
    if (!s.maybe_in(i)) continue;
    tasks.push_back({s.in(i), s.out(), block(s.in_shape(i), whole, axis, at, true)});
    at += s.in_shape(i)[axis];
  }
  if (s.node().op == VSI_NN_OP_CONCATSHIFT && s.maybe_out(1)) {
    Shape end = whole;
    end.dim[axis] = kept(s, whole[axis]);
    // Tasks run in order, so this reads what the others wrote.
    tasks.push_back({s.out(0), s.out(1), block(end, whole, axis, whole[axis] - end[axis], false)});
  }
  return move_kernel(s, tasks);
}

std::vector<int64_t> split_sizes(const Setup& s, int axis) {
  const auto& p = s.param().split;
  const int64_t length = s.in_shape(0)[axis];
  if (p.slices_num == 0) {
    if (length % s.outputs() != 0)
      fail("%lld elements do not split into %d equal parts", static_cast<long long>(length), s.outputs());
    return std::vector<int64_t>(size_t(s.outputs()), length / s.outputs());
  }
  const std::vector<int64_t> sizes = s.list(p.slices, p.slices_num, "slices");
  int64_t sum = 0;
  for (const int64_t n : sizes) sum += n;
  if (sum != length || int(sizes.size()) != s.outputs())
    fail("%d slices of together %lld elements do not fit %d outputs and %lld elements", int(sizes.size()),
         static_cast<long long>(sum), s.outputs(), static_cast<long long>(length));
  return sizes;
}

void infer_split(Setup& s) {
  Shape out = s.in_shape();
  const int axis = s.axis(s.param().split.axis, out.rank);
  const std::vector<int64_t> sizes = split_sizes(s, axis);
  for (int k = 0; k < s.outputs(); k++) {
    out.dim[axis] = sizes[size_t(k)];
    s.set_shape(k, out);
  }
}

Kernel build_split(Setup& s) {
  const Shape whole = s.in_shape();
  const int axis = s.axis(s.param().split.axis, whole.rank);
  const std::vector<int64_t> sizes = split_sizes(s, axis);
  std::vector<MoveTask> tasks;
  int64_t at = 0;
  for (int k = 0; k < s.outputs(); k++) {
    Shape part = whole;
    part.dim[axis] = sizes[size_t(k)];
    if (s.maybe_out(k)) tasks.push_back({s.in(0), s.out(k), block(part, whole, axis, at, false)});
    at += sizes[size_t(k)];
  }
  return move_kernel(s, tasks);
}

void infer_stack(Setup& s) {
  Shape out = s.in_shape(0);
  if (out.rank >= kMaxRank) fail("the output would have more than %d dimensions", kMaxRank);
  const int axis = s.axis(s.param().stack.axis, out.rank + 1);
  int64_t count = 0;
  for (int i = 0; i < s.inputs(); i++) {
    if (!s.maybe_in(i)) continue;
    if (s.in_shape(i) != out) fail("input %d of shape %s differs from input 0", i, s.in_shape(i).text().c_str());
    count++;
  }
  out.insert(axis, count);
  s.set_shape(0, out);
}

Kernel build_stack(Setup& s) {
  Shape part = s.in_shape(0);
  const int axis = s.axis(s.param().stack.axis, part.rank + 1);
  part.insert(axis, 1);
  Shape whole = part;
  whole.dim[axis] = 0;
  for (int i = 0; i < s.inputs(); i++) whole.dim[axis] += s.maybe_in(i) ? 1 : 0;
  std::vector<MoveTask> tasks;
  for (int i = 0; i < s.inputs(); i++)
    if (s.maybe_in(i)) tasks.push_back({s.in(i), s.out(), block(part, whole, axis, int64_t(tasks.size()), true)});
  return move_kernel(s, tasks);
}

void infer_unstack(Setup& s) {
  Shape out = s.in_shape();
  const int axis = s.axis(s.param().unstack.axis, out.rank);
  if (out[axis] != s.outputs())
    fail("%d outputs for %lld slices", s.outputs(), static_cast<long long>(out[axis]));
  out.erase(axis);
  if (out.rank == 0) out.push(1);
  for (int k = 0; k < s.outputs(); k++) s.set_shape(k, out);
}

Kernel build_unstack(Setup& s) {
  const Shape whole = s.in_shape();
  const int axis = s.axis(s.param().unstack.axis, whole.rank);
  Shape part = whole;
  part.dim[axis] = 1;
  std::vector<MoveTask> tasks;
  for (int k = 0; k < s.outputs(); k++)
    if (s.maybe_out(k)) tasks.push_back({s.in(0), s.out(k), block(part, whole, axis, k, false)});
  return move_kernel(s, tasks);
}

}  // namespace

void register_concat(OpTable& t) {
  using Co = vsi_nn_concat_param;
  using Cs = vsi_nn_concatshift_param;
  using Sp = vsi_nn_split_param;
  using St = vsi_nn_stack_param;
  using Un = vsi_nn_unstack_param;
  constexpr int kMany = 1024;
  t.add({VSI_NN_OP_CONCAT, "CONCAT", "concat", {SIM_FIELD(Co, axis)}, 1, kMany, 1, 1, infer_concat, build_concat});
  t.add({VSI_NN_OP_CONCATSHIFT, "CONCATSHIFT", "concatshift", {SIM_FIELD(Cs, axis), SIM_FIELD(Cs, keep_size)}, 1, kMany,
         1, 2, infer_concat, build_concat});
  t.add({VSI_NN_OP_SPLIT, "SPLIT", "split",
         {SIM_FIELD(Sp, axis), SIM_POINTER(Sp, slices, slices_num), SIM_FIELD(Sp, slices_num)}, 1, 1, 1, kMany,
         infer_split, build_split});
  t.add({VSI_NN_OP_STACK, "STACK", "stack", {SIM_FIELD(St, axis)}, 1, kMany, 1, 1, infer_stack, build_stack});
  t.add({VSI_NN_OP_UNSTACK, "UNSTACK", "unstack", {SIM_FIELD(Un, axis)}, 1, 1, 1, kMany, infer_unstack,
         build_unstack});
}

}  // namespace sim
