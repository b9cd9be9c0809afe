/* Nodes. */
#ifndef VSI_NN_NODE_H
#define VSI_NN_NODE_H

#include "vsi_nn_node_attr_template.h"
#include "vsi_nn_tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _vsi_nn_vx_param {
  vsi_enum overflow_policy;
  vsi_enum rounding_policy;
  vsi_enum down_scale_size_rounding;
  vsi_bool has_relu;
  uint32_t accumulator_bits;
  vsi_enum platform;
} vsi_nn_vx_param_t;

typedef struct _vsi_nn_node_io {
  vsi_nn_tensor_id_t *tensors;
  uint32_t num;
} vsi_nn_node_io_t;

struct _vsi_nn_node {
  vsi_nn_graph_t *graph;
  vx_node n;
  vsi_nn_op_t op;
  vsi_nn_node_io_t input;
  vsi_nn_node_io_t output;
  vsi_nn_nn_param_t nn_param;
  vsi_nn_vx_param_t vx_param;
  uint32_t uid;
};

#ifdef __cplusplus
}
#endif

#endif
