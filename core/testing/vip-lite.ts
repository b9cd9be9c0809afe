/** As much of VIPLite as a host program calls; the network copies its input to its output. */
export const VIP_LITE = `
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
typedef uint32_t vip_uint32_t;
typedef int vip_enum;
typedef enum { VIP_SUCCESS = 0, VIP_ERROR = -1 } vip_status_e;
typedef struct network *vip_network;
typedef struct buffer { void *data; uint32_t size; } *vip_buffer;
typedef struct {
  vip_uint32_t num_of_dims, sizes[6];
  vip_enum data_format, quant_format, memory_type;
  union {
    struct { int32_t fixed_point_pos; } dfp;
    struct { float scale; int32_t zeroPoint; } affine;
  } quant_data;
} vip_buffer_create_params_t;
enum {
  VIP_BUFFER_PROP_DATA_FORMAT, VIP_BUFFER_PROP_NUM_OF_DIMENSION, VIP_BUFFER_PROP_SIZES_OF_DIMENSION,
  VIP_BUFFER_PROP_QUANT_FORMAT, VIP_BUFFER_PROP_FIXED_POINT_POS, VIP_BUFFER_PROP_TF_SCALE,
  VIP_BUFFER_PROP_TF_ZERO_POINT, VIP_BUFFER_QUANTIZE_DYNAMIC_FIXED_POINT, VIP_BUFFER_QUANTIZE_TF_ASYMM,
  VIP_BUFFER_MEMORY_TYPE_DEFAULT, VIP_BUFFER_OPER_TYPE_FLUSH, VIP_BUFFER_OPER_TYPE_INVALIDATE,
  VIP_NETWORK_PROP_INPUT_COUNT, VIP_NETWORK_PROP_OUTPUT_COUNT, VIP_CREATE_NETWORK_FROM_FILE
};
static vip_buffer in, out;
static inline vip_status_e vip_init(void) { return VIP_SUCCESS; }
static inline void vip_destroy(void) {}
static inline vip_status_e vip_create_network(const void *n, vip_uint32_t s, int t, vip_network *w) {
  (void)s; (void)t; *w = (vip_network)n; return VIP_SUCCESS;
}
static inline void vip_destroy_network(vip_network w) { (void)w; }
static inline void vip_finish_network(vip_network w) { (void)w; }
static inline vip_status_e vip_query_network(vip_network w, vip_enum p, void *v) {
  (void)w; (void)p; *(vip_uint32_t *)v = 1; return VIP_SUCCESS;
}
static inline vip_status_e vip_query_input(vip_network w, vip_uint32_t i, vip_enum p, void *v) {
  const vip_uint32_t sizes[] = {4, 2};
  (void)w; (void)i;
  if (p == VIP_BUFFER_PROP_SIZES_OF_DIMENSION) memcpy(v, sizes, sizeof(sizes));
  else *(vip_uint32_t *)v = p == VIP_BUFFER_PROP_NUM_OF_DIMENSION ? 2 : 0;
  return VIP_SUCCESS;
}
static inline vip_status_e vip_query_output(vip_network w, vip_uint32_t i, vip_enum p, void *v) {
  return vip_query_input(w, i, p, v);
}
static inline vip_status_e vip_create_buffer(vip_buffer_create_params_t *p, vip_uint32_t s, vip_buffer *b) {
  (void)s;
  *b = malloc(sizeof(**b));
  (*b)->size = p->sizes[0] * p->sizes[1];
  (*b)->data = calloc(1, (*b)->size);
  return VIP_SUCCESS;
}
static inline vip_status_e vip_destroy_buffer(vip_buffer b) { free(b->data); free(b); return VIP_SUCCESS; }
static inline vip_status_e vip_prepare_network(vip_network w) { (void)w; return VIP_SUCCESS; }
static inline vip_status_e vip_set_input(vip_network w, vip_uint32_t i, vip_buffer b) {
  (void)w; (void)i; in = b; return VIP_SUCCESS;
}
static inline vip_status_e vip_set_output(vip_network w, vip_uint32_t i, vip_buffer b) {
  (void)w; (void)i; out = b; return VIP_SUCCESS;
}
static inline vip_status_e vip_run_network(vip_network w) {
  (void)w; memcpy(out->data, in->data, in->size); return VIP_SUCCESS;
}
static inline void *vip_map_buffer(vip_buffer b) { return b->data; }
static inline vip_status_e vip_unmap_buffer(vip_buffer b) { (void)b; return VIP_SUCCESS; }
static inline vip_uint32_t vip_get_buffer_size(vip_buffer b) { return b->size; }
static inline vip_status_e vip_flush_buffer(vip_buffer b, int t) { (void)b; (void)t; return VIP_SUCCESS; }
`;
