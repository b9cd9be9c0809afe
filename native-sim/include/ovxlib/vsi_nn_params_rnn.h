/* Parameter structs of recurrent operators. */
#ifndef VSI_NN_PARAMS_RNN_H
#define VSI_NN_PARAMS_RNN_H

#include "vsi_nn_tensor.h"
#include "vsi_nn_param_enums.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _vsi_nn_lstm_param {
  float cell_clip;
  float proj_clip;
  vsi_nn_activation_e activation;
  float forget_bias;
  uint32_t weights;
} vsi_nn_lstm_param;

typedef struct _vsi_nn_lstmunit_param {
  float cell_clip;
  float proj_clip;
  vsi_nn_activation_e activation;
  float forget_bias;
} vsi_nn_lstmunit_param;

typedef struct _vsi_nn_lstm_ovxlib_param {
  float cell_clip;
  float proj_clip;
  vsi_nn_activation_e activation;
  float forget_bias;
  vsi_bool time_major;
  vsi_nn_dtype_t internal_dtype[LSTMUNIT_QUANTIZE_PARAM_COUNT];
  vsi_nn_activation_e recurrent_activation;
  vsi_bool return_sequences;
  uint32_t weights;
} vsi_nn_lstm_ovxlib_param;

typedef struct _vsi_nn_lstmunit_ovxlib_param {
  vsi_bool pad0;
  vsi_bool pad1;
  vsi_bool pad2;
  vsi_bool pad3;
  vsi_bool pad4;
  vsi_bool pad5;
  float cell_clip;
  float proj_clip;
  vsi_nn_activation_e activation;
  float forget_bias;
  vsi_nn_dtype_t internal_dtype[LSTMUNIT_QUANTIZE_PARAM_COUNT];
  vsi_nn_activation_e recurrent_activation;
  vsi_nn_dtype_t *internal_dtype_aux;
} vsi_nn_lstmunit_ovxlib_param;

typedef struct _vsi_nn_lstmunit_activation_param {
  float cell_clip;
  float proj_clip;
  float forget_bias;
  uint8_t is_cifg;
  uint8_t is_projection;
  uint8_t is_layer_norm;
  uint8_t is_peephole;
  uint8_t is_hybrid;
  vsi_nn_activation_e recurrent_activation;
} vsi_nn_lstmunit_activation_param;

typedef struct _vsi_nn_gru_param {
  uint32_t num_units;
  vsi_nn_activation_e activation;
  vsi_nn_activation_e recurrent_activation;
  vsi_bool reset_after;
  vsi_bool return_sequences;
  vsi_bool time_major;
} vsi_nn_gru_param;

typedef struct _vsi_nn_gru_ovxlib_param {
  uint32_t num_units;
  vsi_bool time_major;
  vsi_nn_activation_e activation;
  vsi_nn_activation_e recurrent_activation;
  vsi_bool return_sequences;
  uint32_t linear_before_reset;
  vsi_nn_dtype_t internal_dtype[GRUCELL_QUANTIZE_PARAM_COUNT];
  vsi_bool use_cudnn_implementation;
  uint32_t cudnn_implementation_version;
} vsi_nn_gru_ovxlib_param;

typedef struct _vsi_nn_grucell_param {
  uint32_t num_units;
  vsi_nn_activation_e activation;
  vsi_nn_activation_e recurrent_activation;
  vsi_bool reset_after;
} vsi_nn_grucell_param;

typedef struct _vsi_nn_grucell_ovxlib_param {
  uint32_t num_units;
  vsi_nn_activation_e activation;
  vsi_nn_activation_e recurrent_activation;
  uint32_t linear_before_reset;
  vsi_bool use_cudnn_implementation;
  uint32_t cudnn_implementation_version;
  vsi_nn_dtype_t internal_dtype[GRUCELL_QUANTIZE_PARAM_COUNT];
} vsi_nn_grucell_ovxlib_param;

typedef struct _vsi_nn_grucell_activation_param {
  vsi_nn_activation_e activation;
} vsi_nn_grucell_activation_param;

typedef struct _vsi_nn_rnn_param {
  vsi_nn_activation_e activation;
} vsi_nn_rnn_param;

typedef struct _vsi_nn_rnncell_ovxlib_param {
  vsi_nn_activation_e activation;
  vsi_nn_dtype_t *internal_dtype;
} vsi_nn_rnncell_ovxlib_param;

typedef struct _vsi_nn_svdf_param {
  int32_t rank;
  int32_t num_units;
  int32_t spectrogram_length;
} vsi_nn_svdf_param;

typedef struct _vsi_nn_conv2d_lstm_param {
  vsi_nn_activation_e activation;
  vsi_nn_activation_e recurrent_activation;
  vsi_nn_con2d_lstm_dataformat data_format;
  vsi_bool return_sequences;
  uint32_t filters;
  vsi_nn_conv2d_param conv2d;
} vsi_nn_conv2d_lstm_param;

typedef struct _vsi_nn_conv2d_lstm_cell_param {
  vsi_nn_activation_e activation;
  vsi_nn_activation_e recurrent_activation;
  uint32_t filters;
  vsi_nn_conv2d_param conv2d;
} vsi_nn_conv2d_lstm_cell_param;

typedef struct _vsi_nn_unidirectional_sequence_rnn_param {
  vsi_bool time_major;
  vsi_nn_activation_e activation;
  vsi_nn_dtype_t internal_dtype[RNNCELL_QUANTIZE_PARAM_COUNT];
} vsi_nn_unidirectional_sequence_rnn_param;

typedef struct _vsi_nn_bidirectional_sequence_rnn_param {
  vsi_bool time_major;
  vsi_bool merge_outputs;
  vsi_nn_activation_e activation;
  vsi_nn_dtype_t *internal_dtype;
} vsi_nn_bidirectional_sequence_rnn_param;

typedef struct _vsi_nn_bidirectional_sequence_lstm_param {
  vsi_bool time_major;
  vsi_bool merge_outputs;
  vsi_nn_activation_e activation;
  float cell_clip;
  float proj_clip;
  float forget_bias;
  vsi_nn_activation_e recurrent_activation;
  vsi_nn_dtype_t *internal_dtype;
} vsi_nn_bidirectional_sequence_lstm_param;

typedef struct _vsi_nn_quantized_16bit_lstm_param {
  uint32_t unused;
} vsi_nn_quantized_16bit_lstm_param;

#ifdef __cplusplus
}
#endif

#endif
