#include <algorithm>

#include "core/op.h"

namespace sim {

namespace {

// Memory of one tensor, or of several that follow each other in place.
struct Block {
  std::vector<vsi_nn_tensor_t*> tensors;
  size_t bytes;
  size_t first, last;  // steps that write and last read it
  size_t offset = 0;
};

size_t round_up(size_t n) { return (n + kSlack + kAlign - 1) / kAlign * kAlign; }

size_t bytes_of(const vsi_nn_tensor_t* t) {
  return size_t(shape_of(t->attr).count()) * type_bytes(t->attr.dtype.vx_type);
}

constexpr size_t kNone = SIZE_MAX;

// The last step that reads each tensor, by id.
std::vector<size_t> last_readers(const vsi_nn_graph_t* graph) {
  std::vector<size_t> last(graph->tensor_num, kNone);
  for (size_t s = 0; s < graph->g->steps.size(); s++) {
    const vsi_nn_node_t* node = graph->g->steps[s].node;
    for (uint32_t i = 0; i < node->input.num; i++)
      if (node->input.tensors[i] < graph->tensor_num) last[node->input.tensors[i]] = s;
  }
  return last;
}

class Collector {
 public:
  explicit Collector(vsi_nn_graph_t* graph)
      : graph_(graph), last_(last_readers(graph)), index_(graph->tensor_num, kNone) {}

  std::vector<Block> blocks() {
    for (size_t s = 0; s < graph_->g->steps.size(); s++) {
      const vsi_nn_node_t* node = graph_->g->steps[s].node;
      for (uint32_t i = 0; i < node->output.num; i++) {
        const vsi_nn_tensor_id_t id = node->output.tensors[i];
        const vsi_nn_tensor_t* t = vsi_nn_GetTensor(graph_, id);
        if (t && t->attr.vtl) add(s, id, i == 0 ? overwritten(s) : kNone);
      }
    }
    return std::move(blocks_);
  }

 private:
  void add(size_t s, vsi_nn_tensor_id_t id, size_t block) {
    // A folded activation is written by the step before.
    const int by = graph_->g->steps[s].done_by;
    vsi_nn_tensor_t* t = graph_->tensors[id];
    if (block == kNone) {
      block = blocks_.size();
      blocks_.push_back({{}, round_up(bytes_of(t)), by >= 0 ? size_t(by) : s, s});
    }
    Block& b = blocks_[block];
    b.tensors.push_back(t);
    b.last = std::max({b.last, s, last_[id] == kNone ? s : last_[id]});
    index_[id] = block;
  }

  // The block of the first input, if the output may take its place.
  size_t overwritten(size_t s) const {
    const vsi_nn_node_t* node = graph_->g->steps[s].node;
    if (node->input.num == 0 || !OpTable::get().find(node->op)->in_place) return kNone;
    const vsi_nn_tensor_id_t id = node->input.tensors[0];
    if (id >= graph_->tensor_num || index_[id] == kNone || last_[id] != s) return kNone;
    const vsi_nn_tensor_t *from = graph_->tensors[id], *to = graph_->tensors[node->output.tensors[0]];
    const bool fits = shape_of(from->attr).count() == shape_of(to->attr).count() && bytes_of(from) == bytes_of(to);
    return fits ? index_[id] : kNone;
  }

  vsi_nn_graph_t* graph_;
  std::vector<size_t> last_, index_;
  std::vector<Block> blocks_;
};

// Largest first, each at the lowest offset that is free during its life.
size_t place(std::vector<Block>& blocks) {
  std::vector<Block*> todo, done;
  for (Block& b : blocks) todo.push_back(&b);
  std::stable_sort(todo.begin(), todo.end(), [](const Block* a, const Block* b) { return a->bytes > b->bytes; });
  size_t total = 0;
  for (Block* b : todo) {
    size_t at = 0;
    // `done` is sorted by offset.
    for (const Block* d : done) {
      if (d->last < b->first || b->last < d->first) continue;
      if (at + b->bytes <= d->offset) break;
      at = std::max(at, d->offset + d->bytes);
    }
    b->offset = at;
    total = std::max(total, at + b->bytes);
    done.insert(std::upper_bound(done.begin(), done.end(), b,
                                 [](const Block* x, const Block* y) { return x->offset < y->offset; }),
                b);
  }
  return total;
}

}  // namespace

void allocate(vsi_nn_tensor_t* tensor) {
  tensor->t->own = Buffer(bytes_of(tensor));
  tensor->t->data = tensor->t->own.data();
}

void plan_memory(vsi_nn_graph_t* graph) {
  std::vector<Block> blocks = Collector(graph).blocks();
  if (graph->g->keep_all) {
    for (Block& b : blocks)
      for (vsi_nn_tensor_t* t : b.tensors) allocate(t);
    return;
  }
  graph->g->arena = Buffer(place(blocks));
  for (Block& b : blocks)
    for (vsi_nn_tensor_t* t : b.tensors) t->t->data = graph->g->arena.data() + b.offset;
}

}  // namespace sim
