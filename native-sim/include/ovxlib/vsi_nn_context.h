/* The context that graphs live in. */
#ifndef VSI_NN_CONTEXT_H
#define VSI_NN_CONTEXT_H

#include "vsi_nn_types.h"

#ifdef __cplusplus
extern "C" {
#endif

vsi_nn_context_t vsi_nn_CreateContext(void);
void vsi_nn_ReleaseContext(vsi_nn_context_t *ctx);

#ifdef __cplusplus
}
#endif

#endif
