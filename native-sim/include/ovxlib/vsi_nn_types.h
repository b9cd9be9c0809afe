/* Basic types and enumerations. */
#ifndef VSI_NN_TYPES_H
#define VSI_NN_TYPES_H

#include "vsi_nn_platform.h"
#include "vsi_nn_ops.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif

typedef int32_t vsi_status;
typedef int32_t vsi_bool;
typedef int32_t vsi_enum;

/* Tells case code that this library defines vsi_size_t itself. */
#define VSI_SIZE_T
typedef uint32_t vsi_size_t;
typedef int32_t vsi_ssize_t;

enum {
  VSI_FAILURE = -1,
  VSI_SUCCESS = 0
};

typedef uint32_t vsi_nn_node_id_t;
typedef uint32_t vsi_nn_tensor_id_t;

#define VSI_NN_NODE_ID_NA ((vsi_nn_node_id_t)-1)
#define VSI_NN_FLOAT32_INF (0x7F800000)

typedef enum {
  VSI_NN_TYPE_NONE = 0,
  VSI_NN_TYPE_INT8 = 2,
  VSI_NN_TYPE_UINT8 = 3,
  VSI_NN_TYPE_INT16 = 4,
  VSI_NN_TYPE_UINT16 = 5,
  VSI_NN_TYPE_INT32 = 6,
  VSI_NN_TYPE_UINT32 = 7,
  VSI_NN_TYPE_INT64 = 8,
  VSI_NN_TYPE_UINT64 = 9,
  VSI_NN_TYPE_FLOAT32 = 10,
  VSI_NN_TYPE_FLOAT64 = 11,
  VSI_NN_TYPE_FLOAT16 = 15,
  VSI_NN_TYPE_BOOL8 = 17,
  VSI_NN_TYPE_VDATA = 257,
  VSI_NN_TYPE_BFLOAT16 = 2074
} vsi_nn_type_e;

typedef int32_t vsi_nn_activation_e;
enum {
  VSI_NN_ACT_NONE = 0,
  VSI_NN_ACT_RELU = 1,
  VSI_NN_ACT_RELU6 = 3,
  VSI_NN_ACT_TANH = 4,
  VSI_NN_ACT_SIGMOID = 6,
  VSI_NN_ACT_HARD_SIGMOID = 31
};

typedef struct _vsi_nn_context_t *vsi_nn_context_t;
typedef struct _vsi_nn_graph vsi_nn_graph_t;
typedef struct _vsi_nn_node vsi_nn_node_t;
typedef struct _vsi_nn_tensor vsi_nn_tensor_t;

#ifdef __cplusplus
}
#endif

#endif
