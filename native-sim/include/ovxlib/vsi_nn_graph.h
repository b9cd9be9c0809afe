/* Graphs: made of nodes and tensors, set up once, run many times. */
#ifndef VSI_NN_GRAPH_H
#define VSI_NN_GRAPH_H

#include "vsi_nn_context.h"
#include "vsi_nn_node.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _vsi_nn_graph_io {
  vsi_nn_tensor_id_t *tensors;
  uint32_t num;
} vsi_nn_graph_io_t;

struct _vsi_nn_graph {
  vsi_nn_context_t ctx;
  vx_graph g;
  vsi_nn_tensor_t **tensors;
  uint32_t tensor_num;
  vsi_nn_node_t **nodes;
  uint32_t node_num;
  vsi_nn_graph_io_t input;
  vsi_nn_graph_io_t output;
  struct {
    uint32_t major;
    uint32_t minor;
    uint32_t patch;
  } version;
  vsi_bool isAllowFastMode;
};

vsi_nn_graph_t *vsi_nn_CreateGraph(vsi_nn_context_t ctx, uint32_t tensor_num, uint32_t node_num);
void vsi_nn_ReleaseGraph(vsi_nn_graph_t **graph);
vsi_status vsi_nn_SetGraphVersion(vsi_nn_graph_t *graph, uint32_t major, uint32_t minor, uint32_t patch);
vsi_status vsi_nn_SetGraphFastMode(vsi_nn_graph_t *graph, vsi_bool fastmode);
vsi_bool vsi_nn_SetGraphInputs(vsi_nn_graph_t *graph, vsi_nn_tensor_id_t *tensors, uint32_t tensor_num);
vsi_bool vsi_nn_SetGraphOutputs(vsi_nn_graph_t *graph, vsi_nn_tensor_id_t *tensors, uint32_t tensor_num);

vsi_nn_node_t *vsi_nn_AddNode(vsi_nn_graph_t *graph, vsi_nn_op_t op, uint32_t input_num, uint32_t output_num,
                              vsi_nn_node_id_t *node_id);
vsi_nn_node_t *vsi_nn_GetNode(const vsi_nn_graph_t *graph, vsi_nn_node_id_t id);
vsi_nn_tensor_id_t vsi_nn_AddTensor(vsi_nn_graph_t *graph, vsi_nn_tensor_id_t id, vsi_nn_tensor_attr_t *attr,
                                    uint8_t *data);
vsi_nn_tensor_id_t vsi_nn_AddTensorFromHandle(vsi_nn_graph_t *graph, vsi_nn_tensor_id_t id,
                                              vsi_nn_tensor_attr_t *attr, uint8_t *data);
vsi_nn_tensor_t *vsi_nn_GetTensor(const vsi_nn_graph_t *graph, vsi_nn_tensor_id_t tensor_id);

vsi_status vsi_nn_SetupGraph(vsi_nn_graph_t *graph, vsi_bool sort);
vsi_status vsi_nn_VerifyGraph(vsi_nn_graph_t *graph);
vsi_status vsi_nn_RunGraph(const vsi_nn_graph_t *graph);
vsi_status vsi_nn_AsyncRunGraph(vsi_nn_graph_t *graph);
vsi_status vsi_nn_AsyncRunWait(vsi_nn_graph_t *graph);

void vsi_nn_DumpGraphNodeOutputs(vsi_nn_graph_t *graph, const char *path, uint32_t *node_uids,
                                 uint32_t node_uids_size, vsi_bool force_fp32, vsi_nn_dim_fmt_e data_fmt);
void vsi_nn_DumpGraphToJson(vsi_nn_graph_t *graph);

#ifdef __cplusplus
}
#endif

#endif
