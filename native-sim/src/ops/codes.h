// Exact elementwise arithmetic on integer codes of 8 and 16 bits.
#pragma once

#include "core/op.h"

namespace sim {

// Both operands are codes (Numeric::is_code).
bool has_codes(const Setup& s);
// in0 + sign * in1
Kernel add_codes(Setup& s, int sign);
Kernel multiply_codes(Setup& s, double scale);
// The common case of a residual connection: no broadcast, and a clamp may follow.
bool is_residual(Setup& s);

}  // namespace sim
