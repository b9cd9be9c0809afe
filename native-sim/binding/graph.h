// The JavaScript object around one graph.
#pragma once

#include "convert.h"
#include "core/compare.h"
#include "packed/file.h"

namespace binding {

// Tells our objects from others.
constexpr napi_type_tag kGraphTag = {0x6e6962626c652d73, 0x696d2d6772617068};

class Graph : public Napi::ObjectWrap<Graph> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit Graph(const Napi::CallbackInfo& info);
  ~Graph() override;

 private:
  void build(const Napi::Object& spec);
  void load(const Napi::Value& file, const Napi::Value& options);
  void add_tensors(const Napi::Array& tensors);
  void add_node(const Napi::Object& spec, const std::string& where);
  void set_ports(const Napi::Object& spec);
  void release();

  // The tensor that the first argument names; it has memory.
  vsi_nn_tensor_t* tensor(const Napi::CallbackInfo& info, const char* what);
  vsi_nn_graph_t* live(Napi::Env env);
  void check(Napi::Env env, vsi_status status);
  void stop_at(const Napi::Value& flag);

  void write(const Napi::CallbackInfo& info);
  void write_float(const Napi::CallbackInfo& info);
  void run(const Napi::CallbackInfo& info);
  Napi::Value read(const Napi::CallbackInfo& info);
  Napi::Value read_float(const Napi::CallbackInfo& info);
  Napi::Value times(const Napi::CallbackInfo& info);
  void dispose(const Napi::CallbackInfo& info);

  // graph_taps.cpp
  std::vector<vsi_nn_tensor_t*> tappable(const Napi::Value& list, const std::string& where);
  vsi_nn_tensor_t* tapped(const Napi::CallbackInfo& info, const char* what);
  void reset_ranges(const Napi::CallbackInfo& info);
  Napi::Value ranges(const Napi::CallbackInfo& info);
  void start_histograms(const Napi::CallbackInfo& info);
  Napi::Value histogram(const Napi::CallbackInfo& info);
  void start_channel_stats(const Napi::CallbackInfo& info);
  Napi::Value channel_stats(const Napi::CallbackInfo& info);

  // graph_compare.cpp
  vsi_nn_tensor_t* comparable(Napi::Env env, int32_t id, const std::string& where);
  std::string forgotten(const vsi_nn_tensor_t* t, const std::string& what) const;
  void compare_with(const Napi::CallbackInfo& info);
  void run_compared(const Napi::CallbackInfo& info);
  Napi::Value comparison(const Napi::CallbackInfo& info);

  vsi_nn_context_t context_ = nullptr;
  vsi_nn_graph_t* graph_ = nullptr;
  sim::ParamMemory memory_;
  std::unique_ptr<sim::packed::Network> packed_;  // then context and graph are in there
  std::unique_ptr<sim::Comparison> comparison_;
  Napi::ObjectReference reference_;  // keeps the graph that is compared with
  std::string forgets_;              // why pairs can be compared only while both graphs run; empty = they need not be
  Napi::ObjectReference stop_;       // keeps the flag that stops runs
};

}  // namespace binding
