/* Parameter structs of pre- and post-processing nodes. */
#ifndef VSI_NN_PARAMS_PROCESS_H
#define VSI_NN_PARAMS_PROCESS_H

#include "vsi_nn_tensor.h"
#include "vsi_nn_param_enums.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _vsi_nn_imageprocess_param {
  vsi_nn_platform_e platform_type;
  struct {
    vx_bool enable;
    int32_t dim_num;
    int32_t *start;
    int32_t *length;
  } crop;
  struct {
    vsi_nn_imageprocess_resize_type_e type;
    int32_t dim_num;
    int32_t *length;
  } resize;
  vx_bool reverse_channel;
  struct {
    vsi_nn_imageprocess_mean_type_e type;
    float scale;
    int32_t mean_value_size;
    float *mean_value;
  } mean;
} vsi_nn_imageprocess_param;

typedef struct _vsi_nn_pre_process_param {
  struct {
    uint32_t left;
    uint32_t top;
    uint32_t width;
    uint32_t height;
  } rect;
  struct {
    vsi_size_t *size;
    uint32_t dim_num;
  } output_attr;
  uint32_t *perm;
  uint32_t dim_num;
  struct {
    float mean[3];
    float scale;
  } norm;
  vsi_bool reverse_channel;
  vsi_nn_pre_process_type_e type;
} vsi_nn_pre_process_param;

typedef struct _vsi_nn_pre_process_bgra_param {
  struct {
    uint32_t left;
    uint32_t top;
    uint32_t width;
    uint32_t height;
  } rect;
  struct {
    vsi_size_t *size;
    uint32_t dim_num;
  } output_attr;
  uint32_t *perm;
  uint32_t dim_num;
  float r_mean;
  float g_mean;
  float b_mean;
  float rgb_scale;
  vsi_bool reverse_channel;
} vsi_nn_pre_process_bgra_param;

typedef struct _vsi_nn_pre_process_gray_param {
  struct {
    uint32_t left;
    uint32_t top;
    uint32_t width;
    uint32_t height;
  } rect;
  struct {
    vsi_size_t *size;
    uint32_t dim_num;
  } output_attr;
  float mean;
  float scale;
} vsi_nn_pre_process_gray_param;

typedef struct _vsi_nn_pre_process_nv12_param {
  struct {
    uint32_t left;
    uint32_t top;
    uint32_t width;
    uint32_t height;
  } rect;
  struct {
    vsi_size_t *size;
    uint32_t dim_num;
  } output_attr;
  uint32_t *perm;
  uint32_t dim_num;
  float r_mean;
  float g_mean;
  float b_mean;
  float rgb_scale;
  vsi_bool reverse_channel;
} vsi_nn_pre_process_nv12_param;

typedef struct _vsi_nn_pre_process_rgb_param {
  struct {
    uint32_t left;
    uint32_t top;
    uint32_t width;
    uint32_t height;
  } rect;
  struct {
    vsi_size_t *size;
    uint32_t dim_num;
  } output_attr;
  uint32_t *perm;
  uint32_t dim_num;
  float r_mean;
  float g_mean;
  float b_mean;
  float rgb_scale;
  vsi_bool reverse_channel;
} vsi_nn_pre_process_rgb_param;

typedef struct _vsi_nn_pre_process_tensor_param {
  uint32_t *perm;
  uint32_t dim_num;
} vsi_nn_pre_process_tensor_param;

typedef struct _vsi_nn_pre_process_yuv420_param {
  struct {
    uint32_t left;
    uint32_t top;
    uint32_t width;
    uint32_t height;
  } rect;
  struct {
    vsi_size_t *size;
    uint32_t dim_num;
  } output_attr;
  uint32_t *perm;
  uint32_t dim_num;
  float r_mean;
  float g_mean;
  float b_mean;
  float rgb_scale;
  vsi_bool reverse_channel;
} vsi_nn_pre_process_yuv420_param;

typedef struct _vsi_nn_pre_process_yuv444_param {
  struct {
    uint32_t left;
    uint32_t top;
    uint32_t width;
    uint32_t height;
  } rect;
  struct {
    vsi_size_t *size;
    uint32_t dim_num;
  } output_attr;
  uint32_t *perm;
  uint32_t dim_num;
  float r_mean;
  float g_mean;
  float b_mean;
  float rgb_scale;
  vsi_bool reverse_channel;
} vsi_nn_pre_process_yuv444_param;

typedef struct _vsi_nn_post_process_param {
  uint32_t *perm;
  uint32_t dim_num;
} vsi_nn_post_process_param;

#ifdef __cplusplus
}
#endif

#endif
