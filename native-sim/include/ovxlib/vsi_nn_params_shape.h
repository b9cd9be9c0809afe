/* Parameter structs of operators that move, cut or replicate data. */
#ifndef VSI_NN_PARAMS_SHAPE_H
#define VSI_NN_PARAMS_SHAPE_H

#include "vsi_nn_tensor.h"
#include "vsi_nn_param_enums.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _vsi_nn_concat_param {
  uint32_t axis;
} vsi_nn_concat_param;

typedef struct _vsi_nn_split_param {
  uint32_t axis;
  const uint32_t *slices;
  uint32_t slices_num;
} vsi_nn_split_param;

typedef struct _vsi_nn_permute_param {
  const uint32_t *perm;
  uint32_t dim_num;
} vsi_nn_permute_param;

typedef struct _vsi_nn_reshape_param {
  const uint32_t *size;
  uint32_t dim_num;
} vsi_nn_reshape_param;

typedef struct _vsi_nn_squeeze_param {
  vx_uint32 *axis;
  vx_uint32 axis_num;
} vsi_nn_squeeze_param;

typedef struct _vsi_nn_pad_param {
  const uint32_t *front_size;
  const uint32_t *back_size;
  uint8_t dim_num;
  int32_t const_val;
  vsi_nn_pad_mode_e mode;
} vsi_nn_pad_param;

typedef struct _vsi_nn_slice_param {
  uint32_t dims;
  const uint32_t *start;
  const uint32_t *length;
} vsi_nn_slice_param;

typedef struct _vsi_nn_strided_slice_param {
  const vx_int32 *begin_dims;
  vx_uint32 begin_dims_num;
  const vx_int32 *end_dims;
  vx_uint32 end_dims_num;
  const vx_int32 *stride_dims;
  vx_uint32 stride_dims_num;
  vx_int32 begin_mask;
  vx_int32 end_mask;
  vx_int32 shrink_axis_mask;
  int32_t new_axis_mask;
} vsi_nn_strided_slice_param;

typedef struct _vsi_nn_resize_param {
  vsi_enum type;
  float factor;
  int32_t size[2];
  vsi_bool align_corners;
  vsi_bool half_pixel_centers;
} vsi_nn_resize_param;

typedef struct _vsi_nn_resize_1d_param {
  vsi_enum type;
  float factor;
  int32_t size[2];
  vsi_bool align_corners;
  vsi_bool half_pixel_centers;
} vsi_nn_resize_1d_param;

typedef struct _vsi_nn_upsample_param {
  uint32_t scale[2];
  uint32_t size[2];
} vsi_nn_upsample_param;

typedef struct _vsi_nn_upsamplescale_param {
  int32_t stride;
  float scale;
} vsi_nn_upsamplescale_param;

typedef struct _vsi_nn_gather_param {
  int32_t axis;
} vsi_nn_gather_param;

typedef struct _vsi_nn_scatter_nd_param {
  uint32_t dim_num;
  const uint32_t *shape;
} vsi_nn_scatter_nd_param;

typedef struct _vsi_nn_scatter_nd_update_param {
  vsi_bool use_locking;
} vsi_nn_scatter_nd_update_param;

typedef struct _vsi_nn_space2depth_param {
  int32_t block_size[2];
} vsi_nn_space2depth_param;

typedef struct _vsi_nn_depth2space_param {
  int32_t block_size;
  vsi_nn_depth2space_mode_e mode;
} vsi_nn_depth2space_param;

typedef struct _vsi_nn_space2batch_param {
  const int32_t *block_size;
  uint32_t block_size_num;
  int32_t pad[4];
} vsi_nn_space2batch_param;

typedef struct _vsi_nn_batch2space_param {
  const int32_t *block_size;
  uint32_t block_size_num;
  int32_t crop[4];
} vsi_nn_batch2space_param;

typedef struct _vsi_nn_shufflechannel_param {
  int32_t group_number;
  int32_t axis;
} vsi_nn_shufflechannel_param;

typedef struct _vsi_nn_reorg_param {
  uint32_t stride;
} vsi_nn_reorg_param;

typedef struct _vsi_nn_reverse_param {
  const int32_t *axis;
  uint32_t axis_num;
} vsi_nn_reverse_param;

typedef struct _vsi_nn_tile_param {
  const int32_t *multiples;
  uint32_t multiples_num;
} vsi_nn_tile_param;

typedef struct _vsi_nn_expand_broadcast_param {
  uint32_t *shape;
  uint32_t dim_num;
} vsi_nn_expand_broadcast_param;

typedef struct _vsi_nn_stack_param {
  uint32_t axis;
} vsi_nn_stack_param;

typedef struct _vsi_nn_unstack_param {
  uint32_t axis;
} vsi_nn_unstack_param;

typedef struct _vsi_nn_one_hot_param {
  int32_t depth;
  float on_value;
  float off_value;
  int32_t axis;
} vsi_nn_one_hot_param;

typedef struct _vsi_nn_sequence_mask_param {
  int32_t maxlen;
} vsi_nn_sequence_mask_param;

typedef struct _vsi_nn_repeat_param {
  int32_t axis;
  int32_t maxlen;
  int32_t *repeat_host;
  int32_t repeat_len;
} vsi_nn_repeat_param;

typedef struct _vsi_nn_signalframe_param {
  uint32_t window_length;
  uint32_t step;
  uint32_t pad_end;
  uint32_t pad;
  float pad_value;
  uint32_t axis;
} vsi_nn_signalframe_param;

typedef struct _vsi_nn_interp_param {
  int32_t height;
  int32_t width;
  int32_t zoom_factor;
  int32_t shrink_factor;
  int32_t pad_beg;
  int32_t pad_end;
} vsi_nn_interp_param;

typedef struct _vsi_nn_crop_param {
  int32_t axis;
  uint32_t dims;
  uint32_t offset[8];
} vsi_nn_crop_param;

typedef struct _vsi_nn_concatshift_param {
  vsi_nn_concat_lcl_data *concat_lcl_data;
  uint32_t axis;
  uint32_t keep_size;
} vsi_nn_concatshift_param;

typedef struct _vsi_nn_tensorstackconcat_param {
  int32_t axis;
} vsi_nn_tensorstackconcat_param;

#ifdef __cplusplus
}
#endif

#endif
