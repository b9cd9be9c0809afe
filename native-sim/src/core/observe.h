// What a person asks of running case code by environment variables.
#pragma once

#include "core/state.h"

namespace sim {

// CNN_PERF: print the time of every layer after a run. NN_LAYER_DUMP: write the outputs of every layer into the folder
// layer_dump, as text. Any number but 0 switches them on.
struct Wishes {
  bool times = false;
  bool dumps = false;
};

Wishes wishes();

// For programs that show times and tensors themselves: the environment is not theirs to obey.
void ignore_environment();

// After a whole run.
void observe(const vsi_nn_graph_t* graph);

}  // namespace sim
