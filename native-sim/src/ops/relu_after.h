// Operators that are another one with a RELU behind it.
#pragma once

#include "core/op.h"

namespace sim {

// Runs a kernel and then turns what is negative in the tensor it wrote into zeros. Storing keeps the order of numbers
// and 0 itself, so this is the RELU of the numbers before they were stored, too.
Kernel relu_after(Kernel kernel, vsi_nn_tensor_t* written);

}  // namespace sim
