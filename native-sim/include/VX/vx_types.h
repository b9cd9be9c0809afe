/* The OpenVX names that ovxlib headers and case code use. The handles are opaque: only the simulator looks inside. */
#ifndef VX_TYPES_H
#define VX_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef char vx_char;
typedef int8_t vx_int8;
typedef uint8_t vx_uint8;
typedef int16_t vx_int16;
typedef uint16_t vx_uint16;
typedef int32_t vx_int32;
typedef uint32_t vx_uint32;
typedef int64_t vx_int64;
typedef uint64_t vx_uint64;
typedef float vx_float32;
typedef double vx_float64;
typedef size_t vx_size;
typedef int32_t vx_enum;
typedef int32_t vx_bool;
typedef vx_enum vx_status;

typedef struct _vx_context *vx_context;
typedef struct _vx_graph *vx_graph;
typedef struct _vx_node *vx_node;
typedef struct _vx_tensor *vx_tensor;
typedef struct _vx_weights_biases *vx_weights_biases_parameter;

#define vx_false_e 0
#define vx_true_e 1

enum vx_convert_policy_e {
  VX_CONVERT_POLICY_WRAP = 40960,
  VX_CONVERT_POLICY_SATURATE = 40961
};

enum vx_round_policy_e {
  VX_ROUND_POLICY_TO_ZERO = 73729,
  VX_ROUND_POLICY_TO_NEAREST_EVEN = 73730
};

enum vx_type_e {
  VX_TYPE_INVALID = 0,
  VX_TYPE_CHAR = 1,
  VX_TYPE_INT8 = 2,
  VX_TYPE_UINT8 = 3,
  VX_TYPE_INT16 = 4,
  VX_TYPE_UINT16 = 5,
  VX_TYPE_INT32 = 6,
  VX_TYPE_UINT32 = 7,
  VX_TYPE_INT64 = 8,
  VX_TYPE_UINT64 = 9,
  VX_TYPE_FLOAT32 = 10,
  VX_TYPE_FLOAT64 = 11,
  VX_TYPE_FLOAT16 = 15,
  VX_TYPE_BOOL8 = 17,
  VX_TYPE_BFLOAT16 = 2074
};

#ifdef __cplusplus
}
#endif

#endif
