/* Parameter structs of normalisations and reductions. */
#ifndef VSI_NN_PARAMS_NORM_H
#define VSI_NN_PARAMS_NORM_H

#include "vsi_nn_tensor.h"
#include "vsi_nn_param_enums.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _vsi_nn_lrn_param {
  vsi_enum type;
  uint32_t size;
  float alpha;
  float beta;
  float bias;
  int32_t axis;
} vsi_nn_lrn_param;

typedef struct _vsi_nn_l2_normalize_param {
  int32_t axis;
} vsi_nn_l2_normalize_param;

typedef struct _vsi_nn_l2normalizescale_param {
  int32_t dims;
  int32_t axis;
} vsi_nn_l2normalizescale_param;

typedef struct _vsi_nn_batch_norm_param {
  float eps;
} vsi_nn_batch_norm_param;

typedef struct _vsi_nn_batchnorm_single_param {
  float eps;
} vsi_nn_batchnorm_single_param;

typedef struct _vsi_nn_instancenormalize_param {
  float eps;
  int axis_num;
  int *axis;
} vsi_nn_instancenormalize_param;

typedef struct _vsi_nn_layernormalize_param {
  float eps;
} vsi_nn_layernormalize_param;

typedef struct _vsi_nn_groupnormalize_param {
  float eps;
  int32_t group_num;
} vsi_nn_groupnormalize_param;

typedef struct _vsi_nn_moments_param {
  const int32_t *axis;
  int32_t axis_num;
  vsi_bool keep_dim;
} vsi_nn_moments_param;

typedef struct _vsi_nn_tensor_add_mean_stddev_norm_param {
  float eps;
} vsi_nn_tensor_add_mean_stddev_norm_param;

typedef struct _vsi_nn_reduce_param {
  vsi_enum type;
  const int32_t *axis;
  vx_uint32 axis_num;
  vx_bool keep_dim;
} vsi_nn_reduce_param;

typedef struct _vsi_nn_argmax_param {
  int32_t axis;
} vsi_nn_argmax_param;

typedef struct _vsi_nn_argmin_param {
  int32_t axis;
} vsi_nn_argmin_param;

typedef struct _vsi_nn_topk_param {
  uint32_t k;
} vsi_nn_topk_param;

#ifdef __cplusplus
}
#endif

#endif
