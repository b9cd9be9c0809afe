// From the records of a packed network to a graph.
#include <cmath>

#include "packed/file.h"

namespace sim::packed {

namespace {

// Records can claim any shape; all that is not in the file itself shall fit into a board's memory.
#ifdef SIM_WORKING_BYTES
constexpr uint64_t kMaxWorkingBytes = SIM_WORKING_BYTES;
#else
constexpr uint64_t kMaxWorkingBytes = uint64_t(1) << 31;
#endif

// Runs f and prefixes what it complains about.
template <class F>
void within(const char* what, uint32_t index, F&& f) {
  try {
    f();
  } catch (const Failure& e) {
    throw Failure("packed network, " + std::string(what) + " " + std::to_string(index) + ": " + e.what());
  }
}

bool is_scale(float v) { return v > 0 && !std::isinf(v); }

float as_float(uint32_t bits) {
  float f;
  std::memcpy(&f, &bits, 4);
  return f;
}

double as_number(const Field& field, uint32_t bits) {
  if (is_float_field(field.type)) return as_float(bits);
  const bool is_unsigned = field.type == FieldType::kU8 || field.type == FieldType::kU32 ||
                           field.type == FieldType::kU32Pointer;
  return is_unsigned ? double(bits) : double(int32_t(bits));
}

}  // namespace

void File::quantization(const Tensor& record, vsi_nn_dtype_t& dtype, std::vector<float>& scales) const {
  switch (record.quantization) {
    case VSI_NN_QNT_TYPE_NONE: return;
    case VSI_NN_QNT_TYPE_DFP:
      if (record.fl < -128 || record.fl > 127) fail("has a fraction length of %d", record.fl);
      dtype.fl = int8_t(record.fl);
      return;
    case VSI_NN_QNT_TYPE_AFFINE_ASYMMETRIC: {
      if (!is_scale(record.scale)) fail("has an impossible scale");
      dtype.scale = record.scale;
      dtype.zero_point = record.zero_point;
      const Numeric n(dtype);
      if (record.zero_point < -65536 || record.zero_point > 65536 ||
          (n.is_8bit() && (record.zero_point < n.lo || record.zero_point > n.hi)))
        fail("has the impossible zero point %d", record.zero_point);
      return;
    }
    case VSI_NN_QNT_TYPE_AFFINE_PERCHANNEL_SYMMETRIC:
      for (const uint32_t bits : words(record.scales, "a list of scales")) scales.push_back(as_float(bits));
      for (const float scale : scales)
        if (!is_scale(scale)) fail("has an impossible scale");
      if (record.channel_dim < 0 || record.channel_dim >= int32_t(record.rank) ||
          scales.size() != record.size[record.channel_dim])
        fail("has %zu scales that do not fit its shape", scales.size());
      dtype.scales = scales.data();
      dtype.scale_dim = int32_t(scales.size());
      dtype.channel_dim = record.channel_dim;
      return;
    default: fail("has the unknown quantization %u", record.quantization);
  }
}

uint8_t* File::constant(const Tensor& record, size_t bytes) const {
  if (record.role != kConst) {
    if (record.data_offset || record.data_bytes) fail("has data but is no constant");
    return nullptr;
  }
  const uint64_t all = sections_[kConstants].bytes;
  if (record.data_bytes != bytes) fail("has %llu bytes of data, its shape needs %zu",
                                       static_cast<unsigned long long>(record.data_bytes), bytes);
  if (record.data_offset % kAlignment != 0 || record.data_offset > all || bytes > all - record.data_offset)
    fail("has data outside of the constants");
  return const_cast<uint8_t*>(section_data(kConstants) + record.data_offset);
}

void File::add_tensor(vsi_nn_graph_t* graph, uint32_t index) const {
  const auto record = this->record<Tensor>(kTensors, index);
  text(record.name);
  if (record.role >= kRoles) fail("has the unknown role %u", record.role);
  if (record.rank < 1 || record.rank > uint32_t(kMaxRank)) fail("has %u dimensions", record.rank);
  vsi_nn_tensor_attr_t attr = {};
  attr.dim_num = record.rank;
  for (uint32_t d = 0; d < record.rank; d++) attr.size[d] = record.size[d];
  attr.vtl = record.role == kVirtual ? TRUE : FALSE;
  attr.is_const = record.role == kConst ? TRUE : FALSE;
  attr.dtype.vx_type = record.type;
  attr.dtype.qnt_type = vsi_nn_qnt_type_e(record.quantization);
  const size_t element = type_bytes(record.type);
  if (element == 0) fail("has the unknown type %d", record.type);
  const int64_t count = checked_count(shape_of(attr));
  if (count <= 0) fail("has the impossible shape %s", shape_of(attr).text().c_str());
  std::vector<float> scales;
  quantization(record, attr.dtype, scales);
  uint8_t* data = constant(record, size_t(count) * element);
  const vsi_nn_tensor_id_t id = data ? vsi_nn_AddTensorFromHandle(graph, VSI_NN_TENSOR_ID_AUTO, &attr, data)
                                     : vsi_nn_AddTensor(graph, VSI_NN_TENSOR_ID_AUTO, &attr, nullptr);
  if (id != index) fail("is not a possible tensor");
  // A Buffer holds the file, so there is something readable behind every constant.
  if (data) graph->tensors[id]->t->slack = true;
}

void File::set_params(vsi_nn_node_t* node, const OpRecord& op, const Node& record, ParamMemory& memory) const {
  check_range(kParams, record.params, "a parameter");
  std::vector<std::pair<const Field*, size_t>> arrays;
  for (uint32_t i = 0; i < record.params.count; i++) {
    const auto param = this->record<Param>(kParams, uint64_t(record.params.first) + i);
    const std::string name = text(param.name);
    const std::vector<uint32_t> values = words(param.values, "the value of a parameter");
    if (param.kind == kVxParam) {
      if (values.size() != 1 || !set_vx_param(node, name, int32_t(values[0])))
        fail("has no vx parameter \"%.60s\"", name.c_str());
      continue;
    }
    const Field* field = param.kind == kNodeParam ? find_field(op, name) : nullptr;
    if (!field) fail("%s has no parameter \"%.60s\"", op.name, name.c_str());
    if ((param.is_float != 0) != is_float_field(field->type)) fail("%s is stored as another type", field->name);
    std::vector<double> numbers;
    for (const uint32_t bits : values) numbers.push_back(as_number(*field, bits));
    try {
      set_param(*field, numbers, node, memory);
    } catch (const Failure& e) {
      throw Failure(field->name + std::string(e.what()));
    }
    if (field->count == 0) arrays.emplace_back(field, values.size());
  }
  // The operator reads as many elements as the count field says, so the arrays must be that long.
  for (const auto& [field, have] : arrays)
    if (int64_t(have) != wanted_length(op, *field, node)) fail("%s has %zu elements, its length says otherwise", field->name, have);
}

void File::add_node(vsi_nn_graph_t* graph, uint32_t index, ParamMemory& memory) const {
  const auto record = this->record<Node>(kNodes, index);
  text(record.layer);
  text(record.operation);
  const OpRecord* op = OpTable::get().find(record.op);
  if (!op) fail("operator %d is not supported by the simulator", record.op);
  if (record.op == VSI_NN_OP_NBG) fail("a packed network inside a packed network");
  const std::vector<uint32_t> in = words(record.inputs, "a list of inputs");
  const std::vector<uint32_t> out = words(record.outputs, "a list of outputs");
  for (const uint32_t id : in)
    if (id != kAbsent && id >= graph->tensor_num) fail("reads tensor %u, which does not exist", id);
  for (const uint32_t id : out)
    if (id != kAbsent && id >= graph->tensor_num) fail("writes tensor %u, which does not exist", id);
  if (in.empty() && out.empty()) fail("has neither inputs nor outputs");
  vsi_nn_node_t* node = vsi_nn_AddNode(graph, record.op, uint32_t(in.size()), uint32_t(out.size()), nullptr);
  if (!node) fail("cannot be added");
  node->uid = record.uid;
  for (size_t i = 0; i < in.size(); i++) node->input.tensors[i] = in[i] == kAbsent ? VSI_NN_TENSOR_ID_NA : in[i];
  for (size_t i = 0; i < out.size(); i++) node->output.tensors[i] = out[i] == kAbsent ? VSI_NN_TENSOR_ID_NA : out[i];
  set_params(node, *op, record, memory);
}

void File::set_ports(vsi_nn_graph_t* graph) const {
  std::vector<vsi_nn_tensor_id_t> in, out;
  for (uint32_t i = 0; i < sections_[kPorts].records; i++) {
    const auto port = record<Port>(kPorts, i);
    if (port.tensor >= graph->tensor_num || port.is_output > 1) fail("packed network, port %u does not exist", i);
    const uint32_t role = record<Tensor>(kTensors, port.tensor).role;
    if (role != (port.is_output ? kOutput : kInput)) fail("packed network, port %u is tensor %u of another role", i, port.tensor);
    (port.is_output ? out : in).push_back(port.tensor);
  }
  if (!vsi_nn_SetGraphInputs(graph, in.data(), uint32_t(in.size())) ||
      !vsi_nn_SetGraphOutputs(graph, out.data(), uint32_t(out.size())))
    fail("the packed network has %zu inputs and %zu outputs", in.size(), out.size());
}

void File::build(vsi_nn_graph_t* graph, ParamMemory& memory) const {
  text(header_.name);
  vsi_nn_SetGraphVersion(graph, header_.ovxlib / 10000, header_.ovxlib / 100 % 100, header_.ovxlib % 100);
  uint64_t working = 0;
  for (uint32_t i = 0; i < sections_[kTensors].records; i++)
    within("tensor", i, [&] {
      const auto t = record<Tensor>(kTensors, i);
      uint64_t bytes = t.role == kConst ? 0 : type_bytes(t.type);
      for (uint32_t d = 0; d < t.rank && d < 8 && bytes <= kMaxWorkingBytes; d++) bytes *= t.size[d];
      working += bytes;
      if (bytes > kMaxWorkingBytes || working > kMaxWorkingBytes) fail("the network needs more than 2 GB of memory");
      add_tensor(graph, i);
    });
  for (uint32_t i = 0; i < sections_[kNodes].records; i++) within("node", i, [&] { add_node(graph, i, memory); });
  set_ports(graph);
}

Network::Network(File file, const Options& options) : file_(std::move(file)) {
  file_.check_device();
  context_ = vsi_nn_CreateContext();
  graph_ = vsi_nn_CreateGraph(context_, 0, 0);
  if (!graph_) throw std::bad_alloc();
  try {
    if (options.threads > 0) graph_->g->threads = options.threads;
    graph_->g->keep_all = options.keep_all;
    graph_->g->requantization = options.requantization;
    file_.build(graph_, memory_);
    if (vsi_nn_SetupGraph(graph_, FALSE) != VSI_SUCCESS) throw Failure(graph_->g->error);
  } catch (...) {
    vsi_nn_ReleaseGraph(&graph_);
    vsi_nn_ReleaseContext(&context_);
    throw;
  }
}

Network::~Network() {
  vsi_nn_ReleaseGraph(&graph_);
  vsi_nn_ReleaseContext(&context_);
}

}  // namespace sim::packed
