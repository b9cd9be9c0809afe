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

// The node of a graph that writes a tensor; -1 = none.
int writer_of(const vsi_nn_graph_t* graph, const vsi_nn_tensor_t* tensor) {
  for (size_t s = 0; s < graph->g->steps.size(); s++) {
    const vsi_nn_node_io_t& out = graph->g->steps[s].node->output;
    for (uint32_t i = 0; i < out.num; i++)
      if (vsi_nn_GetTensor(graph, out.tensors[i]) == tensor) return int(s);
  }
  return -1;
}

// Runs nodes of a graph up to one; the failure of a graph becomes an exception.
void run_to(const vsi_nn_graph_t* graph, int first, int last) {
  if (run_graph(graph, {size_t(first), size_t(last) + 1}) == VSI_SUCCESS) return;
  if (graph->g->stopped) throw Stopped();
  throw Failure(graph->g->error);
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

Comparison::Comparison(const vsi_nn_graph_t* graph, const vsi_nn_graph_t* reference, std::vector<ComparedPair> pairs)
    : graph_(graph), reference_(reference), pairs_(std::move(pairs)), pair_of_(graph->tensor_num, -1) {
  for (size_t i = 0; i < pairs_.size(); i++) {
    pair_of_[pairs_[i].id] = int(i);
    pairs_[i].our_step = writer_of(graph, pairs_[i].ours);
    pairs_[i].their_step = writer_of(reference, pairs_[i].theirs);
  }
}

ComparedPair* Comparison::find(vsi_nn_tensor_id_t id) {
  return id < pair_of_.size() && pair_of_[id] >= 0 ? &pairs_[size_t(pair_of_[id])] : nullptr;
}

void Comparison::accumulate(ComparedPair& pair, const uint8_t* our_data, const uint8_t* their_data) {
  check_stop(*graph_->g);
  const Values ours = values_of(pair.ours, our_data), theirs = values_of(pair.theirs, their_data);
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
  if (pair.axis >= 0) accumulate_channels(pair, ours, theirs);
}

// One thread sums a channel from its first element to its last, so that the number of threads changes nothing.
void Comparison::accumulate_channels(ComparedPair& pair, const Values& ours, const Values& theirs) {
  const Shape shape = shape_of(pair.ours->attr);
  int64_t inner = 1;
  for (int i = 0; i < pair.axis; i++) inner *= shape[i];
  const int64_t channels = shape[pair.axis], plane = inner * channels;
  pair.channel_signal.resize(size_t(channels));
  pair.channel_noise.resize(size_t(channels));
  graph_->g->pool->run(channels, ours.count / channels * 4, [&](int64_t begin, int64_t end) {
    float a[kTapBlock], b[kTapBlock];
    for (int64_t c = begin; c < end; c++) {
      double signal = 0, noise = 0;
      for (int64_t at = c * inner; at < ours.count; at += plane)
        for (int64_t done = 0; done < inner; done += kTapBlock) {
          const int64_t n = std::min<int64_t>(kTapBlock, inner - done);
          const float* x = ours.read(at + done, n, a);
          const float* y = theirs.read(at + done, n, b);
          for (int64_t i = 0; i < n; i++) {
            const double e = double(x[i]) - double(y[i]);
            signal += double(y[i]) * double(y[i]);
            noise += e * e;
          }
        }
      pair.channel_signal[size_t(c)] += signal;
      pair.channel_noise[size_t(c)] += noise;
    }
  });
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
    if (ComparedPair* pair = find(node.output.tensors[i]))
      accumulate(*pair, pair->ours->t->data, pair->theirs->t->data);
}

void Comparison::compare_stored() {
  std::vector<uint8_t> stored;
  for (ComparedPair& pair : pairs_) {
    const Numeric num(pair.ours->attr.dtype);
    const Values theirs = values_of(pair.theirs, pair.theirs->t->data);
    stored.resize(size_t(theirs.count) * num.bytes());
    convert_parallel(*graph_->g->pool, theirs.num, theirs.data, num, stored.data(), theirs.count);
    accumulate(pair, stored.data(), theirs.data);
  }
}

// One node of the reference. What it writes is kept for the pairs whose other half is not there yet.
void Comparison::run_reference(int step) {
  run_to(reference_, step, step);
  for (ComparedPair& pair : pairs_) {
    const bool stays = !pair.theirs->attr.vtl || reference_->g->keep_all;
    if (pair.their_step != step || pair.given || stays) continue;
    const uint8_t* data = pair.theirs->t->data;
    const Values theirs = values_of(pair.theirs, data);
    pair.kept.assign(data, data + size_t(theirs.count) * theirs.num.bytes());
  }
}

void Comparison::compare_together() {
  const int ours = int(graph_->g->steps.size()), theirs = int(reference_->g->steps.size());
  for (ComparedPair& pair : pairs_) pair.given = false, pair.kept = {};
  int done = -1;
  for (int step = -1; step < ours; step++) {
    if (step >= 0) run_to(graph_, step, step);
    for (ComparedPair& pair : pairs_) {
      if (pair.our_step != step) continue;
      pair.given = true;
      while (done < pair.their_step) run_reference(++done);
      accumulate(pair, pair.ours->t->data, pair.kept.empty() ? pair.theirs->t->data : pair.kept.data());
      pair.kept = {};
    }
  }
  if (done + 1 < theirs) run_to(reference_, done + 1, theirs - 1);
}

vsi_status Comparison::run(CompareMode mode) try {
  graph_->g->stopped = false;
  if (mode == CompareMode::kStored || mode == CompareMode::kTogether) {
    if (mode == CompareMode::kStored) compare_stored();
    else compare_together();
    return VSI_SUCCESS;
  }
  if (mode == CompareMode::kSingle) {
    for (ComparedPair& pair : pairs_) pair.given = false;
    // What no node writes is compared as the caller wrote it.
    for (uint32_t i = 0; i < graph_->input.num; i++)
      if (ComparedPair* pair = find(graph_->input.tensors[i]))
        accumulate(*pair, pair->ours->t->data, pair->theirs->t->data);
    return run_graph(graph_, {}, this);
  }
  const vsi_status status = run_graph(graph_);
  if (status == VSI_SUCCESS)
    for (ComparedPair& pair : pairs_) accumulate(pair, pair.ours->t->data, pair.theirs->t->data);
  return status;
} catch (const Stopped&) {
  graph_->g->stopped = true;
  return VSI_FAILURE;
} catch (const std::exception& e) {
  report(graph_, std::string("comparison: ") + e.what());
  return VSI_FAILURE;
}

}  // namespace sim
