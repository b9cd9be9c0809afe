// The proofs, one per entry of the Isa record, and those of the statistics taps.
#pragma once

#include "check.h"

namespace proofs {

void prove_f32_conv(Run& run);
void prove_u8s8_conv(Run& run);
void prove_u8s8_conv_codes(Run& run);
void prove_s16_conv(Run& run);
void prove_f32_plane(Run& run);
void prove_s16_plane(Run& run);
void prove_f32_depthwise(Run& run);
void prove_u8s16_depthwise(Run& run);
void prove_s16_depthwise(Run& run);
void prove_f32_dot(Run& run);
void prove_u8s8_dot(Run& run);
void prove_s16_dot(Run& run);
void prove_s32_requantize(Run& run);
void prove_u8_table(Run& run);
void prove_f32_pack(Run& run);
void prove_u8_pack4(Run& run);
void prove_u8_pack2(Run& run);
void prove_s16_pack2(Run& run);
void prove_s16_high_bytes(Run& run);
void prove_s32_wide_sum(Run& run);
void prove_s64_requantize(Run& run);
void prove_u8_add(Run& run);
void prove_s16_add(Run& run);
void prove_s16_leaky(Run& run);

void prove_taps(Run& run);

}  // namespace proofs
