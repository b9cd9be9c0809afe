#include "core/compare.h"

#include <cmath>

#include "core/op.h"

namespace sim {

namespace {

// The real numbers a type can hold.
struct Limits {
  double lo = -std::numeric_limits<double>::infinity();
  double hi = std::numeric_limits<double>::infinity();

  explicit Limits(const Numeric& num) {
    if (num.type == VSI_NN_TYPE_FLOAT16) hi = 65504;
    else if (num.type == VSI_NN_TYPE_BFLOAT16) hi = 0x1.fep127;
    else if (num.type == VSI_NN_TYPE_FLOAT32) hi = std::numeric_limits<float>::max();
    if (std::isfinite(hi)) lo = -hi;
    if (is_float(num.type) || num.type == VSI_NN_TYPE_BOOL8) return;
    lo = (num.lo - num.zero) * num.scale;
    hi = (num.hi - num.zero) * num.scale;
  }
};

Difference difference(const float* ours, const float* theirs, int64_t n, const Limits& limits) {
  Difference d;
  d.count = double(n);
  for (int64_t i = 0; i < n; i++) {
    const double a = double(ours[i]), b = double(theirs[i]), e = std::fabs(a - b);
    d.signal += b * b;
    d.own += a * a;
    d.dot += a * b;
    d.noise += e * e;
    d.max_error = e > d.max_error ? e : d.max_error;
    d.clipped += b < limits.lo || b > limits.hi;
  }
  return d;
}

Values values_of(const vsi_nn_tensor_t* tensor, const uint8_t* data) {
  return {Numeric(tensor->attr.dtype), data, shape_of(tensor->attr).count()};
}

}  // namespace

void Difference::add(const Difference& o) {
  count += o.count;
  signal += o.signal;
  own += o.own;
  dot += o.dot;
  noise += o.noise;
  max_error = std::max(max_error, o.max_error);
  clipped += o.clipped;
}

Comparison::Comparison(const vsi_nn_graph_t* graph, std::vector<ComparedPair> pairs)
    : graph_(graph), pairs_(std::move(pairs)), pair_of_(graph->tensor_num, -1) {
  for (size_t i = 0; i < pairs_.size(); i++) pair_of_[pairs_[i].id] = int(i);
}

ComparedPair* Comparison::find(vsi_nn_tensor_id_t id) {
  return id < pair_of_.size() && pair_of_[id] >= 0 ? &pairs_[size_t(pair_of_[id])] : nullptr;
}

void Comparison::accumulate(ComparedPair& pair, const uint8_t* data) {
  const Values ours = values_of(pair.ours, data), theirs = values_of(pair.theirs, pair.theirs->t->data);
  // The elements are compared as the float32 numbers that they are read as.
  const Limits limits(ours.num);
  std::vector<Difference> blocks(size_t(ours.blocks()));
  graph_->g->pool->run(ours.blocks(), kTapBlock * 4, [&](int64_t begin, int64_t end) {
    float a[kTapBlock], b[kTapBlock];
    for (int64_t k = begin; k < end; k++) {
      const int64_t at = k * kTapBlock, n = ours.block_size(k);
      blocks[size_t(k)] = difference(ours.read(at, n, a), theirs.read(at, n, b), n, limits);
    }
  });
  for (const Difference& d : blocks) pair.difference.add(d);
}

void Comparison::before(const vsi_nn_node_t& node) {
  for (uint32_t i = 0; i < node.input.num; i++) {
    ComparedPair* pair = find(node.input.tensors[i]);
    if (!pair || pair->given) continue;
    const Values ours = values_of(pair->ours, pair->ours->t->data);
    const Values theirs = values_of(pair->theirs, pair->theirs->t->data);
    convert_parallel(*graph_->g->pool, theirs.num, theirs.data, ours.num, pair->ours->t->data, ours.count);
    pair->given = true;
  }
}

void Comparison::after(const vsi_nn_node_t& node) {
  for (uint32_t i = 0; i < node.output.num; i++)
    if (ComparedPair* pair = find(node.output.tensors[i])) accumulate(*pair, pair->ours->t->data);
}

void Comparison::compare_stored() {
  std::vector<uint8_t> stored;
  for (ComparedPair& pair : pairs_) {
    const Numeric num(pair.ours->attr.dtype);
    const Values theirs = values_of(pair.theirs, pair.theirs->t->data);
    stored.resize(size_t(theirs.count) * num.bytes());
    convert_parallel(*graph_->g->pool, theirs.num, theirs.data, num, stored.data(), theirs.count);
    accumulate(pair, stored.data());
  }
}

vsi_status Comparison::run(CompareMode mode) try {
  if (mode == CompareMode::kStored) {
    compare_stored();
    return VSI_SUCCESS;
  }
  if (mode == CompareMode::kSingle) {
    for (ComparedPair& pair : pairs_) pair.given = false;
    // What no node writes is compared as the caller wrote it.
    for (uint32_t i = 0; i < graph_->input.num; i++)
      if (ComparedPair* pair = find(graph_->input.tensors[i])) accumulate(*pair, pair->ours->t->data);
    return run_graph(graph_, SIZE_MAX, this);
  }
  const vsi_status status = run_graph(graph_, SIZE_MAX);
  if (status == VSI_SUCCESS)
    for (ComparedPair& pair : pairs_) accumulate(pair, pair.ours->t->data);
  return status;
} catch (const std::exception& e) {
  report(graph_, std::string("comparison: ") + e.what());
  return VSI_FAILURE;
}

}  // namespace sim
