/* Present because vendor projects name it; nothing of it is used. */
#ifndef VX_EXT_PROGRAM_H
#define VX_EXT_PROGRAM_H

#include "vx_types.h"

#endif
