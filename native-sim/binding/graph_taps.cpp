// Statistics of tensors: ranges, histograms, channels.
#include <algorithm>

#include "graph.h"

namespace binding {

namespace {

template <class Array, class T>
Array copied(Napi::Env env, const std::vector<T>& from) {
  Array out = Array::New(env, from.size());
  std::copy(from.begin(), from.end(), out.Data());
  return out;
}

bool measurable(const vsi_nn_tensor_t* t) { return !t->attr.is_const && t->t->data; }

}  // namespace

// The tensors that a list of ids names; all of them can be measured.
std::vector<vsi_nn_tensor_t*> Graph::tappable(const Napi::Value& list, const std::string& where) {
  const vsi_nn_graph_t* graph = live(list.Env());
  std::vector<vsi_nn_tensor_t*> found;
  for (const int32_t id : ints(list, where)) {
    if (id < 0 || uint32_t(id) >= graph->tensor_num)
      refuse(list.Env(), where + ": the graph has no tensor " + std::to_string(id));
    vsi_nn_tensor_t* t = graph->tensors[id];
    if (!measurable(t))
      refuse(list.Env(), where + ": tensor " + std::to_string(id) + " is a constant or not part of the graph");
    found.push_back(t);
  }
  return found;
}

vsi_nn_tensor_t* Graph::tapped(const Napi::CallbackInfo& info, const char* what) {
  const vsi_nn_graph_t* graph = live(info.Env());
  return graph->tensors[integer(info[0], std::string(what) + ": tensor", 0, int64_t(graph->tensor_num) - 1)];
}

void Graph::reset_ranges(const Napi::CallbackInfo& info) {
  const vsi_nn_graph_t* graph = live(info.Env());
  std::vector<vsi_nn_tensor_t*> chosen;
  if (info[0].IsUndefined()) std::copy_if(graph->tensors, graph->tensors + graph->tensor_num, std::back_inserter(chosen), measurable);
  else chosen = tappable(info[0], "resetRanges: tensors");
  for (uint32_t i = 0; i < graph->tensor_num; i++) graph->tensors[i]->t->tap.range = {};
  for (vsi_nn_tensor_t* t : chosen) t->t->tap.range.on = true;
}

Napi::Value Graph::ranges(const Napi::CallbackInfo& info) {
  const vsi_nn_graph_t* graph = live(info.Env());
  Napi::Float32Array min = Napi::Float32Array::New(info.Env(), graph->tensor_num);
  Napi::Float32Array max = Napi::Float32Array::New(info.Env(), graph->tensor_num);
  for (uint32_t i = 0; i < graph->tensor_num; i++) {
    min[i] = graph->tensors[i]->t->tap.range.min;
    max[i] = graph->tensors[i]->t->tap.range.max;
  }
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("min", min);
  out.Set("max", max);
  return out;
}

void Graph::start_histograms(const Napi::CallbackInfo& info) {
  const vsi_nn_graph_t* graph = live(info.Env());
  const int64_t bins = integer(info[0], "startHistograms: bins", 64, 16384);
  if ((bins & (bins - 1)) != 0)
    refuse(info.Env(), "startHistograms: bins is " + std::to_string(bins) + ", expected a power of two");
  const std::vector<vsi_nn_tensor_t*> chosen = tappable(info[1], "startHistograms: tensors");
  for (uint32_t i = 0; i < graph->tensor_num; i++) graph->tensors[i]->t->tap.histogram.reset();
  for (vsi_nn_tensor_t* t : chosen) t->t->tap.histogram = std::make_unique<sim::Histogram>(int(bins));
}

Napi::Value Graph::histogram(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  sim::Histogram* h = tapped(info, "histogram")->t->tap.histogram.get();
  if (!h) refuse(env, "histogram: no histogram of this tensor was started");
  const sim::Histogram::Result r = h->result();
  Napi::Object out = Napi::Object::New(env);
  out.Set("width", r.width);
  out.Set("first", double(r.first));
  out.Set("counts", copied<Napi::Float64Array>(env, r.counts));
  out.Set("zeros", double(h->zeros));
  out.Set("others", double(h->others));
  out.Set("count", double(h->count));
  out.Set("min", h->min);
  out.Set("max", h->max);
  return out;
}

void Graph::start_channel_stats(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const vsi_nn_graph_t* graph = live(env);
  const std::vector<vsi_nn_tensor_t*> chosen = tappable(info[0], "startChannelStats: tensors");
  const std::vector<int32_t> axes = ints(info[1], "startChannelStats: axis");
  if (axes.size() != chosen.size())
    refuse(env, "startChannelStats: " + std::to_string(chosen.size()) + " tensors, but " + std::to_string(axes.size()) +
                    " axes");
  std::vector<std::unique_ptr<sim::ChannelStats>> made;
  for (size_t i = 0; i < chosen.size(); i++) {
    const sim::Shape shape = sim::shape_of(chosen[i]->attr);
    const int axis = axes[i];
    if (axis < 0 || axis >= shape.rank)
      refuse(env, "startChannelStats: axis[" + std::to_string(i) + "] is " + std::to_string(axis) + ", the tensor is " +
                      shape.text());
    made.push_back(std::make_unique<sim::ChannelStats>(shape.range(axis + 1, shape.rank), shape[axis],
                                                       shape.range(0, axis)));
  }
  for (uint32_t i = 0; i < graph->tensor_num; i++) graph->tensors[i]->t->tap.channels.reset();
  for (size_t i = 0; i < chosen.size(); i++) chosen[i]->t->tap.channels = std::move(made[i]);
}

Napi::Value Graph::channel_stats(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const sim::ChannelStats* stats = tapped(info, "channelStats")->t->tap.channels.get();
  if (!stats) refuse(env, "channelStats: no channel statistics of this tensor were started");
  Napi::Object out = Napi::Object::New(env);
  out.Set("min", copied<Napi::Float32Array>(env, stats->min));
  out.Set("max", copied<Napi::Float32Array>(env, stats->max));
  out.Set("sum", copied<Napi::Float64Array>(env, stats->sum));
  out.Set("count", double(stats->count));
  return out;
}

}  // namespace binding
