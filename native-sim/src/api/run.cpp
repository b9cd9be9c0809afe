#include "core/run.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/observe.h"
#include "core/op.h"

namespace sim {

namespace {

using Clock = std::chrono::steady_clock;

void tap_tensors(const vsi_nn_graph_t* graph, const vsi_nn_tensor_id_t* ids, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    vsi_nn_tensor_t* t = vsi_nn_GetTensor(graph, ids[i]);
    if (t && t->t->tap.on()) tap(t, {*graph->g->pool, tap_loops(*graph->g->isa)});
  }
}

// The step before has already done this one.
bool done(const vsi_nn_graph_t* graph, const Step& step) {
  if (step.done_by < 0) return false;
  const vsi_nn_node_t* by = graph->g->steps[size_t(step.done_by)].node;
  return graph->g->folds(vsi_nn_GetTensor(graph, by->output.tensors[0]));
}

// Shorter runs are over before a worker has woken up.
constexpr double kWorthWaking = 0.05;

// What the nodes took in the last run, ms; a first run is taken for a long one.
double last_time(const _vx_graph& g) {
  double sum = 0;
  for (const Step& step : g.steps) sum += step.milliseconds;
  return sum > 0 ? sum : kWorthWaking;
}

void run_steps(const vsi_nn_graph_t* graph, Stretch nodes, Watcher* watcher) {
  vx_graph g = graph->g;
  if (last_time(*g) >= kWorthWaking) g->pool->wake();
  if (nodes.first == 0) {
    tap_tensors(graph, graph->input.tensors, graph->input.num);
    for (Step& step : g->steps) step.milliseconds = 0;
  }
  for (size_t i = nodes.first; i < nodes.end; i++) {
    check_stop(*g);
    Step& step = g->steps[i];
    if (watcher) watcher->before(*step.node);
    const Clock::time_point start = Clock::now();
    const bool folded = done(graph, step);
    if (!folded) step.kernel(*g->pool);
    tap_tensors(graph, step.node->output.tensors, step.node->output.num);
    if (!folded) step.milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    if (watcher) watcher->after(*step.node);
  }
}

}  // namespace

vsi_status run_graph(const vsi_nn_graph_t* graph, Stretch nodes, Watcher* watcher) {
  if (!graph || !graph->g->ready) {
    report(graph, "RunGraph: the graph is not set up");
    return VSI_FAILURE;
  }
  vx_graph g = graph->g;
  nodes.end = std::min(nodes.end, g->steps.size());
  const bool whole = nodes.first == 0 && nodes.end == g->steps.size();
  // The last node of a shortened run writes its own output, not that of the activation behind it.
  g->unfolded = !whole;
  g->stopped = false;
  const int before = std::exchange(g->at, -1);
  try {
    if (nodes.first > 0 && int64_t(nodes.first) != before + int64_t(1))
      fail("node %zu cannot be run without those before it", nodes.first);
    run_steps(graph, nodes, watcher);
    if (!whole) g->at = int(nodes.end) - 1;
    else if (!watcher) observe(graph);
    return VSI_SUCCESS;
  } catch (const Stopped&) {
    // Not a failure to be logged: somebody wants it so.
    g->stopped = true;
    return VSI_FAILURE;
  } catch (const std::exception& e) {
    report(graph, std::string("RunGraph: ") + e.what());
    return VSI_FAILURE;
  }
}

}  // namespace sim

vsi_status vsi_nn_VerifyGraph(vsi_nn_graph_t* graph) {
  return graph && graph->g->ready ? VSI_SUCCESS : VSI_FAILURE;
}

vsi_status vsi_nn_RunGraph(const vsi_nn_graph_t* graph) { return sim::run_graph(graph); }

// The simulator runs at once; waiting then has nothing left to wait for.
vsi_status vsi_nn_AsyncRunGraph(vsi_nn_graph_t* graph) { return vsi_nn_RunGraph(graph); }
vsi_status vsi_nn_AsyncRunWait(vsi_nn_graph_t* graph) { return graph ? VSI_SUCCESS : VSI_FAILURE; }
