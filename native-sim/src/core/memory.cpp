#include <algorithm>

#include "core/state.h"

namespace sim {

namespace {

struct Block {
  vsi_nn_tensor_t* tensor;
  size_t bytes;
  size_t first, last;  // steps that write and last read it
  size_t offset = 0;
};

size_t round_up(size_t n) { return (n + kSlack + kAlign - 1) / kAlign * kAlign; }

size_t bytes_of(const vsi_nn_tensor_t* t) {
  return size_t(shape_of(t->attr).count()) * type_bytes(t->attr.dtype.vx_type);
}

std::vector<Block> collect(vsi_nn_graph_t* graph) {
  std::vector<Block> blocks;
  std::vector<int> index(graph->tensor_num, -1);
  for (size_t s = 0; s < graph->g->steps.size(); s++) {
    const vsi_nn_node_t* node = graph->g->steps[s].node;
    for (uint32_t i = 0; i < node->output.num; i++) {
      vsi_nn_tensor_t* t = vsi_nn_GetTensor(graph, node->output.tensors[i]);
      if (!t || !t->attr.vtl) continue;
      index[node->output.tensors[i]] = int(blocks.size());
      // A folded clamp is written by the step before.
      const int by = graph->g->steps[s].done_by;
      blocks.push_back({t, round_up(bytes_of(t)), by >= 0 ? size_t(by) : s, s});
    }
    for (uint32_t i = 0; i < node->input.num; i++) {
      const vsi_nn_tensor_id_t id = node->input.tensors[i];
      if (id < graph->tensor_num && index[id] >= 0) blocks[size_t(index[id])].last = s;
    }
  }
  return blocks;
}

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
  std::vector<Block> blocks = collect(graph);
  if (graph->g->keep_all) {
    for (Block& b : blocks) allocate(b.tensor);
    return;
  }
  graph->g->arena = Buffer(place(blocks));
  for (Block& b : blocks) b.tensor->t->data = graph->g->arena.data() + b.offset;
}

}  // namespace sim
