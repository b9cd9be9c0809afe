#include "core/observe.h"

#include <cstdio>
#include <cstdlib>

#include "core/op.h"

namespace sim {

namespace {

constexpr char kDumpFolder[] = "layer_dump";

bool ignored = false;

bool is_set(const char* name) {
  const char* text = std::getenv(name);
  return text && std::atoi(text) != 0;
}

// One line a layer, the time in microseconds as boards tell it.
void print_times(const vsi_nn_graph_t* graph) {
  double total = 0;
  size_t number = 0;
  for (const Step& step : graph->g->steps) {
    const bool folded = step.done_by >= 0 && step.milliseconds == 0;
    std::printf("layer_id: %zu layer name: %s uid: %u execution time: %.1f us%s\n", number++,
                op_name(step.node->op), step.node->uid, step.milliseconds * 1000,
                folded ? " (done by the layer before)" : "");
    total += step.milliseconds;
  }
  std::printf("%zu layers, execution time: %.1f us\n", number, total * 1000);
}

}  // namespace

Wishes wishes() {
  if (ignored) return {};
  static const Wishes read = {is_set("CNN_PERF"), is_set("NN_LAYER_DUMP")};
  return read;
}

void ignore_environment() { ignored = true; }

void observe(const vsi_nn_graph_t* graph) {
  const Wishes wanted = wishes();
  if (wanted.times) print_times(graph);
  // Values as real numbers: the text is for people, and the studio compares it with its own.
  if (wanted.dumps)
    vsi_nn_DumpGraphNodeOutputs(const_cast<vsi_nn_graph_t*>(graph), kDumpFolder, nullptr, 0, TRUE, VSI_NN_DIM_FMT_NCHW);
}

}  // namespace sim
