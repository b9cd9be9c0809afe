// Every kernel of an Isa record, written once over a vector type V that the including file defines together with
// SIM_TARGET (the instruction set its functions are compiled for), and the record itself.
//
// V has: F, I (vector types), kLanes, kRows and kPairRows (rows a register tile holds), kPack, kFused, kSignedBytes (how
// its products of bytes are made), requantize, kRescalesTiles and then rescale_tile, and the
// operations that the kernels use.

#include "isa/kernels/common.inl"

#include "isa/kernels/f32_conv_8x3.inl"
#include "isa/kernels/int_conv_8x3.inl"
#include "isa/kernels/u8s8_conv_codes_8x3.inl"

#include "isa/kernels/f32_plane_4x1.inl"
#include "isa/kernels/s16_plane_1x4.inl"

#include "isa/kernels/f32_depthwise_4x1.inl"
#include "isa/kernels/s64_requantize.inl"
#include "isa/kernels/int_depthwise_4x1.inl"

#include "isa/kernels/f32_dot_4x1.inl"
#include "isa/kernels/int_dot_4x1.inl"

#include "isa/kernels/f32_pack.inl"
#include "isa/kernels/s16_pack.inl"
#include "isa/kernels/u8_pack.inl"
#include "isa/kernels/u8_table.inl"

#include "isa/kernels/int_add.inl"
#include "isa/kernels/s16_leaky.inl"
#include "isa/kernels/s32_wide_sum.inl"

// A new entry of Isa is set here, for all variants; those that have a better form of it take it from V.
static constexpr Isa isa_record(const char* name) {
  Isa isa{};
  isa.name = name;
  isa.lanes = V::kLanes;
  isa.pack = V::kPack;
  isa.fused = V::kFused;
  isa.f32_conv = f32_conv;
  isa.u8s8_conv = int_conv<false>;
  isa.u8s8_conv_codes = u8s8_conv_codes;
  isa.s16_conv = int_conv<true>;
  isa.f32_plane = f32_plane;
  isa.s16_plane = s16_plane;
  isa.f32_depthwise = f32_depthwise;
  isa.u8s16_depthwise = u8s16_depthwise;
  isa.s16_depthwise = s16_depthwise;
  isa.f32_dot = f32_dot;
  isa.u8s8_dot = int_dot<false>;
  isa.s16_dot = int_dot<true>;
  isa.s32_requantize = V::requantize;
  isa.u8_table = u8_table;
  isa.f32_pack = f32_pack;
  isa.u8_pack4 = u8_pack4;
  isa.u8_pack2 = u8_pack2;
  isa.s16_pack2 = s16_pack2;
  isa.s16_high_bytes = s16_high_bytes;
  isa.s32_wide_sum = s32_wide_sum;
  isa.s64_requantize = s64_requantize;
  isa.u8_add = int_add<uint8_t>;
  isa.s16_add = int_add<int16_t>;
  isa.s16_leaky = s16_leaky;
  return isa;
}
