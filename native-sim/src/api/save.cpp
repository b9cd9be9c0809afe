#include <cinttypes>
#include <cstdio>
#include <memory>

#include "core/op.h"

namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File open_for_write(const char* filename) {
  File file(filename ? std::fopen(filename, "wb") : nullptr, std::fclose);
  if (!file) VSILOGE("Cannot write file %s", filename ? filename : "(null)");
  return file;
}

bool has_data(const vsi_nn_tensor_t* tensor) {
  if (tensor && tensor->t && tensor->t->data) return true;
  VSILOGE("The tensor has no memory to save");
  return false;
}

bool printed_as_integer(vsi_enum type) {
  return type == VSI_NN_TYPE_INT8 || type == VSI_NN_TYPE_UINT8 || type == VSI_NN_TYPE_BOOL8;
}

}  // namespace

void vsi_nn_SaveTensorToBinary(const vsi_nn_graph_t*, vsi_nn_tensor_t* tensor, const char* filename) {
  if (!has_data(tensor)) return;
  File file = open_for_write(filename);
  if (!file) return;
  const size_t bytes = vsi_nn_GetElementNum(tensor) * sim::type_bytes(tensor->attr.dtype.vx_type);
  if (std::fwrite(tensor->t->data, 1, bytes, file.get()) != bytes) VSILOGE("Cannot write file %s", filename);
}

void vsi_nn_SaveTensorToTextByFp32(const vsi_nn_graph_t*, vsi_nn_tensor_t* tensor, const char* filename,
                                   const char* seperator) {
  if (!has_data(tensor)) return;
  File file = open_for_write(filename);
  if (!file) return;
  sim::guarded(nullptr, false, [&] {
    for (const float v : sim::read_f32(tensor))
      std::fprintf(file.get(), "%f%s", double(v), seperator ? seperator : "\n");
    return true;
  });
}

void vsi_nn_SaveTensorToText(const vsi_nn_graph_t*, vsi_nn_tensor_t* tensor, const char* filename,
                             const char* seperator) {
  if (!has_data(tensor)) return;
  File file = open_for_write(filename);
  if (!file) return;
  // The stored values, so the quantization is left out of the account.
  vsi_nn_dtype_t stored = tensor->attr.dtype;
  stored.qnt_type = VSI_NN_QNT_TYPE_NONE;
  const sim::Numeric num(stored);
  const char* separator = seperator ? seperator : "\n";
  for (size_t i = 0; i < vsi_nn_GetElementNum(tensor); i++) {
    double v;
    sim::load_f64(num, tensor->t->data + i * num.bytes(), 1, &v);
    if (printed_as_integer(num.type)) std::fprintf(file.get(), "%d%s", int(v), separator);
    else std::fprintf(file.get(), "%f%s", v, separator);
  }
}
