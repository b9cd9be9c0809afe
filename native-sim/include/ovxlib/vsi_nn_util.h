/* Small helpers. */
#ifndef VSI_NN_UTIL_H
#define VSI_NN_UTIL_H

#include "vsi_nn_types.h"

#ifdef __cplusplus
extern "C" {
#endif

uint32_t vsi_nn_ShapeToString(vsi_size_t *shape, uint32_t dim_num, char *buf, uint32_t buf_sz, vsi_bool for_print);
const char *vsi_nn_DescribeStatus(vsi_status status);
void vsi_nn_Free(void *data);
uint8_t *vsi_nn_MallocAlignedBuffer(uint32_t mem_size, uint32_t align_start_size, uint32_t align_block_size);
void vsi_nn_FreeAlignedBuffer(uint8_t *handle);
const char *vsi_nn_OpGetName(vsi_nn_op_t op);

#ifdef __cplusplus
}
#endif

#endif
