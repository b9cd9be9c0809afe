/* Platform includes. */
#ifndef VSI_NN_PLATFORM_H
#define VSI_NN_PLATFORM_H

#include <VX/vx.h>
#include <VX/vx_ext_program.h>
#include <VX/vx_khr_nn.h>

#endif
