#include <cstdlib>
#include <new>

#include "core/op.h"

namespace {

// Arrays that the public structs point to grow by doubling, because the declared counts are only hints.
template <class T>
bool append(T**& items, uint32_t& count, T* item) {
  if ((count & (count - 1)) == 0) {
    const size_t room = count ? size_t(count) * 2 : 1;
    void* grown = std::realloc(items, room * sizeof(T*));
    if (!grown) return false;
    items = static_cast<T**>(grown);
  }
  items[count++] = item;
  return true;
}

vsi_nn_tensor_id_t* ids(uint32_t n) {
  auto* list = static_cast<vsi_nn_tensor_id_t*>(std::malloc(sizeof(vsi_nn_tensor_id_t) * (n ? n : 1)));
  if (!list) throw std::bad_alloc();
  for (uint32_t i = 0; i < n; i++) list[i] = VSI_NN_TENSOR_ID_NA;
  return list;
}

vsi_bool set_io(vsi_nn_graph_io_t& io, const vsi_nn_tensor_id_t* tensors, uint32_t n) {
  if (n == 0 || n > 65536) return FALSE;
  vsi_nn_tensor_id_t* list = ids(n);
  if (tensors) std::memcpy(list, tensors, sizeof(*list) * n);
  std::free(io.tensors);
  io.tensors = list;
  io.num = n;
  return TRUE;
}

bool shape_is_sane(const vsi_nn_tensor_attr_t& attr) {
  return attr.dim_num <= uint32_t(sim::kMaxRank) && sim::checked_count(sim::shape_of(attr)) > 0;
}

// Pointers inside the attribute belong to the caller, so per-channel parameters are copied.
bool copy_channel_parameters(vsi_nn_tensor_t* t) {
  vsi_nn_dtype_t& d = t->attr.dtype;
  if (d.qnt_type != VSI_NN_QNT_TYPE_AFFINE_PERCHANNEL_SYMMETRIC) return true;
  if (!d.scales || d.scale_dim <= 0 || d.channel_dim < 0 || uint32_t(d.channel_dim) >= t->attr.dim_num ||
      vsi_size_t(d.scale_dim) != t->attr.size[d.channel_dim]) {
    VSILOGE("Per-channel scales do not match the tensor's channel dimension");
    return false;
  }
  t->t->scales.assign(d.scales, d.scales + d.scale_dim);
  d.scales = t->t->scales.data();
  if (d.zero_points && d.zero_points_dim == d.scale_dim)
    t->t->zero_points.assign(d.zero_points, d.zero_points + d.zero_points_dim);
  d.zero_points = t->t->zero_points.data();
  return true;
}

void release_tensor(vsi_nn_tensor_t* t) {
  if (!t) return;
  delete t->t;
  delete t;
}

vsi_nn_tensor_id_t add_tensor(vsi_nn_graph_t* graph, vsi_nn_tensor_attr_t* attr, uint8_t* data, bool handle) {
  if (!graph || !attr) return VSI_NN_TENSOR_ID_NA;
  const bool automatic = attr->dim_num == VSI_NN_DIM_AUTO;
  if (sim::type_bytes(attr->dtype.vx_type) == 0) {
    VSILOGE("Tensor type %d is not supported", int(attr->dtype.vx_type));
    return VSI_NN_TENSOR_ID_NA;
  }
  if (automatic ? data != nullptr : !shape_is_sane(*attr)) {
    VSILOGE("Tensor has an impossible shape %s", sim::shape_of(*attr).text().c_str());
    return VSI_NN_TENSOR_ID_NA;
  }
  std::unique_ptr<vsi_nn_tensor_t, void (*)(vsi_nn_tensor_t*)> owned(new vsi_nn_tensor_t(), release_tensor);
  vsi_nn_tensor_t* t = owned.get();
  t->attr = *attr;
  t->t = new _vx_tensor;
  if (!copy_channel_parameters(t)) return VSI_NN_TENSOR_ID_NA;
  if (handle && data) {
    t->t->data = data;
    t->t->slack = false;
    t->attr.is_created_from_handle = TRUE;
  } else if (!automatic && (data || !attr->vtl)) {
    sim::allocate(t);
    if (data) std::memcpy(t->t->data, data, t->t->own.bytes());
  }
  if (!append(graph->tensors, graph->tensor_num, t)) return VSI_NN_TENSOR_ID_NA;
  owned.release();
  return graph->tensor_num - 1;
}

void release_node(vsi_nn_node_t* node) {
  std::free(node->input.tensors);
  std::free(node->output.tensors);
  delete node;
}

vsi_nn_node_t* add_node(vsi_nn_graph_t* graph, vsi_nn_op_t op, uint32_t input_num, uint32_t output_num) {
  const sim::OpRecord* record = sim::OpTable::get().find(op);
  if (!graph) return nullptr;
  if (!record) {
    sim::report(graph, "Operator " + std::to_string(op) + " is not supported by the simulator");
    return nullptr;
  }
  if (input_num == 0 && output_num == 0) {
    input_num = uint32_t(record->max_in);
    output_num = uint32_t(record->max_out);
  }
  if (input_num > 65536 || output_num > 65536) return nullptr;
  std::unique_ptr<vsi_nn_node_t, void (*)(vsi_nn_node_t*)> owned(new vsi_nn_node_t(), release_node);
  vsi_nn_node_t* node = owned.get();
  node->graph = graph;
  node->op = op;
  node->input.tensors = ids(input_num);
  node->input.num = input_num;
  node->output.tensors = ids(output_num);
  node->output.num = output_num;
  node->vx_param.overflow_policy = VX_CONVERT_POLICY_SATURATE;
  node->vx_param.rounding_policy = VX_ROUND_POLICY_TO_ZERO;
  node->vx_param.down_scale_size_rounding = VX_CONVOLUTIONAL_NETWORK_DS_SIZE_ROUNDING_FLOOR;
  if (record->init) record->init(node);
  if (!append(graph->nodes, graph->node_num, node)) return nullptr;
  return owned.release();
}

}  // namespace

