#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "core/look_up.h"
#include "core/op.h"

namespace sim {

void fail(const char* fmt, ...) {
  char text[512];
  va_list args;
  va_start(args, fmt);
  std::vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  throw Failure(text);
}

bool Setup::since(uint32_t major, uint32_t minor, uint32_t patch) const {
  const auto& v = graph_->version;
  if (v.major != major) return v.major > major;
  if (v.minor != minor) return v.minor > minor;
  return v.patch >= patch;
}

vsi_nn_tensor_t* Setup::maybe_in(int i) const {
  return i < inputs() ? vsi_nn_GetTensor(graph_, node_->input.tensors[i]) : nullptr;
}

vsi_nn_tensor_t* Setup::in(int i) const {
  vsi_nn_tensor_t* t = maybe_in(i);
  if (!t) fail("input %d is missing", i);
  return t;
}

vsi_nn_tensor_t* Setup::maybe_out(int i) const {
  return i < outputs() ? vsi_nn_GetTensor(graph_, node_->output.tensors[i]) : nullptr;
}

vsi_nn_tensor_t* Setup::out(int i) const {
  vsi_nn_tensor_t* t = maybe_out(i);
  if (!t) fail("output %d is missing", i);
  return t;
}

void Setup::set_shape(int i, const Shape& shape) {
  vsi_nn_tensor_t* t = maybe_out(i);
  if (!t) return;
  if (checked_count(shape) < 0)
    fail("output %d would have the impossible shape %s", i, shape.text().c_str());
  if (t->attr.dim_num == VSI_NN_DIM_AUTO) {
    t->attr.dim_num = uint32_t(shape.rank);
    for (int d = 0; d < kMaxRank; d++) t->attr.size[d] = d < shape.rank ? vsi_size_t(shape.dim[d]) : 0;
    return;
  }
  const Shape have = shape_of(t->attr);
  // Leading and trailing dimensions of size 1 do not change the meaning of the data.
  if (have != shape && have.count() != shape.count())
    fail("output %d has shape %s, expected %s", i, have.text().c_str(), shape.text().c_str());
}

int Setup::axis(int64_t value, int rank) const {
  const int64_t a = value < 0 ? value + rank : value;
  if (a < 0 || a >= rank) fail("axis %lld is outside a tensor of rank %d", static_cast<long long>(value), rank);
  return int(a);
}

void Setup::need_rank(int i, int least, int most) const {
  const Shape s = in_shape(i);
  if (s.rank < least || s.rank > most)
    fail("input %d has shape %s, expected rank %d to %d", i, s.text().c_str(), least, most);
}

Scratch Setup::scratch(size_t bytes) {
  const Scratch s{graph_->g, scratch_used_};
  scratch_used_ += (bytes + kSlack + kAlign - 1) / kAlign * kAlign;
  graph_->g->scratch_bytes = std::max(graph_->g->scratch_bytes, scratch_used_);
  return s;
}

Scratch Setup::scratch_each(size_t bytes) {
  const size_t each = (bytes + kSlack + kAlign - 1) / kAlign * kAlign;
  Scratch s = scratch(each * size_t(std::max(1, graph_->g->threads)));
  s.each = each;
  return s;
}

void infer_same(Setup& s) { s.set_shape(0, s.in_shape(0)); }

void infer_broadcast(Setup& s) {
  Shape out;
  if (!broadcast(s.in_shape(0), s.in_shape(1), out))
    fail("inputs of shape %s and %s do not broadcast", s.in_shape(0).text().c_str(), s.in_shape(1).text().c_str());
  s.set_shape(0, out);
}

bool is_const(const vsi_nn_tensor_t* tensor) { return tensor->attr.is_const && tensor->t && tensor->t->data; }

namespace {

// A byte has 256 meanings: from so many elements on, looking them up is faster than computing each.
constexpr int64_t kWorthTable = 1024;

}  // namespace

void convert_parallel(Pool& pool, const Numeric& from, const uint8_t* src, const Numeric& to, uint8_t* dst,
                      int64_t n) {
  constexpr int64_t kBlock = 4096;
  const int64_t blocks = (n + kBlock - 1) / kBlock, bytes = int64_t(to.bytes());
  if (from != to && from.bytes() == 1 && n >= kWorthTable) {
    uint8_t all[256], table[256 * 8];
    for (int i = 0; i < 256; i++) all[i] = uint8_t(i);
    convert(from, all, to, table, 256);
    pool.run(blocks, kBlock, [&](int64_t b, int64_t e) {
      const int64_t first = b * kBlock, count = std::min(n, e * kBlock) - first;
      look_up(current_isa(), table, to.bytes(), src + first, dst + first * bytes, count);
    });
    return;
  }
  pool.run(blocks, kBlock * 4, [&](int64_t b, int64_t e) {
    const int64_t first = b * kBlock, count = std::min(n, e * kBlock) - first;
    convert(from, src + first * int64_t(from.bytes()), to, dst + first * bytes, count);
  });
}

Kernel convert_kernel(vsi_nn_tensor_t* from, vsi_nn_tensor_t* to) {
  const Numeric a(from->attr.dtype), b(to->attr.dtype);
  const int64_t n = shape_of(from->attr).count();
  if (shape_of(to->attr).count() != n) fail("input and output have different element counts");
  if (a.per_channel) {
    if (!is_const(from)) fail("per-channel quantization is only supported for constants");
    const auto real = std::make_shared<std::vector<double>>(read_real<double>(from));
    return [=](Pool&) { store_f64(b, real->data(), n, to->t->data); };
  }
  return [=](Pool& pool) { convert_parallel(pool, a, from->t->data, b, to->t->data, n); };
}

}  // namespace sim
