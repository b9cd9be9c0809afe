#include <chrono>

#include "core/op.h"

namespace {

using Clock = std::chrono::steady_clock;

void tap_tensors(const vsi_nn_graph_t* graph, const vsi_nn_tensor_id_t* ids, uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    if (vsi_nn_tensor_t* t = vsi_nn_GetTensor(graph, ids[i])) sim::tap_range(t, *graph->g->pool);
}

void run_steps(const vsi_nn_graph_t* graph) {
  vx_graph g = graph->g;
  if (g->tap_ranges) tap_tensors(graph, graph->input.tensors, graph->input.num);
  for (sim::Step& step : g->steps) {
    const Clock::time_point start = Clock::now();
    if (step.done_by < 0 || !g->folding()) step.kernel(*g->pool);
    if (g->tap_ranges) tap_tensors(graph, step.node->output.tensors, step.node->output.num);
    step.milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  }
}

}  // namespace

vsi_status vsi_nn_VerifyGraph(vsi_nn_graph_t* graph) {
  return graph && graph->g->ready ? VSI_SUCCESS : VSI_FAILURE;
}

vsi_status vsi_nn_RunGraph(const vsi_nn_graph_t* graph) {
  if (!graph || !graph->g->ready) {
    sim::report(graph, "RunGraph: the graph is not set up");
    return VSI_FAILURE;
  }
  try {
    run_steps(graph);
    return VSI_SUCCESS;
  } catch (const std::exception& e) {
    sim::report(graph, std::string("RunGraph: ") + e.what());
    return VSI_FAILURE;
  }
}

// The simulator runs at once; waiting then has nothing left to wait for.
vsi_status vsi_nn_AsyncRunGraph(vsi_nn_graph_t* graph) { return vsi_nn_RunGraph(graph); }
vsi_status vsi_nn_AsyncRunWait(vsi_nn_graph_t* graph) { return graph ? VSI_SUCCESS : VSI_FAILURE; }
