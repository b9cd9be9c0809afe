#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include "core/state.h"

namespace {

int threshold() {
  static const int level = [] {
    const char* text = std::getenv("VSI_NN_LOG_LEVEL");
    return text ? std::atoi(text) : int(VSI_NN_LOG_WARN);
  }();
  return level;
}

}  // namespace

void vsi_nn_LogMsg(vsi_nn_log_level_e level, const char* fmt, ...) {
  if (int(level) > threshold()) return;
  char line[1024];
  va_list args;
  va_start(args, fmt);
  std::vsnprintf(line, sizeof line, fmt, args);
  va_end(args);
  std::fprintf(stderr, "%s\n", line);
}

namespace sim {

void report(const vsi_nn_graph_t* graph, const std::string& text) {
  if (graph && graph->g) graph->g->error = text;
  VSILOGE("%s", text.c_str());
}

}  // namespace sim
