/* Parameter structs of convolutions, matrix products and pooling. */
#ifndef VSI_NN_PARAMS_CONV_H
#define VSI_NN_PARAMS_CONV_H

#include "vsi_nn_tensor.h"
#include "vsi_nn_param_enums.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _vsi_nn_conv2d_param {
  uint32_t ksize[2];
  uint32_t stride[2];
  uint32_t pad[4];
  vsi_nn_pad_e pad_type;
  uint32_t weights;
  uint32_t group;
  uint32_t dilation[2];
  int32_t multiplier;
} vsi_nn_conv2d_param;

typedef struct _vsi_nn_conv1d_param {
  struct {
    vx_tensor input_tensor;
    vx_tensor weight_tensor;
    vx_tensor output_tensor;
  } reserved;
  uint32_t ksize;
  uint32_t stride;
  uint32_t pad[2];
  vsi_nn_pad_e pad_type;
  uint32_t weights;
  uint32_t group;
  uint32_t dilation;
  int32_t multiplier;
} vsi_nn_conv1d_param;

typedef struct _vsi_nn_grouped_conv2d_param {
  uint32_t ksize[2];
  uint32_t stride[2];
  uint32_t pad[4];
  vsi_nn_pad_e pad_type;
  uint32_t weights;
  uint32_t group;
  uint32_t dilation[2];
  int32_t multiplier;
} vsi_nn_grouped_conv2d_param;

typedef struct _vsi_nn_grouped_conv1d_param {
  uint32_t ksize;
  uint32_t stride;
  uint32_t pad[2];
  vsi_nn_pad_e pad_type;
  uint32_t weights;
  uint32_t group;
  uint32_t dilation;
  int32_t multiplier;
} vsi_nn_grouped_conv1d_param;

typedef struct _vsi_nn_depthwise_conv1d_param {
  uint32_t stride;
  uint32_t pad[2];
  uint32_t dilation;
  int32_t multiplier;
} vsi_nn_depthwise_conv1d_param;

typedef struct _vsi_nn_deconv_param {
  uint32_t ksize[2];
  uint32_t stride[2];
  int32_t pad[4];
  uint32_t pad_type;
  uint32_t weights;
  uint32_t group;
  uint32_t output_padding[2];
} vsi_nn_deconv_param;

typedef struct _vsi_nn_deconvolution1d_param {
  uint32_t ksize;
  uint32_t stride;
  uint32_t pad[2];
  vsi_nn_pad_e pad_type;
  uint32_t weights;
  uint32_t group;
  uint32_t output_padding;
} vsi_nn_deconvolution1d_param;

typedef struct _vsi_nn_fcl_param {
  uint32_t weights;
  uint32_t axis;
} vsi_nn_fcl_param;

typedef struct _vsi_nn_matrixmul_param {
  vx_bool transpose[2];
  vx_bool adjoint[2];
} vsi_nn_matrixmul_param;

typedef struct _vsi_nn_pool_param {
  vsi_enum type;
  vsi_nn_round_type_e round_type;
  uint32_t ksize[2];
  uint32_t stride[2];
  uint32_t pad[4];
  vsi_nn_pad_e pad_type;
} vsi_nn_pool_param;

#ifdef __cplusplus
}
#endif

#endif
