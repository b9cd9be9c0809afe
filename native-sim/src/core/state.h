// What hides behind the opaque OpenVX handles: the memory of a tensor and the executable form of a graph.
#pragma once

#include <atomic>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/buffer.h"
#include "core/numeric.h"
#include "core/pool.h"
#include "core/requantize.h"
#include "core/shape.h"
#include "core/taps.h"
#include "isa/isa.h"

namespace sim {

// The executable form of one node. Called with the graph's threads.
using Kernel = std::function<void(Pool&)>;

// Why a graph could not be set up or run; reaches the log and the addon's exceptions.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The caller's flag asked a run to stop.
class Stopped : public Failure {
 public:
  Stopped() : Failure("the run was cancelled") {}
};

// printf into a Failure.
[[noreturn]] void fail(const char* fmt, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 1, 2)))
#endif
    ;

// What a kernel does while it stores, in place of the node that follows it: leaky ReLU with a slope, or a clamp.
struct Activation {
  vsi_nn_tensor_t* output = nullptr;  // of the node that follows
  float slope = 1, lo = -std::numeric_limits<float>::infinity(), hi = std::numeric_limits<float>::infinity();
};

struct Step {
  vsi_nn_node_t* node;
  Kernel kernel;
  double milliseconds = 0;
  Activation activation = {};  // what this step may do on top of its own work
  int done_by = -1;            // the step whose activation replaces this one
};

}  // namespace sim

struct _vx_tensor {
  uint8_t* data = nullptr;
  sim::Buffer own;
  // False for memory that the user owns: vector loads must not run past its end.
  bool slack = true;
  std::vector<float> scales;
  std::vector<int32_t> zero_points;
  sim::Tap tap;
};

struct _vx_graph {
  std::string error;
  const sim::Isa* isa = nullptr;
  int threads = 0;
  bool keep_all = false;
  sim::Requantization requantization = sim::Requantization::kUnset;
  bool unfolded = false;  // this run stops early
  bool ready = false;
  const std::atomic<int32_t>* stop = nullptr;  // the caller's: anything but 0 = stop before the next node
  bool stopped = false;                        // the last setup or run was
  int at = -1;  // the last node of a run that stopped early; what it wrote is still there
  // A folded activation leaves the tensor before it unwritten, so nobody may be looking at that.
  bool folds(const vsi_nn_tensor_t* before) const { return !keep_all && !unfolded && !before->t->tap.on(); }
  std::unique_ptr<sim::Pool> pool;
  sim::Buffer arena;
  sim::Buffer scratch;
  size_t scratch_bytes = 0;
  std::vector<sim::Step> steps;
};

namespace sim {

// Allocates a tensor's own memory once its shape is known.
void allocate(vsi_nn_tensor_t* tensor);
// Finds activations that the step before can do.
void fold_activations(vsi_nn_graph_t* graph);
// Gives every virtual tensor its place; tensors that never live at the same time share memory.
void plan_memory(vsi_nn_graph_t* graph);
// Throws where the caller's flag asks for it.
inline void check_stop(const _vx_graph& g) {
  if (g.stop && g.stop->load(std::memory_order_relaxed) != 0) throw Stopped();
}
// Reports a failure on the log and remembers it for last_error.
void report(const vsi_nn_graph_t* graph, const std::string& text);

// Runs the body of a function of the C API, which no exception may leave.
template <class R, class F>
R guarded(const vsi_nn_graph_t* graph, R failed, F&& f) {
  try {
    return f();
  } catch (const std::bad_alloc&) {
    report(graph, "Not enough memory");
  } catch (const std::exception& e) {
    report(graph, e.what());
  }
  return failed;
}

}  // namespace sim
