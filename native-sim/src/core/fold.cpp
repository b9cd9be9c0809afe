#include "core/op.h"

namespace sim {

namespace {

// For each tensor: how many nodes read it, and the last of them.
struct Readers {
  std::vector<int> count, step;
};

Readers readers(const vsi_nn_graph_t* graph) {
  Readers r{std::vector<int>(graph->tensor_num, 0), std::vector<int>(graph->tensor_num, -1)};
  for (size_t s = 0; s < graph->g->steps.size(); s++) {
    const vsi_nn_node_io_t& in = graph->g->steps[s].node->input;
    for (uint32_t i = 0; i < in.num; i++) {
      if (in.tensors[i] >= graph->tensor_num) continue;
      r.count[in.tensors[i]]++;
      r.step[in.tensors[i]] = int(s);
    }
  }
  return r;
}

bool same_values(const vsi_nn_tensor_t* a, const vsi_nn_tensor_t* b) {
  const Numeric x(a->attr.dtype), y(b->attr.dtype);
  // Only where clamping before or after storing is the same; a slope changes codes.
  return x == y && (x.is_f32() || x.is_code());
}

}  // namespace

void fold_activations(vsi_nn_graph_t* graph) {
  std::vector<Step>& steps = graph->g->steps;
  const Readers r = readers(graph);
  for (size_t i = 0; i < steps.size(); i++) {
    const vsi_nn_node_t* node = steps[i].node;
    const vsi_nn_tensor_id_t id = node->output.tensors[0];
    const vsi_nn_tensor_t* middle = vsi_nn_GetTensor(graph, id);
    const OpRecord* self = OpTable::get().find(node->op);
    if (!self->can_activate || !middle || !middle->attr.vtl || r.count[id] != 1) continue;
    Setup setup(graph, steps[i].node);
    if (!self->can_activate(setup)) continue;
    Step& next = steps[size_t(r.step[id])];
    const OpRecord* op = OpTable::get().find(next.node->op);
    Activation a;
    if (!op->activation || !op->activation(next.node, a)) continue;
    a.output = vsi_nn_GetTensor(graph, next.node->output.tensors[0]);
    if (!same_values(middle, a.output) || (a.slope != 1 && !Numeric(middle->attr.dtype).is_f32())) continue;
    steps[i].activation = a;
    next.done_by = int(i);
  }
}

}  // namespace sim
