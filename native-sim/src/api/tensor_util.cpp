#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <new>

#include "core/op.h"

using sim::Numeric;

vsi_size_t vsi_nn_GetElementNum(const vsi_nn_tensor_t* tensor) {
  if (!tensor) return 0;
  return vsi_size_t(std::max<int64_t>(0, sim::checked_count(sim::shape_of(tensor->attr))));
}

uint32_t vsi_nn_GetTensorSize(const vsi_size_t* shape, uint32_t dim_num, vsi_enum type) {
  if (!shape || dim_num == 0) return 0;
  uint64_t n = sim::type_bytes(type);
  for (uint32_t i = 0; i < dim_num; i++) n *= shape[i];
  return uint32_t(n);
}

uint32_t vsi_nn_TypeGetBytes(vsi_enum type) { return uint32_t(sim::type_bytes(type)); }
uint32_t vsi_nn_GetTypeBytes(vsi_enum type) { return uint32_t(sim::type_bytes(type)); }

vsi_bool vsi_nn_TypeIsInteger(vsi_enum type) {
  return type >= VSI_NN_TYPE_INT8 && type <= VSI_NN_TYPE_UINT64 ? TRUE : FALSE;
}

vsi_bool vsi_nn_TypeIsSigned(vsi_enum type) {
  return type == VSI_NN_TYPE_INT8 || type == VSI_NN_TYPE_INT16 || type == VSI_NN_TYPE_INT32 ||
                 type == VSI_NN_TYPE_INT64 || sim::is_float(type)
             ? TRUE
             : FALSE;
}

namespace {

size_t bytes_of(const vsi_nn_tensor_t* t) {
  return size_t(vsi_nn_GetElementNum(t)) * sim::type_bytes(t->attr.dtype.vx_type);
}

bool readable(const vsi_nn_tensor_t* t, const char* what) {
  if (t && t->t && t->t->data) return true;
  VSILOGE("%s: the tensor has no memory; a virtual tensor exists only inside the graph", what);
  return false;
}

}  // namespace

vsi_status vsi_nn_CopyDataToTensor(const vsi_nn_graph_t*, vsi_nn_tensor_t* tensor, void* data) {
  if (!data || !readable(tensor, "CopyDataToTensor")) return VSI_FAILURE;
  std::memcpy(tensor->t->data, data, bytes_of(tensor));
  return VSI_SUCCESS;
}

uint8_t* vsi_nn_ConvertTensorToData(const vsi_nn_graph_t*, vsi_nn_tensor_t* tensor) {
  if (!readable(tensor, "ConvertTensorToData")) return nullptr;
  auto* copy = static_cast<uint8_t*>(std::malloc(std::max<size_t>(1, bytes_of(tensor))));
  if (copy) std::memcpy(copy, tensor->t->data, bytes_of(tensor));
  return copy;
}

float* vsi_nn_ConvertTensorToFloat32Data(const vsi_nn_graph_t*, vsi_nn_tensor_t* tensor) {
  if (!readable(tensor, "ConvertTensorToFloat32Data")) return nullptr;
  return sim::guarded<float*>(nullptr, nullptr, [&] {
    const std::vector<float> real = sim::read_f32(tensor);
    auto* copy = static_cast<float*>(std::malloc(std::max<size_t>(1, real.size()) * sizeof(float)));
    if (copy) std::copy(real.begin(), real.end(), copy);
    return copy;
  });
}

vsi_status vsi_nn_Float32ToDtype(float src, uint8_t* dst, const vsi_nn_dtype_t* dtype) {
  return dst && dtype && sim::store_as_host(Numeric(*dtype), &src, 1, dst) ? VSI_SUCCESS : VSI_FAILURE;
}

vsi_status vsi_nn_DtypeToFloat32(uint8_t* src, float* dst, const vsi_nn_dtype_t* dtype) {
  if (!src || !dst || !dtype) return VSI_FAILURE;
  const Numeric n(*dtype);
  if (n.bytes() == 0) return VSI_FAILURE;
  *dst = 0;
  if (!n.per_channel) sim::load_f32(n, src, 1, dst);
  return VSI_SUCCESS;
}
