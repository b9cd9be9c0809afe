// Graphs of any operator with any tensors and parameters, as careless case code could build them.
#include <algorithm>
#include <cstring>
#include <vector>

#include "core/params.h"

namespace {

using namespace sim;

// Bytes that decide; zeros once they are used up.
class Choices {
 public:
  Choices(const uint8_t* data, size_t size) : at_(data), left_(size) {}
  uint8_t byte() { return left_ ? (left_--, *at_++) : 0; }
  uint32_t below(uint32_t n) { return byte() % n; }
  // Mostly small, sometimes absurd.
  uint32_t number() {
    const uint8_t kind = byte();
    if (kind < 200) return kind % 9;
    if (kind < 240) return byte();
    uint32_t wide = 0;
    for (int i = 0; i < 4; i++) wide = wide << 8 | byte();
    return wide;
  }
  bool any() const { return left_ > 0; }

 private:
  const uint8_t* at_;
  size_t left_;
};

constexpr vsi_nn_type_e kTypes[] = {VSI_NN_TYPE_FLOAT32, VSI_NN_TYPE_UINT8, VSI_NN_TYPE_INT8,     VSI_NN_TYPE_INT16,
                                    VSI_NN_TYPE_INT32,   VSI_NN_TYPE_BOOL8, VSI_NN_TYPE_BFLOAT16, VSI_NN_TYPE_FLOAT16};
constexpr vsi_nn_qnt_type_e kSchemes[] = {VSI_NN_QNT_TYPE_NONE, VSI_NN_QNT_TYPE_DFP, VSI_NN_QNT_TYPE_AFFINE_ASYMMETRIC};

// Data of all constants: as long as the largest one that is made here.
constexpr size_t kMost = 1 << 16;

void add_tensor(vsi_nn_graph_t* graph, Choices& choose, uint8_t* constants) {
  vsi_nn_tensor_attr_t attr = {};
  attr.dtype.vx_type = kTypes[choose.below(8)];
  attr.dtype.qnt_type = kSchemes[choose.below(3)];
  attr.dtype.scale = 0.25f;
  attr.dtype.zero_point = int32_t(choose.below(4));
  attr.dtype.fl = int8_t(choose.below(8));
  attr.dim_num = choose.below(8) == 0 ? VSI_NN_DIM_AUTO : 1 + choose.below(4);
  size_t count = 1;
  for (uint32_t d = 0; attr.dim_num != VSI_NN_DIM_AUTO && d < attr.dim_num; d++) {
    attr.size[d] = choose.below(16) == 0 ? choose.number() : 1 + choose.below(8);
    count = attr.size[d] && count <= kMost / attr.size[d] ? count * attr.size[d] : kMost + 1;
  }
  attr.is_const = choose.below(3) == 0;
  attr.vtl = !attr.is_const && choose.below(2) == 0;
  // Case code gives a constant as much data as it has elements.
  if (attr.is_const && (count > kMost / 4 || attr.dim_num == VSI_NN_DIM_AUTO)) attr.is_const = FALSE;
  vsi_nn_AddTensor(graph, VSI_NN_TENSOR_ID_AUTO, &attr, attr.is_const ? constants : nullptr);
}

// Whether a field says how long the array of another is: case code keeps the two together.
bool is_length(const OpRecord& op, const Field& field) {
  return std::any_of(op.fields.begin(), op.fields.end(),
                     [&](const Field& other) { return other.length && std::strcmp(other.length, field.name) == 0; });
}

void set_params(const OpRecord& op, vsi_nn_node_t* node, Choices& choose, ParamMemory& memory) {
  for (const bool pointers : {false, true})
    for (const Field& field : op.fields) {
      if ((field.count == 0) != pointers) continue;
      const int64_t length = pointers ? wanted_length(op, field, node) : field.count;
      std::vector<double> values(static_cast<size_t>(length));
      const bool counts = is_length(op, field);
      const bool is_byte = field.type == FieldType::kI8 || field.type == FieldType::kU8;
      for (double& v : values) v = counts ? choose.below(10) : is_byte ? choose.byte() : double(choose.number());
      set_param(field, values, node, memory);
    }
}

void add_node(vsi_nn_graph_t* graph, Choices& choose, ParamMemory& memory) {
  const auto& all = OpTable::get().all();
  const OpRecord& op = *all[(choose.byte() << 8 | choose.byte()) % all.size()];
  const uint32_t ins = choose.below(uint32_t(op.max_in) + 1), outs = choose.below(uint32_t(op.max_out) + 1);
  vsi_nn_node_t* node = vsi_nn_AddNode(graph, op.op, ins, outs, nullptr);
  if (!node) return;
  for (uint32_t i = 0; i < ins; i++) node->input.tensors[i] = choose.below(graph->tensor_num + 1);
  for (uint32_t i = 0; i < outs; i++) node->output.tensors[i] = choose.below(graph->tensor_num + 1);
  // A file is named by a pointer, which case code must get right.
  if (op.op != VSI_NN_OP_NBG) set_params(op, node, choose, memory);
}

// Elements of all tensors; hostile sizes are refused or too slow to run here.
double elements(const vsi_nn_graph_t* graph) {
  double sum = 0;
  for (uint32_t i = 0; i < graph->tensor_num; i++) {
    double count = 1;
    const auto& attr = graph->tensors[i]->attr;
    for (uint32_t d = 0; d < attr.dim_num && d < VSI_NN_MAX_DIM_NUM; d++) count *= double(attr.size[d]);
    sum += count;
  }
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Choices choose(data, size);
  std::vector<uint8_t> constants(kMost, 1);
  ParamMemory memory;
  vsi_nn_context_t context = vsi_nn_CreateContext();
  vsi_nn_graph_t* graph = vsi_nn_CreateGraph(context, 0, 0);
  graph->g->threads = 1;
  // Before 1.1.32 lists of STRIDED_SLICE were as long as the rank, whatever their counts said.
  vsi_nn_SetGraphVersion(graph, VSI_NN_VERSION_MAJOR, VSI_NN_VERSION_MINOR, VSI_NN_VERSION_PATCH);
  for (uint32_t n = 1 + choose.below(10); n; n--) add_tensor(graph, choose, constants.data());
  for (uint32_t n = 1 + choose.below(5); n && choose.any(); n--) add_node(graph, choose, memory);
  vsi_nn_SetGraphInputs(graph, nullptr, choose.below(3));
  vsi_nn_SetGraphOutputs(graph, nullptr, choose.below(3));
  for (uint32_t i = 0; i < graph->input.num; i++) graph->input.tensors[i] = choose.below(graph->tensor_num + 1);
  for (uint32_t i = 0; i < graph->output.num; i++) graph->output.tensors[i] = choose.below(graph->tensor_num + 1);
  graph->g->requantization = Requantization(choose.below(4));
  if (elements(graph) < 1e6 && vsi_nn_SetupGraph(graph, TRUE) == VSI_SUCCESS && elements(graph) < 1e6)
    vsi_nn_RunGraph(graph);
  vsi_nn_ReleaseGraph(&graph);
  vsi_nn_ReleaseContext(&context);
  return 0;
}
