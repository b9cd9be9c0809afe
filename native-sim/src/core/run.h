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

// Nodes first..end-1 of a graph.
struct Stretch {
  size_t first = 0, end = SIZE_MAX;
};

// Runs some nodes: all, those up to one, or those that follow where the run before stopped. Failures are reported as
// vsi_nn_RunGraph does. A run that the caller's flag stops fails, with `stopped` set; the graph can be run again.
vsi_status run_graph(const vsi_nn_graph_t* graph, Stretch nodes = {}, Watcher* watcher = nullptr);

}  // namespace sim
