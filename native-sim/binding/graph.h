// The JavaScript object around one graph.
#pragma once

#include "convert.h"

namespace binding {

class Graph : public Napi::ObjectWrap<Graph> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit Graph(const Napi::CallbackInfo& info);
  ~Graph() override;

 private:
  void build(const Napi::Object& spec);
  void add_tensors(const Napi::Array& tensors);
  void add_node(const Napi::Object& spec, const std::string& where);
  void set_ports(const Napi::Object& spec);
  void release();

  // The tensor that the first argument names; it has memory.
  vsi_nn_tensor_t* tensor(const Napi::CallbackInfo& info, const char* what);
  vsi_nn_graph_t* live(Napi::Env env);
  void check(Napi::Env env, vsi_status status);

  void write(const Napi::CallbackInfo& info);
  void write_float(const Napi::CallbackInfo& info);
  void run(const Napi::CallbackInfo& info);
  Napi::Value read(const Napi::CallbackInfo& info);
  Napi::Value read_float(const Napi::CallbackInfo& info);
  void reset_ranges(const Napi::CallbackInfo& info);
  Napi::Value ranges(const Napi::CallbackInfo& info);
  Napi::Value times(const Napi::CallbackInfo& info);
  void dispose(const Napi::CallbackInfo& info);

  vsi_nn_context_t context_ = nullptr;
  vsi_nn_graph_t* graph_ = nullptr;
  ParamMemory memory_;
};

}  // namespace binding
