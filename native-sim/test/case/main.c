/* A hand-written case in the style of generated code: a 3x3 and a 1x1 convolution on uint8 data.
 * Usage: twoconv DATA_FILE INPUT.tensor; writes output0_8_8_4_1.dat. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vsi_nn_pub.h"

#define VNN_APP_DEBUG (FALSE)
#define VNN_RUNTIME_VERSION (1 * 10000 + 1 * 100 + 34)
_version_assert(VNN_RUNTIME_VERSION <= VSI_NN_VERSION, CASE_VERSION_is_higher_than_OVXLIB_VERSION);

#define NEW_VXNODE(_node, _type, _in, _out, _uid) \
  do { \
    _node = vsi_nn_AddNode(graph, _type, _in, _out, NULL); \
    if (NULL == _node) { \
      goto error; \
    } \
    _node->uid = (uint32_t)_uid; \
  } while (0)

#define NEW_VIRTUAL_TENSOR(_id, _attr, _dtype) \
  do { \
    memset(_attr.size, 0, VSI_NN_MAX_DIM_NUM * sizeof(vsi_size_t)); \
    _attr.dim_num = VSI_NN_DIM_AUTO; \
    _attr.vtl = !VNN_APP_DEBUG; \
    _attr.is_const = FALSE; \
    _attr.dtype.vx_type = _dtype; \
    _id = vsi_nn_AddTensor(graph, VSI_NN_TENSOR_ID_AUTO, &_attr, NULL); \
    if (VSI_NN_TENSOR_ID_NA == _id) { \
      goto error; \
    } \
  } while (0)

#define NEW_CONST_TENSOR(_id, _attr, _dtype, _ofst, _size) \
  do { \
    data = load_data(fp, _ofst, _size); \
    if (NULL == data) { \
      goto error; \
    } \
    _attr.vtl = FALSE; \
    _attr.is_const = TRUE; \
    _attr.dtype.vx_type = _dtype; \
    _id = vsi_nn_AddTensor(graph, VSI_NN_TENSOR_ID_AUTO, &_attr, data); \
    free(data); \
    if (VSI_NN_TENSOR_ID_NA == _id) { \
      goto error; \
    } \
  } while (0)

#define NEW_NORM_TENSOR(_id, _attr, _dtype) \
  do { \
    _attr.vtl = FALSE; \
    _attr.is_const = FALSE; \
    _attr.dtype.vx_type = _dtype; \
    _id = vsi_nn_AddTensor(graph, VSI_NN_TENSOR_ID_AUTO, &_attr, NULL); \
    if (VSI_NN_TENSOR_ID_NA == _id) { \
      goto error; \
    } \
  } while (0)

static uint8_t *load_data(FILE *fp, size_t offset, size_t size) {
  uint8_t *data = NULL;
  if (0 != fseek(fp, (long)offset, SEEK_SET)) return NULL;
  data = (uint8_t *)malloc(size);
  if (data && size != fread(data, 1, size, fp)) {
    free(data);
    return NULL;
  }
  return data;
}

static void set_size(vsi_nn_tensor_attr_t *attr, uint32_t dim_num, const vsi_size_t *size) {
  memcpy(attr->size, size, dim_num * sizeof(vsi_size_t));
  attr->dim_num = dim_num;
}

static void set_affine(vsi_nn_tensor_attr_t *attr, float scale, int32_t zero_point) {
  attr->dtype.qnt_type = VSI_NN_QNT_TYPE_AFFINE_ASYMMETRIC;
  attr->dtype.scale = scale;
  attr->dtype.zero_point = zero_point;
}

static vsi_nn_graph_t *create(const char *data_file, vsi_nn_context_t ctx) {
  static const vsi_size_t in_size[] = {8, 8, 3, 1}, out_size[] = {8, 8, 4, 1};
  static const vsi_size_t w1_size[] = {3, 3, 3, 6}, b1_size[] = {6}, w2_size[] = {1, 1, 6, 4}, b2_size[] = {4};
  vsi_nn_node_t *node[3];
  vsi_nn_tensor_id_t in, out, w1, b1, w2, b2;
  vsi_nn_tensor_attr_t attr;
  uint8_t *data = NULL;
  vsi_nn_graph_t *graph = NULL;
  FILE *fp = fopen(data_file, "rb");
  int i;
  if (NULL == fp) {
    VSILOGE("Open file %s failed.", data_file);
    return NULL;
  }
  graph = vsi_nn_CreateGraph(ctx, 8, 3);
  TEST_CHECK_PTR(graph, error);
  vsi_nn_SetGraphVersion(graph, 1, 1, 34);
  vsi_nn_SetGraphInputs(graph, NULL, 1);
  vsi_nn_SetGraphOutputs(graph, NULL, 1);
  memset(&attr, 0, sizeof(attr));
  attr.dtype.fmt = VSI_NN_DIM_FMT_NCHW;

  NEW_VXNODE(node[0], VSI_NN_OP_CONV2D, 3, 1, 1);
  NEW_VXNODE(node[1], VSI_NN_OP_RELU, 1, 1, 2);
  NEW_VXNODE(node[2], VSI_NN_OP_CONV2D, 3, 1, 3);
  for (i = 0; i < 3; i += 2) {
    node[i]->nn_param.conv2d.ksize[0] = node[i]->nn_param.conv2d.ksize[1] = i ? 1 : 3;
    node[i]->nn_param.conv2d.stride[0] = node[i]->nn_param.conv2d.stride[1] = 1;
    node[i]->nn_param.conv2d.dilation[0] = node[i]->nn_param.conv2d.dilation[1] = 1;
    node[i]->nn_param.conv2d.weights = i ? 4 : 6;
    node[i]->nn_param.conv2d.group = 1;
    node[i]->vx_param.overflow_policy = VX_CONVERT_POLICY_SATURATE;
    node[i]->vx_param.rounding_policy = VX_ROUND_POLICY_TO_NEAREST_EVEN;
    node[i]->vx_param.down_scale_size_rounding = VX_CONVOLUTIONAL_NETWORK_DS_SIZE_ROUNDING_FLOOR;
  }
  for (i = 0; i < 4; i++) node[0]->nn_param.conv2d.pad[i] = 1;

  set_size(&attr, 4, in_size);
  set_affine(&attr, 0.02f, 100);
  NEW_NORM_TENSOR(in, attr, VSI_NN_TYPE_UINT8);
  set_size(&attr, 4, out_size);
  set_affine(&attr, 0.25f, 120);
  NEW_NORM_TENSOR(out, attr, VSI_NN_TYPE_UINT8);
  set_size(&attr, 4, w1_size);
  set_affine(&attr, 0.01f, 131);
  NEW_CONST_TENSOR(w1, attr, VSI_NN_TYPE_UINT8, 0, 162);
  set_size(&attr, 1, b1_size);
  set_affine(&attr, 0.02f * 0.01f, 0);
  NEW_CONST_TENSOR(b1, attr, VSI_NN_TYPE_INT32, 162, 24);
  set_size(&attr, 4, w2_size);
  set_affine(&attr, 0.015f, 90);
  NEW_CONST_TENSOR(w2, attr, VSI_NN_TYPE_UINT8, 186, 24);
  set_size(&attr, 1, b2_size);
  set_affine(&attr, 0.05f * 0.015f, 0);
  NEW_CONST_TENSOR(b2, attr, VSI_NN_TYPE_INT32, 210, 16);
  set_affine(&attr, 0.05f, 10);
  NEW_VIRTUAL_TENSOR(node[0]->output.tensors[0], attr, VSI_NN_TYPE_UINT8);
  NEW_VIRTUAL_TENSOR(node[1]->output.tensors[0], attr, VSI_NN_TYPE_UINT8);

  node[0]->input.tensors[0] = in;
  node[0]->input.tensors[1] = w1;
  node[0]->input.tensors[2] = b1;
  node[1]->input.tensors[0] = node[0]->output.tensors[0];
  node[2]->input.tensors[0] = node[1]->output.tensors[0];
  node[2]->input.tensors[1] = w2;
  node[2]->input.tensors[2] = b2;
  node[2]->output.tensors[0] = out;
  graph->input.tensors[0] = in;
  graph->output.tensors[0] = out;
  TEST_CHECK_STATUS(vsi_nn_SetupGraph(graph, FALSE), error);
  fclose(fp);
  return graph;
error:
  fclose(fp);
  vsi_nn_DumpGraphToJson(graph);
  vsi_nn_ReleaseGraph(&graph);
  return NULL;
}

/* Text, one number per line, converted to the tensor's type. */
static vsi_status read_input(vsi_nn_graph_t *graph, const char *name) {
  vsi_nn_tensor_t *tensor = vsi_nn_GetTensor(graph, graph->input.tensors[0]);
  vsi_size_t i, n = vsi_nn_GetElementNum(tensor);
  uint8_t *data = (uint8_t *)malloc(n * vsi_nn_TypeGetBytes(tensor->attr.dtype.vx_type));
  vsi_status status = VSI_FAILURE;
  float value = 0;
  FILE *fp = fopen(name, "r");
  TEST_CHECK_PTR(fp, final);
  for (i = 0; i < n && 1 == fscanf(fp, "%f ", &value); i++)
    vsi_nn_Float32ToDtype(value, &data[i * vsi_nn_TypeGetBytes(tensor->attr.dtype.vx_type)], &tensor->attr.dtype);
  status = vsi_nn_CopyDataToTensor(graph, tensor, data);
  vsi_nn_SaveTensorToBinary(graph, tensor, "input_0.dat");
final:
  if (fp) fclose(fp);
  free(data);
  return status;
}

