// SetupGraph: order, check, infer shapes, place memory, build kernels.
#include <algorithm>

#include "core/observe.h"
#include "core/op.h"

namespace sim {

namespace {

std::string label(const vsi_nn_node_t* node) {
  return "node uid " + std::to_string(node->uid) + " (" + op_name(node->op) + "): ";
}

// Runs f and prefixes what it complains about with the node.
template <class F>
void with_node(const char* step, const vsi_nn_node_t* node, F&& f) {
  try {
    f();
  } catch (const Failure& e) {
    throw Failure(std::string(step) + " " + label(node) + e.what());
  }
}

std::vector<int> producers(const vsi_nn_graph_t* graph) {
  std::vector<int> by(graph->tensor_num, -1);
  for (uint32_t n = 0; n < graph->node_num; n++) {
    const vsi_nn_node_t* node = graph->nodes[n];
    with_node("Check", node, [&] {
      for (uint32_t k = 0; k < node->output.num; k++) {
        const vsi_nn_tensor_id_t id = node->output.tensors[k];
        if (id == VSI_NN_TENSOR_ID_NA) continue;
        if (id >= graph->tensor_num) fail("output %u is tensor %u, which does not exist", k, id);
        if (by[id] >= 0) fail("output %u is also written by another node", k);
        if (graph->tensors[id]->attr.is_const) fail("output %u is a constant", k);
        by[id] = int(n);
      }
    });
  }
  return by;
}

// The nodes in an order where inputs come before their users.
std::vector<vsi_nn_node_t*> ordered(vsi_nn_graph_t* graph, const std::vector<int>& by, bool sort) {
  std::vector<vsi_nn_node_t*> order(graph->nodes, graph->nodes + graph->node_num);
  if (!sort) return order;
  std::vector<std::vector<uint32_t>> users(graph->node_num);
  std::vector<int> waiting(graph->node_num, 0);
  for (uint32_t n = 0; n < graph->node_num; n++)
    for (uint32_t i = 0; i < graph->nodes[n]->input.num; i++) {
      const vsi_nn_tensor_id_t id = graph->nodes[n]->input.tensors[i];
      if (id >= graph->tensor_num || by[id] < 0) continue;
      users[size_t(by[id])].push_back(n);
      waiting[n]++;
    }
  std::vector<uint32_t> ready;
  for (uint32_t n = 0; n < graph->node_num; n++)
    if (waiting[n] == 0) ready.push_back(n);
  order.clear();
  for (size_t i = 0; i < ready.size(); i++) {
    order.push_back(graph->nodes[ready[i]]);
    for (uint32_t u : users[ready[i]])
      if (--waiting[u] == 0) ready.push_back(u);
  }
  if (order.size() != graph->node_num) fail("the graph has a cycle");
  return order;
}

void check_ports(const Setup& s, const OpRecord& op) {
  if (s.inputs() > op.max_in || s.outputs() > op.max_out)
    fail("has %d inputs and %d outputs, at most %d and %d are possible", s.inputs(), s.outputs(), op.max_in,
         op.max_out);
  for (int i = 0; i < op.min_in; i++) s.in(i);
  for (int i = 0; i < op.min_out; i++) s.out(i);
}

void check_inputs(const vsi_nn_graph_t* graph, const vsi_nn_node_t* node, const std::vector<int>& by,
                  const std::vector<char>& done) {
  for (uint32_t i = 0; i < node->input.num; i++) {
    const vsi_nn_tensor_id_t id = node->input.tensors[i];
    if (id == VSI_NN_TENSOR_ID_NA) continue;
    if (id >= graph->tensor_num) fail("input %u is tensor %u, which does not exist", i, id);
    const vsi_nn_tensor_t* t = graph->tensors[id];
    if (t->attr.vtl && by[id] < 0) fail("input %u is a virtual tensor that no node writes", i);
    if (by[id] >= 0 && !done[id]) fail("input %u is written by a later node; the order must be topological", i);
    if (t->attr.dim_num == VSI_NN_DIM_AUTO) fail("input %u has no shape", i);
  }
}

void infer_all(vsi_nn_graph_t* graph, const std::vector<vsi_nn_node_t*>& order, const std::vector<int>& by) {
  std::vector<char> done(graph->tensor_num, 0);
  for (vsi_nn_node_t* node : order) {
    with_node("Check", node, [&] {
      const OpRecord& op = *OpTable::get().find(node->op);
      Setup s(graph, node);
      check_inputs(graph, node, by, done);
      check_ports(s, op);
      op.infer(s);
      for (int k = 0; k < s.outputs(); k++) {
        vsi_nn_tensor_t* t = s.maybe_out(k);
        if (!t) continue;
        if (t->attr.dim_num == VSI_NN_DIM_AUTO) fail("the shape of output %d is not known", k);
        if (Numeric(t->attr.dtype).per_channel) fail("output %d cannot be quantized per channel", k);
        if (!t->attr.vtl && !t->t->data) allocate(t);
        done[node->output.tensors[k]] = 1;
      }
    });
  }
}

void check_graph_ports(const vsi_nn_graph_t* graph, const std::vector<int>& by) {
  for (uint32_t i = 0; i < graph->input.num; i++) {
    const vsi_nn_tensor_t* t = vsi_nn_GetTensor(graph, graph->input.tensors[i]);
    if (!t) fail("graph input %u is not a tensor", i);
    if (t->attr.vtl || !t->t->data) fail("graph input %u has no memory: it must not be virtual", i);
    if (by[graph->input.tensors[i]] >= 0) fail("graph input %u is written by a node", i);
  }
  for (uint32_t i = 0; i < graph->output.num; i++) {
    const vsi_nn_tensor_t* t = vsi_nn_GetTensor(graph, graph->output.tensors[i]);
    if (!t) fail("graph output %u is not a tensor", i);
    if (t->attr.vtl || !t->t->data) fail("graph output %u has no memory: it must not be virtual", i);
  }
}

void setup(vsi_nn_graph_t* graph, bool sort) {
  vx_graph g = graph->g;
  g->ready = false;
  g->stopped = false;
  g->error.clear();
  g->steps.clear();
  g->scratch_bytes = 0;
  if (wishes().dumps) g->keep_all = true;
  if (g->requantization == Requantization::kUnset) g->requantization = environment_requantization();
  const std::vector<int> by = producers(graph);
  const std::vector<vsi_nn_node_t*> order = ordered(graph, by, sort);
  infer_all(graph, order, by);
  for (vsi_nn_node_t* node : order) g->steps.push_back({node, nullptr});
  fold_activations(graph);
  plan_memory(graph);
  check_graph_ports(graph, by);
  for (Step& step : g->steps) {
    check_stop(*g);
    with_node("Setup", step.node, [&] {
      Setup s(graph, step.node);
      s.set_activation(step.activation);
      step.kernel = OpTable::get().find(step.node->op)->build(s);
    });
  }
  g->scratch = Buffer(g->scratch_bytes);
  g->pool = std::make_unique<Pool>(g->threads);
  g->ready = true;
}

}  // namespace

}  // namespace sim

vsi_status vsi_nn_SetupGraph(vsi_nn_graph_t* graph, vsi_bool sort) {
  if (!graph) return VSI_FAILURE;
  try {
    sim::setup(graph, sort != FALSE);
    return VSI_SUCCESS;
  } catch (const sim::Stopped&) {
    graph->g->stopped = true;
  } catch (const std::bad_alloc&) {
    sim::report(graph, "Not enough memory to set up the graph");
  } catch (const std::exception& e) {
    sim::report(graph, e.what());
  }
  return VSI_FAILURE;
}
