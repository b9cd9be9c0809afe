// Comparison of a graph with another one of the same network.
#include "graph.h"

namespace binding {

namespace {

Napi::Float64Array doubles(Napi::Env env, const std::vector<double>& values) {
  Napi::Float64Array out = Napi::Float64Array::New(env, values.size());
  for (size_t i = 0; i < values.size(); i++) out[i] = values[i];
  return out;
}

}  // namespace

vsi_nn_tensor_t* Graph::comparable(Napi::Env env, int32_t id, const std::string& where) {
  const vsi_nn_graph_t* graph = live(env);
  const std::string tensor = where + ": tensor " + std::to_string(id);
  if (id < 0 || uint32_t(id) >= graph->tensor_num) refuse(env, tensor + " does not exist");
  vsi_nn_tensor_t* t = graph->tensors[id];
  if (t->attr.is_const) refuse(env, tensor + " is a constant");
  if (!t->t->data) refuse(env, tensor + " has no memory");
  return t;
}

// Why a tensor can't be compared after a run; empty if it can.
std::string Graph::forgotten(const vsi_nn_tensor_t* t, const std::string& what) const {
  return t->attr.vtl && !graph_->g->keep_all ? what + " is virtual, which needs keepAll" : std::string();
}

void Graph::compare_with(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const vsi_nn_graph_t* graph = live(env);
  const Napi::Object other = object(info[0], "compareWith: reference");
  if (!other.CheckTypeTag(&kGraphTag)) refuse(env, "compareWith: reference must be a graph of the simulator");
  Graph* reference = Unwrap(other);
  if (reference == this) refuse(env, "compareWith: a graph cannot be compared with itself");
  if (!reference->graph_) refuse(env, "compareWith: the reference graph is disposed");
  const std::vector<int32_t> ours = ints(info[1], "compareWith: ours"), theirs = ints(info[2], "compareWith: theirs");
  if (ours.size() != theirs.size())
    refuse(env, "compareWith: " + std::to_string(ours.size()) + " tensors of ours, but " +
                    std::to_string(theirs.size()) + " of theirs");
  std::vector<int32_t> axes(ours.size(), -1);
  if (!info[3].IsUndefined()) axes = ints(info[3], "compareWith: axes");
  if (axes.size() != ours.size()) refuse(env, "compareWith: axes needs one entry per pair");
  std::vector<char> seen(graph->tensor_num, 0);
  std::vector<sim::ComparedPair> pairs;
  std::string forgets;
  for (size_t i = 0; i < ours.size(); i++) {
    const std::string where = "[" + std::to_string(i) + "]";
    vsi_nn_tensor_t* mine = comparable(env, ours[i], "compareWith: ours" + where);
    const vsi_nn_tensor_t* other_one = reference->comparable(env, theirs[i], "compareWith: theirs" + where);
    const sim::Shape a = sim::shape_of(mine->attr), b = sim::shape_of(other_one->attr);
    if (a.text() != b.text())
      refuse(env, "compareWith: pair " + std::to_string(i) + " has different sizes, " + a.text() + " and " + b.text());
    if (seen[size_t(ours[i])]++)
      refuse(env, "compareWith: tensor " + std::to_string(ours[i]) + " is in more than one pair");
    if (axes[i] < -1 || axes[i] >= a.rank)
      refuse(env, "compareWith: axes" + where + " is " + std::to_string(axes[i]) + ", but the size is " + a.text());
    pairs.push_back({uint32_t(ours[i]), mine, other_one, axes[i]});
    if (forgets.empty()) forgets = forgotten(mine, "ours" + where + ": tensor " + std::to_string(ours[i]));
    if (forgets.empty())
      forgets = reference->forgotten(other_one, "theirs" + where + ": tensor " + std::to_string(theirs[i]));
  }
  comparison_ = std::make_unique<sim::Comparison>(graph, reference->graph_, std::move(pairs));
  forgets_ = std::move(forgets);
  reference_ = Napi::Persistent(other);
}

void Graph::run_compared(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  live(env);
  if (!comparison_) refuse(env, "runCompared: call compareWith first");
  if (!Unwrap(reference_.Value())->graph_) refuse(env, "runCompared: the reference graph is disposed");
  const std::string mode = info[0].IsString() ? info[0].As<Napi::String>().Utf8Value() : std::string();
  if (mode != "together" && !forgets_.empty()) refuse(env, "runCompared: " + forgets_);
  if (mode == "together") check(env, comparison_->run(sim::CompareMode::kTogether));
  else if (mode == "entire") check(env, comparison_->run(sim::CompareMode::kEntire));
  else if (mode == "single") check(env, comparison_->run(sim::CompareMode::kSingle));
  else if (mode == "stored") check(env, comparison_->run(sim::CompareMode::kStored));
  else refuse(env, "runCompared: mode must be \"entire\", \"single\", \"stored\" or \"together\"");
}

Napi::Value Graph::comparison(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  live(env);
  if (!comparison_) refuse(env, "comparison: call compareWith first");
  struct Column {
    const char* name;
    double sim::Difference::*value;
  };
  const Column columns[] = {{"count", &sim::Difference::count},   {"signal", &sim::Difference::signal},
                            {"own", &sim::Difference::own},       {"dot", &sim::Difference::dot},
                            {"noise", &sim::Difference::noise},   {"maxError", &sim::Difference::max_error},
                            {"clipped", &sim::Difference::clipped}};
  const std::vector<sim::ComparedPair>& pairs = comparison_->pairs();
  Napi::Object out = Napi::Object::New(env);
  for (const Column& column : columns) {
    Napi::Float64Array values = Napi::Float64Array::New(env, pairs.size());
    for (size_t i = 0; i < pairs.size(); i++) values[i] = pairs[i].difference.*column.value;
    out.Set(column.name, values);
  }
  Napi::Array channels = Napi::Array::New(env, pairs.size());
  for (size_t i = 0; i < pairs.size(); i++) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("signal", doubles(env, pairs[i].channel_signal));
    entry.Set("noise", doubles(env, pairs[i].channel_noise));
    channels.Set(uint32_t(i), entry);
  }
  out.Set("channels", channels);
  return out;
}

}  // namespace binding
