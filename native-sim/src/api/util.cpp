#include <cstdio>
#include <cstdlib>
#include <new>

#include "core/op.h"

const char* vsi_nn_GetVersion(void) { return "1.1.34"; }
uint32_t vsi_nn_GetVersionMajor(void) { return VSI_NN_VERSION_MAJOR; }
uint32_t vsi_nn_GetVersionMinor(void) { return VSI_NN_VERSION_MINOR; }
uint32_t vsi_nn_GetVersionPatch(void) { return VSI_NN_VERSION_PATCH; }

const char* vsi_nn_OpGetName(vsi_nn_op_t op) { return sim::op_name(op); }

const char* vsi_nn_DescribeStatus(vsi_status status) {
  switch (status) {
    case VSI_SUCCESS: return "success";
    case VSI_FAILURE: return "failure";
    default: return "unknown";
  }
}

void vsi_nn_Free(void* data) { std::free(data); }

// The pointer that malloc gave is kept just before the aligned block.
uint8_t* vsi_nn_MallocAlignedBuffer(uint32_t mem_size, uint32_t align_start_size, uint32_t align_block_size) {
  if (align_start_size == 0 || align_block_size == 0) return nullptr;
  const uint64_t block = (uint64_t(mem_size) + align_block_size - 1) / align_block_size * align_block_size;
  auto* raw = static_cast<uint8_t*>(std::malloc(size_t(block) + align_start_size + sizeof(void*)));
  if (!raw) return nullptr;
  const uintptr_t first = reinterpret_cast<uintptr_t>(raw) + sizeof(void*);
  auto* at = raw + sizeof(void*) + (align_start_size - first % align_start_size) % align_start_size;
  std::memcpy(at - sizeof(void*), &raw, sizeof(void*));
  return at;
}

void vsi_nn_FreeAlignedBuffer(uint8_t* handle) {
  if (!handle) return;
  void* raw;
  std::memcpy(&raw, handle - sizeof(void*), sizeof(void*));
  std::free(raw);
}

uint32_t vsi_nn_ShapeToString(vsi_size_t* shape, uint32_t dim_num, char* buf, uint32_t buf_sz,
                              vsi_bool for_print) {
  if (!shape || !buf || buf_sz == 0) return 0;
  buf[0] = 0;
  uint32_t used = 0;
  for (uint32_t i = 0; i < dim_num && used < buf_sz; i++) {
    const char* fmt = for_print ? (i ? ", %u" : " %u") : (i ? "_%u" : "%u");
    const int n = std::snprintf(buf + used, buf_sz - used, fmt, unsigned(shape[i]));
    if (n < 0 || uint32_t(n) >= buf_sz - used) return buf_sz - 1;
    used += uint32_t(n);
  }
  return used;
}
