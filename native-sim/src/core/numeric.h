// How stored elements stand for real numbers, and conversion of whole blocks between the two.
#pragma once

#include <cstdint>
#include <cstring>

#include "vsi_nn_pub.h"

namespace sim {

size_t type_bytes(vsi_enum vx_type);
const char* type_name(vsi_enum vx_type);
bool is_float(vsi_enum vx_type);

float f16_to_f32(uint16_t h);
uint16_t f32_to_f16_nearest(float f);    // what kernels store
uint16_t f32_to_f16_truncate(float f);   // what vsi_nn_Float32ToDtype does
float bf16_to_f32(uint16_t h);
uint16_t f32_to_bf16(float f);
// Rounds to the neighbour whose last bit is 1, so that rounding the result to 22 bits or fewer is one rounding of v.
float f64_to_f32_odd(double v);

// Round half to even and clamp; NaN becomes `lo`'s nearest neighbour of zero, i.e. clamp(0).
double clamp_round(double v, double lo, double hi);

// The numbers a data type can stand for. Affine and dynamic fixed point are one case: (q - zero) * scale.
struct Numeric {
  vsi_enum type = VSI_NN_TYPE_FLOAT32;
  bool quantized = false;
  bool per_channel = false;
  double scale = 1;
  int32_t zero = 0;
  double lo = 0, hi = 0;  // range of the stored integer

  Numeric() = default;
  explicit Numeric(const vsi_nn_dtype_t& dtype);
  bool operator==(const Numeric& o) const {
    return type == o.type && quantized == o.quantized && per_channel == o.per_channel && scale == o.scale &&
           zero == o.zero;
  }
  bool operator!=(const Numeric& o) const { return !(*this == o); }
  size_t bytes() const { return type_bytes(type); }
  bool is_8bit() const { return type == VSI_NN_TYPE_UINT8 || type == VSI_NN_TYPE_INT8; }
  bool is_f32() const { return type == VSI_NN_TYPE_FLOAT32; }
  bool is_16bit() const { return type == VSI_NN_TYPE_UINT16 || type == VSI_NN_TYPE_INT16; }
  bool affine8() const { return is_8bit() && quantized && !per_channel; }
  // Integers of 8 or 16 bits with one scale: what exact integer kernels work on.
  bool is_code() const { return (is_8bit() || is_16bit()) && quantized && !per_channel; }
};

// Conversion of n elements. Storing rounds half to even for quantized types and half floats, truncates and
// clamps for plain integers, and stores x != 0 for bool8.
void load_f32(const Numeric& from, const uint8_t* src, int64_t n, float* dst);
void load_f64(const Numeric& from, const uint8_t* src, int64_t n, double* dst);
void store_f32(const Numeric& to, const float* src, int64_t n, uint8_t* dst);
void store_f64(const Numeric& to, const double* src, int64_t n, uint8_t* dst);
// What vsi_nn_Float32ToDtype does, which is what host code fills inputs with: divides in float32 before it rounds,
// truncates float16, keeps the low bytes of plain integers. False for types it has no conversion to.
bool store_as_host(const Numeric& to, const float* src, int64_t n, uint8_t* dst);
// Integer codes (Numeric::is_code) without their zero point.
void load_codes(const Numeric& from, const uint8_t* src, int64_t n, int32_t* dst);
// Stores values that are already divided by the scale. Types that are not quantized have a scale of 1.
void store_steps(const Numeric& to, const double* src, int64_t n, uint8_t* dst);
void convert(const Numeric& from, const uint8_t* src, const Numeric& to, uint8_t* dst, int64_t n);

}  // namespace sim
