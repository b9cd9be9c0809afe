/* Parameter structs of detection and other special operators. */
#ifndef VSI_NN_PARAMS_DETECT_H
#define VSI_NN_PARAMS_DETECT_H

#include "vsi_nn_tensor.h"
#include "vsi_nn_param_enums.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _vsi_nn_nms_param {
  int32_t max_output_size;
  float iou_threshold;
  float score_threshold;
  float soft_nms_sigma;
} vsi_nn_nms_param;

typedef struct _vsi_nn_proposal_anchor {
  float *ratio;
  uint32_t ratio_num;
  float *scale;
  uint32_t scale_num;
  float base_size;
} vsi_nn_proposal_anchor;

typedef struct _vsi_nn_proposal_im_info {
  float size[2];
  float scale[2];
} vsi_nn_proposal_im_info;

typedef struct _vsi_nn_proposal_param {
  vsi_nn_proposal_anchor anchor;
  vsi_nn_proposal_im_info im_info;
  uint32_t feat_stride;
  uint32_t pre_nms_topn;
  uint32_t post_nms_topn;
  float nms_thresh;
  uint32_t min_size;
} vsi_nn_proposal_param;

typedef struct _vsi_nn_roi_pool_param {
  vsi_enum type;
  uint32_t size[2];
  float scale;
} vsi_nn_roi_pool_param;

typedef struct _vsi_nn_roi_align_param {
  int32_t output_height;
  int32_t output_width;
  float height_ratio;
  float width_ratio;
  int32_t height_sample_num;
  int32_t width_sample_num;
} vsi_nn_roi_align_param;

typedef struct _vsi_nn_detection_postprocess_param {
  float dy;
  float dx;
  float dh;
  float dw;
  int32_t nms_type;
  int32_t max_num_detections;
  int32_t maximum_class_per_detection;
  int32_t maximum_detection_per_class;
  float score_threshold;
  float iou_threshold;
  int32_t is_bg_in_label;
} vsi_nn_detection_postprocess_param;

typedef struct _vsi_nn_axis_aligned_bbox_transform_param {
  vsi_enum type;
} vsi_nn_axis_aligned_bbox_transform_param;

typedef struct _vsi_nn_box_with_nms_limit_param {
  float score_threshold;
  int32_t max_num_bbox;
  int32_t nms_kernel_method;
  float iou_threshold;
  float sigma;
  float nms_score_threshold;
} vsi_nn_box_with_nms_limit_param;

typedef struct _vsi_nn_generate_proposals_param {
  float height_stride;
  float width_stride;
  int32_t pre_nms_top_n;
  int32_t post_nms_top_n;
  float iou_threshold;
  float min_size;
  int32_t type;
} vsi_nn_generate_proposals_param;

typedef struct _vsi_nn_heatmap_max_keypoint_param {
  vsi_enum type;
} vsi_nn_heatmap_max_keypoint_param;

typedef struct _vsi_nn_spatial_transformer_param {
  int32_t output_H;
  int32_t output_W;
  int32_t has_theta_1_1;
  int32_t has_theta_1_2;
  int32_t has_theta_1_3;
  int32_t has_theta_2_1;
  int32_t has_theta_2_2;
  int32_t has_theta_2_3;
  float theta_1_1;
  float theta_1_2;
  float theta_1_3;
  float theta_2_1;
  float theta_2_2;
  float theta_2_3;
  vsi_bool align_corners;
} vsi_nn_spatial_transformer_param;

typedef struct _vsi_nn_lsh_projection_param {
  vsi_nn_lsh_projection_type_e type;
} vsi_nn_lsh_projection_param;

typedef struct _vsi_nn_embedding_lookup_param {
  uint32_t unused;
} vsi_nn_embedding_lookup_param;

typedef struct _vsi_nn_nbg_param {
  vsi_nn_nbg_type_e type;
  const char *url;
} vsi_nn_nbg_param;

typedef struct _vsi_nn_extra_ending_param {
  int64_t value;
  int8_t bytes[64];
  int length;
} vsi_nn_extra_ending_param;

#ifdef __cplusplus
}
#endif

#endif
