// Running a graph step by step.
#pragma once

#include "core/state.h"

namespace sim {

// Sees the nodes of a run.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void before(const vsi_nn_node_t& node) = 0;
  virtual void after(const vsi_nn_node_t& node) = 0;
};

// Runs the first `steps` nodes; failures are reported as vsi_nn_RunGraph does.
vsi_status run_graph(const vsi_nn_graph_t* graph, size_t steps, Watcher* watcher = nullptr);

}  // namespace sim
