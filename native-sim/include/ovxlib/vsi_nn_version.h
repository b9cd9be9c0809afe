/* Version of ovxlib these headers follow. */
#ifndef VSI_NN_VERSION_H
#define VSI_NN_VERSION_H

#include "vsi_nn_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define VSI_NN_VERSION_MAJOR 1
#define VSI_NN_VERSION_MINOR 1
#define VSI_NN_VERSION_PATCH 34
#define VSI_NN_VERSION (VSI_NN_VERSION_MAJOR * 10000 + VSI_NN_VERSION_MINOR * 100 + VSI_NN_VERSION_PATCH)

const char *vsi_nn_GetVersion(void);
uint32_t vsi_nn_GetVersionMajor(void);
uint32_t vsi_nn_GetVersionMinor(void);
uint32_t vsi_nn_GetVersionPatch(void);

#ifdef __cplusplus
}
#endif

#endif
