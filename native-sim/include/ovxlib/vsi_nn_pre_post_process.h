/* The tables that describe pre- and post-processing nodes of a case, and one-shot image processing. */
#ifndef VSI_NN_PRE_POST_PROCESS_H
#define VSI_NN_PRE_POST_PROCESS_H

#include "vsi_nn_graph.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  VSI_NN_PREPROCESS_SOURCE_LAYOUT = 0,
  VSI_NN_PREPROCESS_SET_SOURCE_FORMAT = 1,
  VSI_NN_PREPROCESS_IMAGE_SIZE = 2,
  VSI_NN_PREPROCESS_CROP = 3,
  VSI_NN_PREPROCESS_MEAN_AND_SCALE = 4,
  VSI_NN_PREPROCESS_PERMUTE = 5,
  VSI_NN_PREPROCESS_IMAGE_RESIZE_BILINEAR = 6,
  VSI_NN_PREPROCESS_IMAGE_RESIZE_NEAREST = 7,
  VSI_NN_PREPROCESS_DTYPE_CONVERT = 8
} vsi_nn_preprocess_type_e;

typedef enum {
  VSI_NN_POSTPROCESS_PERMUTE = 0,
  VSI_NN_POSTPROCESS_DTYPE_CONVERT = 1
} vsi_nn_postprocess_type_e;

typedef struct {
  vsi_nn_preprocess_type_e type;
  void *param;
} vsi_nn_preprocess_base_t;

typedef struct {
  vsi_nn_postprocess_type_e type;
  void *param;
} vsi_nn_postprocess_base_t;

/* The simulator takes tensors that are already pre-processed: with a non-empty table these two fail. */
vsi_status vsi_nn_AddGraphPreProcess(vsi_nn_graph_t *graph, uint32_t graph_input_idx,
                                     vsi_nn_preprocess_base_t *preprocess, uint32_t count);
vsi_status vsi_nn_AddGraphPostProcess(vsi_nn_graph_t *graph, uint32_t graph_output_idx,
                                      vsi_nn_postprocess_base_t *postprocess, uint32_t count);

/* Crops, resizes, reorders and normalises an interleaved RGB picture into a tensor. */
vsi_status vsi_nn_op_imageprocess_single_node(vsi_nn_graph_t *graph, vsi_nn_tensor_attr_t *attr,
                                              vsi_nn_imageprocess_param *param, uint8_t *data,
                                              vsi_nn_tensor_t *tensor_out);

#ifdef __cplusplus
}
#endif

#endif