vsi_nn_graph_t* vsi_nn_CreateGraph(vsi_nn_context_t ctx, uint32_t, uint32_t) {
  if (!ctx) return nullptr;
  return sim::guarded<vsi_nn_graph_t*>(nullptr, nullptr, [&] {
    auto state = std::make_unique<_vx_graph>();
    state->threads = sim::default_threads();
    state->isa = &sim::current_isa();
    auto* graph = new vsi_nn_graph_t();
    graph->ctx = ctx;
    graph->g = state.release();
    graph->isAllowFastMode = TRUE;
    return graph;
  });
}

void vsi_nn_ReleaseGraph(vsi_nn_graph_t** handle) {
  if (!handle || !*handle) return;
  vsi_nn_graph_t* graph = *handle;
  for (uint32_t i = 0; i < graph->tensor_num; i++) release_tensor(graph->tensors[i]);
  for (uint32_t i = 0; i < graph->node_num; i++) release_node(graph->nodes[i]);
  std::free(graph->tensors);
  std::free(graph->nodes);
  std::free(graph->input.tensors);
  std::free(graph->output.tensors);
  delete graph->g;
  delete graph;
  *handle = nullptr;
}

vsi_status vsi_nn_SetGraphVersion(vsi_nn_graph_t* graph, uint32_t major, uint32_t minor, uint32_t patch) {
  if (!graph) return VSI_FAILURE;
  graph->version = {major, minor, patch};
  return VSI_SUCCESS;
}

vsi_status vsi_nn_SetGraphFastMode(vsi_nn_graph_t* graph, vsi_bool fastmode) {
  if (!graph) return VSI_FAILURE;
  // The simulator always computes float32 exactly; the wish is only remembered.
  graph->isAllowFastMode = fastmode;
  return VSI_SUCCESS;
}

vsi_bool vsi_nn_SetGraphInputs(vsi_nn_graph_t* graph, vsi_nn_tensor_id_t* tensors, uint32_t tensor_num) {
  if (!graph) return FALSE;
  return sim::guarded(graph, vsi_bool(FALSE), [&] { return set_io(graph->input, tensors, tensor_num); });
}

vsi_bool vsi_nn_SetGraphOutputs(vsi_nn_graph_t* graph, vsi_nn_tensor_id_t* tensors, uint32_t tensor_num) {
  if (!graph) return FALSE;
  return sim::guarded(graph, vsi_bool(FALSE), [&] { return set_io(graph->output, tensors, tensor_num); });
}

vsi_nn_node_t* vsi_nn_AddNode(vsi_nn_graph_t* graph, vsi_nn_op_t op, uint32_t input_num, uint32_t output_num,
                              vsi_nn_node_id_t* node_id) {
  return sim::guarded<vsi_nn_node_t*>(graph, nullptr, [&] {
    vsi_nn_node_t* node = add_node(graph, op, input_num, output_num);
    if (node && node_id) *node_id = graph->node_num - 1;
    return node;
  });
}

vsi_nn_node_t* vsi_nn_GetNode(const vsi_nn_graph_t* graph, vsi_nn_node_id_t id) {
  return graph && id < graph->node_num ? graph->nodes[id] : nullptr;
}

vsi_nn_tensor_id_t vsi_nn_AddTensor(vsi_nn_graph_t* graph, vsi_nn_tensor_id_t, vsi_nn_tensor_attr_t* attr,
                                    uint8_t* data) {
  return sim::guarded(graph, VSI_NN_TENSOR_ID_NA, [&] { return add_tensor(graph, attr, data, false); });
}

vsi_nn_tensor_id_t vsi_nn_AddTensorFromHandle(vsi_nn_graph_t* graph, vsi_nn_tensor_id_t,
                                              vsi_nn_tensor_attr_t* attr, uint8_t* data) {
  return sim::guarded(graph, VSI_NN_TENSOR_ID_NA, [&] { return add_tensor(graph, attr, data, true); });
}

vsi_nn_tensor_t* vsi_nn_GetTensor(const vsi_nn_graph_t* graph, vsi_nn_tensor_id_t tensor_id) {
  return graph && tensor_id < graph->tensor_num ? graph->tensors[tensor_id] : nullptr;
}
