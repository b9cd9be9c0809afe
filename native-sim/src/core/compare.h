// How far a quantized graph is from the same network in float32, tensor by tensor.
#pragma once

#include <string>
#include <vector>

#include "core/run.h"

namespace sim {

enum class CompareMode {
  kEntire,  // run as always
  kSingle,  // every node gets the reference's values as inputs
  kStored,  // no node runs; the reference's values are only converted to our types
  kTogether,  // both graphs run node by node, and a tensor is compared while both still have it
};

// Sums over the elements of a pair of tensors, in the order of fixed blocks.
struct Difference {
  double count = 0;
  double signal = 0;     // sum of ref^2
  double own = 0;        // sum of ours^2
  double dot = 0;        // sum of ref * ours
  double noise = 0;      // sum of (ours - ref)^2
  double max_error = 0;  // largest |ours - ref|
  double clipped = 0;    // how many ref are outside of what our type can hold

  void add(const Difference& o);
};

struct ComparedPair {
  vsi_nn_tensor_id_t id;  // ours
  vsi_nn_tensor_t* ours;
  const vsi_nn_tensor_t* theirs;
  int axis = -1;              // W,H,C,N index of the channels to tell apart; -1 = none
  Difference difference = {};
  std::vector<double> channel_signal = {}, channel_noise = {};
  bool given = false;  // ours holds the reference's value in this run
  int our_step = -1, their_step = -1;  // the nodes that write them; -1 = none
  std::vector<uint8_t> kept = {};      // the reference's value, where it would be gone before ours is there
};

class Comparison : private Watcher {
 public:
  // Tensors of a pair have the same shape; `ours` are tensors of `graph`, each at most once, `theirs` of `reference`.
  Comparison(const vsi_nn_graph_t* graph, const vsi_nn_graph_t* reference, std::vector<ComparedPair> pairs);
  vsi_status run(CompareMode mode);
  const std::vector<ComparedPair>& pairs() const { return pairs_; }

 private:
  void before(const vsi_nn_node_t& node) override;
  void after(const vsi_nn_node_t& node) override;
  ComparedPair* find(vsi_nn_tensor_id_t id);
  void accumulate(ComparedPair& pair, const uint8_t* ours, const uint8_t* theirs);
  void accumulate_channels(ComparedPair& pair, const Values& ours, const Values& theirs);
  void compare_stored();
  void compare_together();
  void run_reference(int step);

  const vsi_nn_graph_t* graph_;
  const vsi_nn_graph_t* reference_;
  std::vector<ComparedPair> pairs_;
  std::vector<int> pair_of_;  // by tensor id; -1 = none
};

}  // namespace sim
