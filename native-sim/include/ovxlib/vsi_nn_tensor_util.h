/* Reading, writing, converting and saving tensors. */
#ifndef VSI_NN_TENSOR_UTIL_H
#define VSI_NN_TENSOR_UTIL_H

#include "vsi_nn_graph.h"

#ifdef __cplusplus
extern "C" {
#endif

vsi_size_t vsi_nn_GetElementNum(const vsi_nn_tensor_t *tensor);
uint32_t vsi_nn_GetTensorSize(const vsi_size_t *shape, uint32_t dim_num, vsi_enum type);
uint32_t vsi_nn_TypeGetBytes(vsi_enum type);
uint32_t vsi_nn_GetTypeBytes(vsi_enum type);
vsi_bool vsi_nn_TypeIsInteger(vsi_enum type);
vsi_bool vsi_nn_TypeIsSigned(vsi_enum type);

vsi_status vsi_nn_CopyDataToTensor(const vsi_nn_graph_t *graph, vsi_nn_tensor_t *tensor, void *data);
uint8_t *vsi_nn_ConvertTensorToData(const vsi_nn_graph_t *graph, vsi_nn_tensor_t *tensor);
float *vsi_nn_ConvertTensorToFloat32Data(const vsi_nn_graph_t *graph, vsi_nn_tensor_t *tensor);

vsi_status vsi_nn_Float32ToDtype(float src, uint8_t *dst, const vsi_nn_dtype_t *dst_dtype);
vsi_status vsi_nn_DtypeToFloat32(uint8_t *src, float *dst, const vsi_nn_dtype_t *src_dtype);

void vsi_nn_SaveTensorToBinary(const vsi_nn_graph_t *graph, vsi_nn_tensor_t *tensor, const char *filename);
void vsi_nn_SaveTensorToText(const vsi_nn_graph_t *graph, vsi_nn_tensor_t *tensor, const char *filename,
                             const char *seperator);
void vsi_nn_SaveTensorToTextByFp32(const vsi_nn_graph_t *graph, vsi_nn_tensor_t *tensor, const char *filename,
                                   const char *seperator);

#ifdef __cplusplus
}
#endif

#endif
