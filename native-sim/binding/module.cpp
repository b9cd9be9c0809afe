// What the addon exports; see core/simulator/native.ts.
#include "core/observe.h"
#include "graph.h"

namespace binding {

namespace {

Napi::Value features(const Napi::CallbackInfo& info) {
  Napi::Array list = Napi::Array::New(info.Env());
  for (int i = 0; i < sim::isa_count(); i++) list.Set(uint32_t(i), sim::isa_at(i).name);
  return list;
}

void use_feature(const Napi::CallbackInfo& info) {
  if (!info[0].IsString()) refuse(info.Env(), "useFeature: the name must be a string");
  const std::string name = info[0].As<Napi::String>().Utf8Value();
  if (!sim::select_isa(name.c_str())) refuse(info.Env(), "useFeature: this machine has no variant \"" + name + "\"");
}

Napi::Value field(Napi::Env env, const sim::Field& f) {
  Napi::Object o = Napi::Object::New(env);
  o.Set("name", f.name);
  o.Set("type", field_type_name(f.type));
  o.Set("count", f.count);
  return o;
}

Napi::Value ops(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Array list = Napi::Array::New(env);
  uint32_t n = 0;
  for (const sim::OpRecord* op : sim::OpTable::get().all()) {
    Napi::Object o = Napi::Object::New(env);
    o.Set("value", int32_t(op->op));
    o.Set("name", op->name);
    o.Set("member", op->member);
    Napi::Array fields = Napi::Array::New(env);
    for (size_t i = 0; i < op->fields.size(); i++) fields.Set(uint32_t(i), field(env, op->fields[i]));
    o.Set("fields", fields);
    list.Set(n++, o);
  }
  return list;
}

Napi::Value float_to_dtype(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Floats data = floats(info[0], "floatToDtype: data");
  vsi_nn_tensor_attr_t attr;
  std::vector<float> scales;
  tensor_attr(object(info[1], "floatToDtype: tensor"), "floatToDtype: tensor", attr, scales);
  const size_t bytes = sim::type_bytes(attr.dtype.vx_type);
  Napi::Uint8Array out = Napi::Uint8Array::New(env, data.size * bytes);
  for (size_t i = 0; i < data.size; i++)
    if (vsi_nn_Float32ToDtype(data.data[i], out.Data() + i * bytes, &attr.dtype) != VSI_SUCCESS)
      refuse(env, "floatToDtype: no conversion to this data type");
  return out;
}

// Objects of the class are made by createGraph only.
struct AddonData {
  Napi::FunctionReference graph;
};

Napi::Value create_graph(const Napi::CallbackInfo& info) {
  return info.Env().GetInstanceData<AddonData>()->graph.New({info[0]});
}

Napi::Value load_packed(const Napi::CallbackInfo& info) {
  if (!info[0].IsTypedArray()) refuse(info.Env(), "loadPacked: the file must be a Uint8Array");
  return info.Env().GetInstanceData<AddonData>()->graph.New({info[0], info[1]});
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  sim::ignore_environment();
  auto* data = new AddonData;
  data->graph = Napi::Persistent(Graph::define(env));
  env.SetInstanceData(data);
  exports.Set("version", vsi_nn_GetVersion());
  exports.Set("features", Napi::Function::New(env, features, "features"));
  exports.Set("useFeature", Napi::Function::New(env, use_feature, "useFeature"));
  exports.Set("ops", Napi::Function::New(env, ops, "ops"));
  exports.Set("createGraph", Napi::Function::New(env, create_graph, "createGraph"));
  exports.Set("loadPacked", Napi::Function::New(env, load_packed, "loadPacked"));
  exports.Set("floatToDtype", Napi::Function::New(env, float_to_dtype, "floatToDtype"));
  return exports;
}

}  // namespace

}  // namespace binding

static Napi::Object init_module(Napi::Env env, Napi::Object exports) { return binding::init(env, exports); }
NODE_API_MODULE(nibble_sim, init_module)
