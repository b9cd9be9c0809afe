/* Enumerations of the operators' parameter fields. The fields are plain integers, so that any number a case writes
 * into them can be read and refused. */
#ifndef VSI_NN_PARAM_ENUMS_H
#define VSI_NN_PARAM_ENUMS_H

#include "vsi_nn_types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t vsi_nn_pad_e;
enum {
  VSI_NN_PAD_AUTO = 0,
  VSI_NN_PAD_VALID = 1,
  VSI_NN_PAD_SAME = 2
};

typedef int32_t vsi_nn_pad_mode_e;
enum {
  VSI_NN_PAD_MODE_CONSTANT = 0,
  VSI_NN_PAD_MODE_REPLICATE = 1,
  VSI_NN_PAD_MODE_SYMMETRIC = 2,
  VSI_NN_PAD_MODE_REFLECT = 3
};

typedef int32_t vsi_nn_round_type_e;
enum {
  VSI_NN_ROUND_CEIL = 0,
  VSI_NN_ROUND_FLOOR = 1
};

enum {
  VSI_NN_INTERPOLATION_NEAREST_NEIGHBOR = 0,
  VSI_NN_INTERPOLATION_BILINEAR = 1,
  VSI_NN_INTERPOLATION_AREA = 2
};

enum {
  VSI_NN_REDUCE_MEAN = 1,
  VSI_NN_REDUCE_MAX = 2,
  VSI_NN_REDUCE_MIN = 3,
  VSI_NN_REDUCE_SUM = 4,
  VSI_NN_REDUCE_ALL = 5,
  VSI_NN_REDUCE_ANY = 6,
  VSI_NN_REDUCE_PROD = 7
};

typedef int32_t vsi_nn_relational_ops_type_t;
enum {
  VSI_NN_RELATIONAL_OPS_GREAT = 0,
  VSI_NN_RELATIONAL_OPS_GREAT_EQUAL = 1,
  VSI_NN_RELATIONAL_OPS_LESS = 2,
  VSI_NN_RELATIONAL_OPS_LESS_EQUAL = 3,
  VSI_NN_RELATIONAL_OPS_NOT_EQUAL = 4,
  VSI_NN_RELATIONAL_OPS_EQUAL = 5
};

typedef int32_t vsi_nn_logical_ops_type_t;
enum {
  VSI_NN_LOGICAL_OR = 0,
  VSI_NN_LOGICAL_AND = 1,
  VSI_NN_LOGICAL_XOR = 2
};

typedef int32_t vsi_nn_swish_type;
enum {
  VSI_NN_SWISH = 0,
  VSI_NN_HSWISH = 1
};

typedef int32_t vsi_nn_depth2space_mode_e;
enum {
  VSI_NN_DEPTH2SPACE_DCR = 0,
  VSI_NN_DEPTH2SPACE_CRD = 1
};

typedef int32_t vsi_nn_nbg_type_e;
enum {
  VSI_NN_NBG_FILE = 0,
  VSI_NN_NBG_POINTER = 3
};

typedef int32_t vsi_nn_lsh_projection_type_e;
typedef int32_t vsi_nn_con2d_lstm_dataformat;

/* Indices and numbers of the internal data types that the recurrent operators carry. */
enum {
  LSTMUNIT_QUANTIZE_PARAM_I2I = 0,
  LSTMUNIT_QUANTIZE_PARAM_I2F = 1,
  LSTMUNIT_QUANTIZE_PARAM_I2C = 2,
  LSTMUNIT_QUANTIZE_PARAM_I2O = 3,
  LSTMUNIT_QUANTIZE_PARAM_R2I = 4,
  LSTMUNIT_QUANTIZE_PARAM_R2F = 5,
  LSTMUNIT_QUANTIZE_PARAM_R2C = 6,
  LSTMUNIT_QUANTIZE_PARAM_R2O = 7,
  LSTMUNIT_QUANTIZE_PARAM_COUNT = 8
};

enum {
  GRUCELL_QUANTIZE_PARAM_I2R = 0,
  GRUCELL_QUANTIZE_PARAM_I2Z = 1,
  GRUCELL_QUANTIZE_PARAM_H2R = 2,
  GRUCELL_QUANTIZE_PARAM_H2Z = 3,
  GRUCELL_QUANTIZE_PARAM_I2C = 4,
  GRUCELL_QUANTIZE_PARAM_H2C = 5,
  GRUCELL_QUANTIZE_PARAM_COUNT = 6
};

enum {
  RNNCELL_QUANTIZE_PARAM_I = 0,
  RNNCELL_QUANTIZE_PARAM_H = 1,
  RNNCELL_QUANTIZE_PARAM_AUX = 2,
  RNNCELL_QUANTIZE_PARAM_COUNT = 3
};

typedef uint32_t vsi_nn_platform_e;
enum {
  VSI_NN_PLATFORM_CPU = 0,
  VSI_NN_PLATFORM_VIP = 1
};

typedef uint32_t vsi_nn_imageprocess_resize_type_e;
enum {
  VSI_NN_IMAGEPROCESS_RESIZE_NONE = 0,
  VSI_NN_IMAGEPROCESS_RESIZE_BILINEAR = 1
};

typedef uint32_t vsi_nn_imageprocess_mean_type_e;
enum {
  VSI_NN_IMAGEPROCESS_MEAN_NONE = 0,
  VSI_NN_IMAGEPROCESS_MEAN_CHANNEL = 1,
  VSI_NN_IMAGEPROCESS_MEAN_PIXEL = 2
};

typedef int32_t vsi_nn_pre_process_type_e;

/* Internal bookkeeping of an operator that case code never fills in. */
typedef struct _vsi_nn_concat_lcl_data vsi_nn_concat_lcl_data;

#ifdef __cplusplus
}
#endif

#endif
