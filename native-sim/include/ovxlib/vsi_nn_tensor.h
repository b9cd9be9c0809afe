/* Tensors: sizes are W,H,C,N (index 0 is the innermost dimension). */
#ifndef VSI_NN_TENSOR_H
#define VSI_NN_TENSOR_H

#include "vsi_nn_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define VSI_NN_MAX_DIM_NUM (8)
#define VSI_NN_DIM_AUTO (0)
#define VSI_NN_TENSOR_ID_NA ((uint32_t)-1)
#define VSI_NN_TENSOR_ID_AUTO ((uint32_t)-2)

typedef enum {
  VSI_NN_DIM_FMT_NCHW = 0x00,
  VSI_NN_DIM_FMT_NHWC = 0x01,
  VSI_NN_DIM_FMT_NA = 0xFF,
  VSI_NN_DIM_FMT_AUTO = 0xFE
} vsi_nn_dim_fmt_e;

typedef enum {
  VSI_NN_QNT_TYPE_NONE = 0,
  VSI_NN_QNT_TYPE_DFP = 1,
  VSI_NN_QNT_TYPE_AFFINE_ASYMMETRIC = 2,
  VSI_NN_QNT_TYPE_AFFINE_SYMMETRIC = 2,
  VSI_NN_QNT_TYPE_AFFINE_PERCHANNEL_SYMMETRIC = 3,
  VSI_NN_QNT_TYPE_NA = 0xFF
} vsi_nn_qnt_type_e;

typedef struct vsi_nn_dtype {
  vsi_nn_dim_fmt_e fmt;
  vsi_enum vx_type;
  vsi_nn_qnt_type_e qnt_type;
  union {
    struct {
      int8_t fl;
    };
    struct {
      int32_t zero_point;
      float scale;
    };
    struct {
      const float *scales;
      int32_t scale_dim;
      int32_t channel_dim;
      const int32_t *zero_points;
      int32_t zero_points_dim;
    };
  };
} vsi_nn_dtype_t;

typedef struct vsi_nn_tensor_attr {
  vsi_size_t size[VSI_NN_MAX_DIM_NUM];
  uint32_t dim_num;
  vsi_bool vtl;
  vsi_bool is_const;
  vsi_nn_dtype_t dtype;
  vsi_bool is_created_from_handle;
  vsi_bool is_handle_malloc_by_ovxlib;
} vsi_nn_tensor_attr_t;

struct _vsi_nn_tensor {
  vsi_nn_tensor_attr_t attr;
  vx_tensor t;
  vx_weights_biases_parameter wb;
  int8_t is_swapped;
};

#ifdef __cplusplus
}
#endif

#endif
