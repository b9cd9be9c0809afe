/* Present because vendor projects name it; nothing of OpenCL is used. */
#ifndef CL_H
#define CL_H

#endif
