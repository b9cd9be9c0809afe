#include "graph.h"

#include <algorithm>

namespace binding {

Napi::Function Graph::define(Napi::Env env) {
  return DefineClass(
      env, "NativeGraph",
      {InstanceMethod("write", &Graph::write), InstanceMethod("writeFloat", &Graph::write_float),
       InstanceMethod("run", &Graph::run), InstanceMethod("read", &Graph::read),
       InstanceMethod("readFloat", &Graph::read_float), InstanceMethod("resetRanges", &Graph::reset_ranges),
       InstanceMethod("ranges", &Graph::ranges), InstanceMethod("startHistograms", &Graph::start_histograms),
       InstanceMethod("histogram", &Graph::histogram),
       InstanceMethod("startChannelStats", &Graph::start_channel_stats),
       InstanceMethod("channelStats", &Graph::channel_stats), InstanceMethod("compareWith", &Graph::compare_with),
       InstanceMethod("runCompared", &Graph::run_compared), InstanceMethod("comparison", &Graph::comparison),
       InstanceMethod("times", &Graph::times), InstanceMethod("dispose", &Graph::dispose)});
}

Graph::Graph(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Graph>(info) {
  info.This().As<Napi::Object>().TypeTag(&kGraphTag);
  try {
    if (info[0].IsTypedArray()) load(info[0], info[1]);
    else build(object(info[0], "spec"));
  } catch (const sim::Failure& e) {
    release();
    refuse(info.Env(), e.what());
  } catch (const std::bad_alloc&) {
    release();
    refuse(info.Env(), "not enough memory for the graph");
  } catch (...) {
    release();
    throw;
  }
}

Graph::~Graph() { release(); }

void Graph::release() {
  comparison_.reset();
  reference_.Reset();
  stop_.Reset();
  if (packed_) graph_ = nullptr;
  packed_.reset();
  vsi_nn_ReleaseGraph(&graph_);
  vsi_nn_ReleaseContext(&context_);
  memory_.clear();
}

vsi_nn_graph_t* Graph::live(Napi::Env env) {
  if (!graph_) refuse(env, "the graph is disposed");
  return graph_;
}

void Graph::check(Napi::Env env, vsi_status status) {
  if (status == VSI_SUCCESS) return;
  if (graph_->g->stopped) cancelled(env);
  refuse(env, graph_->g->error.empty() ? "the simulator failed" : graph_->g->error);
}

void Graph::stop_at(const Napi::Value& value) {
  if (value.IsUndefined()) return;
  graph_->g->stop = flag(value, "stop");
  stop_ = Napi::Persistent(value.As<Napi::Object>());
}

void Graph::build(const Napi::Object& spec) {
  const Napi::Env env = spec.Env();
  context_ = vsi_nn_CreateContext();
  graph_ = vsi_nn_CreateGraph(context_, 0, 0);
  if (!graph_) refuse(env, "not enough memory for the graph");
  vsi_nn_SetGraphVersion(graph_, VSI_NN_VERSION_MAJOR, VSI_NN_VERSION_MINOR, VSI_NN_VERSION_PATCH);
  graph_->g->keep_all = boolean(spec.Get("keepAll"), "keepAll");
  graph_->g->requantization = requantization(spec.Get("requantization"), "requantization");
  const Napi::Value threads = spec.Get("threads");
  const int64_t wanted = threads.IsUndefined() ? 0 : integer(threads, "threads", 0, 256);
  if (wanted > 0) graph_->g->threads = int(wanted);
  stop_at(spec.Get("stop"));
  if (!spec.Get("tensors").IsArray()) refuse(env, "tensors must be an array");
  if (!spec.Get("nodes").IsArray()) refuse(env, "nodes must be an array");
  add_tensors(spec.Get("tensors").As<Napi::Array>());
  const Napi::Array nodes = spec.Get("nodes").As<Napi::Array>();
  for (uint32_t i = 0; i < nodes.Length(); i++) {
    const std::string where = "nodes[" + std::to_string(i) + "]";
    add_node(object(nodes.Get(i), where), where);
  }
  set_ports(spec);
  check(env, vsi_nn_SetupGraph(graph_, FALSE));
  check(env, vsi_nn_VerifyGraph(graph_));
}

void Graph::load(const Napi::Value& file, const Napi::Value& options) {
  sim::packed::Options wanted;
  if (!options.IsUndefined()) {
    const Napi::Object given = object(options, "options");
    const Napi::Value threads = given.Get("threads");
    if (!threads.IsUndefined()) wanted.threads = int(integer(threads, "threads", 0, 256));
    wanted.keep_all = boolean(given.Get("keepAll"), "keepAll");
    wanted.requantization = requantization(given.Get("requantization"), "requantization");
  }
  const Bytes given = bytes(file, "file");
  packed_ = std::make_unique<sim::packed::Network>(sim::packed::File::copy_of(given.data, given.size), wanted);
  graph_ = packed_->graph();
  if (!options.IsUndefined()) stop_at(options.As<Napi::Object>().Get("stop"));
}

void Graph::add_tensors(const Napi::Array& tensors) {
  const Napi::Env env = tensors.Env();
  for (uint32_t i = 0; i < tensors.Length(); i++) {
    const std::string where = "tensors[" + std::to_string(i) + "]";
    const Napi::Object spec = object(tensors.Get(i), where);
    vsi_nn_tensor_attr_t attr;
    std::vector<float> scales;
    tensor_attr(spec, where, attr, scales);
    const sim::Shape shape = sim::shape_of(attr);
    if (shape.rank > 0 && sim::checked_count(shape) < 0)
      refuse(env, where + ".size " + shape.text() + " has an empty dimension or too many elements");
    uint8_t* data = nullptr;
    if (!spec.Get("data").IsUndefined()) {
      const Bytes given = bytes(spec.Get("data"), where + ".data");
      const size_t want = shape.rank ? size_t(shape.count()) * sim::type_bytes(attr.dtype.vx_type) : 0;
      if (given.size != want || shape.rank == 0)
        refuse(env, where + ".data has " + std::to_string(given.size) + " bytes, " + shape.text() + " of " +
                        sim::type_name(attr.dtype.vx_type) + " needs " + std::to_string(want));
      data = const_cast<uint8_t*>(given.data);
      attr.is_const = TRUE;
      attr.vtl = FALSE;
    }
    if (vsi_nn_AddTensor(graph_, VSI_NN_TENSOR_ID_AUTO, &attr, data) == VSI_NN_TENSOR_ID_NA)
      refuse(env, where + " is not a possible tensor: " + shape.text() + " of " + sim::type_name(attr.dtype.vx_type));
  }
}

void Graph::add_node(const Napi::Object& spec, const std::string& where) {
  const Napi::Env env = spec.Env();
  const int64_t op = integer(spec.Get("op"), where + ".op", 0, 1 << 20);
  const int64_t last = int64_t(graph_->tensor_num) - 1;
  const std::vector<int64_t> in = integers(spec.Get("inputs"), where + ".inputs", -1, last);
  const std::vector<int64_t> out = integers(spec.Get("outputs"), where + ".outputs", -1, last);
  const int64_t uid = integer(spec.Get("uid"), where + ".uid", 0, 0xffffffffLL);
  const sim::OpRecord* record = sim::OpTable::get().find(vsi_nn_op_t(op));
  const std::string label = where + " (uid " + std::to_string(uid) + ")";
  if (!record) refuse(env, label + ": operator " + std::to_string(op) + " is not supported by the simulator");
  if (in.empty() && out.empty()) refuse(env, label + ": " + record->name + " without inputs and outputs");
  vsi_nn_node_t* node = vsi_nn_AddNode(graph_, vsi_nn_op_t(op), uint32_t(in.size()), uint32_t(out.size()), nullptr);
  if (!node) refuse(env, label + ": the node cannot be added");
  node->uid = uint32_t(uid);
  for (size_t i = 0; i < in.size(); i++) node->input.tensors[i] = uint32_t(in[i]);
  for (size_t i = 0; i < out.size(); i++) node->output.tensors[i] = uint32_t(out[i]);
  set_params(env, *record, spec.Get("params"), where + ".params", node, memory_);
  set_vx(env, spec.Get("vx"), where + ".vx", node);
}

void Graph::set_ports(const Napi::Object& spec) {
  const int64_t last = int64_t(graph_->tensor_num) - 1;
  const std::vector<int64_t> in = integers(spec.Get("inputs"), "inputs", 0, last);
  const std::vector<int64_t> out = integers(spec.Get("outputs"), "outputs", 0, last);
  std::vector<vsi_nn_tensor_id_t> ids(in.begin(), in.end());
  vsi_nn_SetGraphInputs(graph_, ids.data(), uint32_t(ids.size()));
  ids.assign(out.begin(), out.end());
  vsi_nn_SetGraphOutputs(graph_, ids.data(), uint32_t(ids.size()));
}

namespace {

// Whether the run stopped right behind the node that writes this tensor.
bool just_written(const vsi_nn_graph_t* graph, vsi_nn_tensor_id_t id) {
  if (graph->g->at < 0) return false;
  const vsi_nn_node_io_t& out = graph->g->steps[size_t(graph->g->at)].node->output;
  return std::find(out.tensors, out.tensors + out.num, id) != out.tensors + out.num;
}

}  // namespace

vsi_nn_tensor_t* Graph::tensor(const Napi::CallbackInfo& info, const char* what) {
  vsi_nn_graph_t* graph = live(info.Env());
  const int64_t id = integer(info[0], std::string(what) + ": tensor", 0, int64_t(graph->tensor_num) - 1);
  vsi_nn_tensor_t* t = graph->tensors[id];
  if (t->attr.vtl && !graph->g->keep_all && !just_written(graph, vsi_nn_tensor_id_t(id)))
    refuse(info.Env(), std::string(what) + ": tensor " + std::to_string(id) +
                           " is virtual, which needs keepAll, or a run that stops behind its node");
  if (!t->t->data) refuse(info.Env(), std::string(what) + ": tensor " + std::to_string(id) + " has no memory");
  return t;
}

namespace {

size_t byte_length(const vsi_nn_tensor_t* t) {
  return size_t(vsi_nn_GetElementNum(t)) * sim::type_bytes(t->attr.dtype.vx_type);
}

}  // namespace

void Graph::write(const Napi::CallbackInfo& info) {
  vsi_nn_tensor_t* t = tensor(info, "write");
  const Bytes given = bytes(info[1], "write: data");
  if (given.size != byte_length(t))
    refuse(info.Env(), "write: data has " + std::to_string(given.size) + " bytes, the tensor needs " +
                           std::to_string(byte_length(t)));
  check(info.Env(), vsi_nn_CopyDataToTensor(graph_, t, const_cast<uint8_t*>(given.data)));
}

void Graph::write_float(const Napi::CallbackInfo& info) {
  vsi_nn_tensor_t* t = tensor(info, "writeFloat");
  const Floats given = floats(info[1], "writeFloat: data");
  if (given.size != vsi_nn_GetElementNum(t))
    refuse(info.Env(), "writeFloat: data has " + std::to_string(given.size) + " elements, the tensor needs " +
                           std::to_string(vsi_nn_GetElementNum(t)));
  if (!sim::store_as_host(sim::Numeric(t->attr.dtype), given.data, int64_t(given.size), t->t->data))
    refuse(info.Env(), "writeFloat: no conversion to this data type");
}

void Graph::run(const Napi::CallbackInfo& info) {
  const vsi_nn_graph_t* graph = live(info.Env());
  const int64_t last = int64_t(graph->g->steps.size()) - 1;
  sim::Stretch nodes;
  if (!info[0].IsUndefined()) nodes.end = size_t(integer(info[0], "run: last node", 0, last)) + 1;
  if (!info[1].IsUndefined()) nodes.first = size_t(integer(info[1], "run: first node", 0, last));
  if (nodes.first >= nodes.end) refuse(info.Env(), "run: the last node comes before the first");
  check(info.Env(), sim::run_graph(graph, nodes));
}

Napi::Value Graph::read(const Napi::CallbackInfo& info) {
  const vsi_nn_tensor_t* t = tensor(info, "read");
  Napi::Uint8Array out = Napi::Uint8Array::New(info.Env(), byte_length(t));
  if (byte_length(t)) std::memcpy(out.Data(), t->t->data, byte_length(t));
  return out;
}

Napi::Value Graph::read_float(const Napi::CallbackInfo& info) {
  const vsi_nn_tensor_t* t = tensor(info, "readFloat");
  if (sim::Numeric(t->attr.dtype).is_f32()) {
    Napi::Float32Array same = Napi::Float32Array::New(info.Env(), vsi_nn_GetElementNum(t));
    if (byte_length(t)) std::memcpy(same.Data(), t->t->data, byte_length(t));
    return same;
  }
  const std::vector<float> real = sim::read_f32(t);
  Napi::Float32Array out = Napi::Float32Array::New(info.Env(), real.size());
  if (!real.empty()) std::memcpy(out.Data(), real.data(), real.size() * sizeof(float));
  return out;
}

Napi::Value Graph::times(const Napi::CallbackInfo& info) {
  const vsi_nn_graph_t* graph = live(info.Env());
  Napi::Float64Array out = Napi::Float64Array::New(info.Env(), graph->g->steps.size());
  for (size_t i = 0; i < graph->g->steps.size(); i++) out[i] = graph->g->steps[i].milliseconds;
  return out;
}

void Graph::dispose(const Napi::CallbackInfo&) { release(); }

}  // namespace binding