static void save_output(vsi_nn_graph_t *graph) {
  vsi_nn_tensor_t *tensor = vsi_nn_GetTensor(graph, graph->output.tensors[0]);
  char shape[64], name[128];
  vsi_nn_ShapeToString(tensor->attr.size, tensor->attr.dim_num, shape, sizeof(shape), FALSE);
  snprintf(name, sizeof(name), "output0_%s.dat", shape);
  vsi_nn_SaveTensorToBinary(graph, tensor, name);
}

int main(int argc, char **argv) {
  vsi_status status = VSI_FAILURE;
  vsi_nn_context_t ctx = NULL;
  vsi_nn_graph_t *graph = NULL;
  if (argc < 3) {
    printf("Usage: %s data_file inputs...\n", argv[0]);
    return -1;
  }
  ctx = vsi_nn_CreateContext();
  TEST_CHECK_PTR(ctx, final);
  graph = create(argv[1], ctx);
  TEST_CHECK_PTR(graph, final);
  status = vsi_nn_VerifyGraph(graph);
  TEST_CHECK_STATUS(status, final);
  status = read_input(graph, argv[2]);
  TEST_CHECK_STATUS(status, final);
  status = vsi_nn_RunGraph(graph);
  TEST_CHECK_STATUS(status, final);
  save_output(graph);
final:
  vsi_nn_ReleaseGraph(&graph);
  vsi_nn_ReleaseContext(&ctx);
  return status;
}
