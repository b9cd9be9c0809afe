/* OpenVX umbrella. */
#ifndef VX_H
#define VX_H

#include "vx_khr_nn.h"
#include "vx_types.h"

#endif
