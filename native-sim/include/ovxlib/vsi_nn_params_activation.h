/* Parameter structs of activations and elementwise operators. */
#ifndef VSI_NN_PARAMS_ACTIVATION_H
#define VSI_NN_PARAMS_ACTIVATION_H

#include "vsi_nn_tensor.h"
#include "vsi_nn_param_enums.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _vsi_nn_activation_param {
  float leaky_ratio;
} vsi_nn_activation_param;

typedef struct _vsi_nn_relun_param {
  float relu_clamp_top;
  float relu_clamp_bottom;
} vsi_nn_relun_param;

typedef struct _vsi_nn_clip_param {
  float min;
  float max;
} vsi_nn_clip_param;

typedef struct _vsi_nn_prelu_param {
  int32_t axis;
} vsi_nn_prelu_param;

typedef struct _vsi_nn_tanh_param {
  float scale_a;
  float scale_b;
} vsi_nn_tanh_param;

typedef struct _vsi_nn_swish_param {
  float beta;
  vsi_nn_swish_type type;
} vsi_nn_swish_param;

typedef struct _vsi_nn_elu_param {
  float alpha;
} vsi_nn_elu_param;

typedef struct _vsi_nn_gelu_param {
  vsi_bool approximate;
} vsi_nn_gelu_param;

typedef struct _vsi_nn_relu_keras_param {
  float alpha;
  float max_value;
  float threshold;
} vsi_nn_relu_keras_param;

typedef struct _vsi_nn_softmax_param {
  float beta;
  int32_t axis;
} vsi_nn_softmax_param;

typedef struct _vsi_nn_log_softmax_param {
  vx_float32 betaValue;
  int32_t axis;
} vsi_nn_log_softmax_param;

typedef struct _vsi_nn_linear_param {
  void *reserve;
  vx_float32 a;
  vx_float32 b;
} vsi_nn_linear_param;

typedef struct _vsi_nn_multiply_param {
  float scale;
} vsi_nn_multiply_param;

typedef struct _vsi_nn_divide_param {
  float scale;
} vsi_nn_divide_param;

typedef struct _vsi_nn_exp_param {
  uint32_t unused;
} vsi_nn_exp_param;

typedef struct _vsi_nn_floor_param {
  vsi_enum type;
} vsi_nn_floor_param;

typedef struct _vsi_nn_floordiv_param {
  void *reserve;
} vsi_nn_floordiv_param;

typedef struct _vsi_nn_log_param {
  uint32_t unused;
} vsi_nn_log_param;

typedef struct _vsi_nn_logical_not_param {
  void *reserve;
} vsi_nn_logical_not_param;

typedef struct _vsi_nn_logical_ops_param {
  vsi_nn_logical_ops_type_t op;
} vsi_nn_logical_ops_param;

typedef struct _vsi_nn_maximum_param {
  uint32_t unused;
} vsi_nn_maximum_param;

typedef struct _vsi_nn_neg_param {
  vx_tensor local_tensor[2];
} vsi_nn_neg_param;

typedef struct _vsi_nn_pow_param {
  uint32_t unused;
} vsi_nn_pow_param;

typedef struct _vsi_nn_relational_ops_param {
  vsi_nn_relational_ops_type_t op;
} vsi_nn_relational_ops_param;

typedef struct _vsi_nn_select_param {
  void *reserve;
} vsi_nn_select_param;

typedef struct _vsi_nn_sin_param {
  uint32_t unused;
} vsi_nn_sin_param;

typedef struct _vsi_nn_dropout_param {
  float ratio;
} vsi_nn_dropout_param;

typedef struct _vsi_nn_cast_param {
  int32_t nothing;
} vsi_nn_cast_param;

typedef struct _vsi_nn_addn_param {
  uint32_t unused;
} vsi_nn_addn_param;

typedef struct _vsi_nn_scale_param {
  int32_t axis;
  float bias;
} vsi_nn_scale_param;

typedef struct _vsi_nn_dataconvert_param {
  uint32_t unused;
} vsi_nn_dataconvert_param;

typedef struct _vsi_nn_variable_param {
  uint32_t unused;
} vsi_nn_variable_param;

typedef struct _vsi_nn_random_multinomial_param {
  int32_t sample_num;
} vsi_nn_random_multinomial_param;

#ifdef __cplusplus
}
#endif

#endif
