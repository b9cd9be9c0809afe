#include "core/numeric.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sim {

size_t type_bytes(vsi_enum type) {
  switch (type) {
    case VSI_NN_TYPE_INT8: case VSI_NN_TYPE_UINT8: case VSI_NN_TYPE_BOOL8: return 1;
    case VSI_NN_TYPE_INT16: case VSI_NN_TYPE_UINT16: case VSI_NN_TYPE_FLOAT16: case VSI_NN_TYPE_BFLOAT16: return 2;
    case VSI_NN_TYPE_INT32: case VSI_NN_TYPE_UINT32: case VSI_NN_TYPE_FLOAT32: return 4;
    case VSI_NN_TYPE_INT64: case VSI_NN_TYPE_UINT64: case VSI_NN_TYPE_FLOAT64: return 8;
    default: return 0;
  }
}

const char* type_name(vsi_enum type) {
  switch (type) {
    case VSI_NN_TYPE_INT8: return "int8";
    case VSI_NN_TYPE_UINT8: return "uint8";
    case VSI_NN_TYPE_BOOL8: return "bool8";
    case VSI_NN_TYPE_INT16: return "int16";
    case VSI_NN_TYPE_UINT16: return "uint16";
    case VSI_NN_TYPE_FLOAT16: return "float16";
    case VSI_NN_TYPE_BFLOAT16: return "bfloat16";
    case VSI_NN_TYPE_INT32: return "int32";
    case VSI_NN_TYPE_UINT32: return "uint32";
    case VSI_NN_TYPE_FLOAT32: return "float32";
    case VSI_NN_TYPE_INT64: return "int64";
    case VSI_NN_TYPE_UINT64: return "uint64";
    case VSI_NN_TYPE_FLOAT64: return "float64";
    default: return "unknown";
  }
}

bool is_float(vsi_enum type) {
  return type == VSI_NN_TYPE_FLOAT32 || type == VSI_NN_TYPE_FLOAT16 || type == VSI_NN_TYPE_BFLOAT16 ||
         type == VSI_NN_TYPE_FLOAT64;
}

double clamp_round(double v, double lo, double hi) {
  if (!(v == v)) v = 0;
  return std::nearbyint(std::min(std::max(v, lo), hi));
}

namespace {

template <class T>
void integer_range(double& lo, double& hi) {
  lo = double(std::numeric_limits<T>::min());
  hi = double(std::numeric_limits<T>::max());
}

void range_of(vsi_enum type, double& lo, double& hi) {
  switch (type) {
    case VSI_NN_TYPE_INT8: return integer_range<int8_t>(lo, hi);
    case VSI_NN_TYPE_UINT8: return integer_range<uint8_t>(lo, hi);
    case VSI_NN_TYPE_INT16: return integer_range<int16_t>(lo, hi);
    case VSI_NN_TYPE_UINT16: return integer_range<uint16_t>(lo, hi);
    case VSI_NN_TYPE_INT32: return integer_range<int32_t>(lo, hi);
    case VSI_NN_TYPE_UINT32: return integer_range<uint32_t>(lo, hi);
    // The largest doubles that convert back without overflow.
    case VSI_NN_TYPE_INT64: lo = -0x1p63; hi = 0x1.fffffffffffffp62; return;
    case VSI_NN_TYPE_UINT64: lo = 0; hi = 0x1.fffffffffffffp63; return;
    default: return;
  }
}

template <class T>
T at(const uint8_t* src, int64_t i) {
  T v;
  std::memcpy(&v, src + i * int64_t(sizeof(T)), sizeof(T));
  return v;
}

template <class T>
void put(uint8_t* dst, int64_t i, T v) {
  std::memcpy(dst + i * int64_t(sizeof(T)), &v, sizeof(T));
}

template <class T, class R>
void load_integers(const Numeric& f, const uint8_t* src, int64_t n, R* dst) {
  const R scale = R(f.scale);
  const int64_t zero = f.zero;
  if (!f.quantized)
    for (int64_t i = 0; i < n; i++) dst[i] = R(at<T>(src, i));
  else
    for (int64_t i = 0; i < n; i++) dst[i] = R(int64_t(at<T>(src, i)) - zero) * scale;
}

template <class R>
void load_any(const Numeric& f, const uint8_t* src, int64_t n, R* dst) {
  switch (f.type) {
    case VSI_NN_TYPE_FLOAT32: for (int64_t i = 0; i < n; i++) dst[i] = R(at<float>(src, i)); return;
    case VSI_NN_TYPE_FLOAT64: for (int64_t i = 0; i < n; i++) dst[i] = R(at<double>(src, i)); return;
    case VSI_NN_TYPE_FLOAT16: for (int64_t i = 0; i < n; i++) dst[i] = f16_to_f32(at<uint16_t>(src, i)); return;
    case VSI_NN_TYPE_BFLOAT16: for (int64_t i = 0; i < n; i++) dst[i] = bf16_to_f32(at<uint16_t>(src, i)); return;
    case VSI_NN_TYPE_INT8: return load_integers<int8_t>(f, src, n, dst);
    case VSI_NN_TYPE_UINT8: return load_integers<uint8_t>(f, src, n, dst);
    case VSI_NN_TYPE_INT16: return load_integers<int16_t>(f, src, n, dst);
    case VSI_NN_TYPE_UINT16: return load_integers<uint16_t>(f, src, n, dst);
    case VSI_NN_TYPE_INT32: return load_integers<int32_t>(f, src, n, dst);
    case VSI_NN_TYPE_UINT32: return load_integers<uint32_t>(f, src, n, dst);
    case VSI_NN_TYPE_INT64: return load_integers<int64_t>(f, src, n, dst);
    case VSI_NN_TYPE_UINT64: return load_integers<uint64_t>(f, src, n, dst);
    default: for (int64_t i = 0; i < n; i++) dst[i] = R(src[i] != 0); return;
  }
}

template <class T, class R>
void store_integers(const Numeric& t, const R* src, int64_t n, uint8_t* dst) {
  if (t.quantized) {
    const double zero = t.zero;
    for (int64_t i = 0; i < n; i++)
      put(dst, i, T(clamp_round(double(src[i]) / t.scale, t.lo - zero, t.hi - zero) + zero));
  } else {
    for (int64_t i = 0; i < n; i++) {
      const double v = src[i] == src[i] ? double(src[i]) : 0.0;
      put(dst, i, T(std::trunc(std::min(std::max(v, t.lo), t.hi))));
    }
  }
}

float half_ready(float v) { return v; }
float half_ready(double v) { return f64_to_f32_odd(v); }

template <class R>
void store_any(const Numeric& t, const R* src, int64_t n, uint8_t* dst) {
  switch (t.type) {
    case VSI_NN_TYPE_FLOAT32: for (int64_t i = 0; i < n; i++) put(dst, i, float(src[i])); return;
    case VSI_NN_TYPE_FLOAT64: for (int64_t i = 0; i < n; i++) put(dst, i, double(src[i])); return;
    case VSI_NN_TYPE_FLOAT16: for (int64_t i = 0; i < n; i++) put(dst, i, f32_to_f16_nearest(half_ready(src[i]))); return;
    case VSI_NN_TYPE_BFLOAT16: for (int64_t i = 0; i < n; i++) put(dst, i, f32_to_bf16(half_ready(src[i]))); return;
    case VSI_NN_TYPE_INT8: return store_integers<int8_t>(t, src, n, dst);
    case VSI_NN_TYPE_UINT8: return store_integers<uint8_t>(t, src, n, dst);
    case VSI_NN_TYPE_INT16: return store_integers<int16_t>(t, src, n, dst);
    case VSI_NN_TYPE_UINT16: return store_integers<uint16_t>(t, src, n, dst);
    case VSI_NN_TYPE_INT32: return store_integers<int32_t>(t, src, n, dst);
    case VSI_NN_TYPE_UINT32: return store_integers<uint32_t>(t, src, n, dst);
    case VSI_NN_TYPE_INT64: return store_integers<int64_t>(t, src, n, dst);
    case VSI_NN_TYPE_UINT64: return store_integers<uint64_t>(t, src, n, dst);
    default: for (int64_t i = 0; i < n; i++) dst[i] = src[i] != 0; return;
  }
}

}  // namespace

Numeric::Numeric(const vsi_nn_dtype_t& dtype) : type(dtype.vx_type) {
  range_of(type, lo, hi);
  if (is_float(type) || type == VSI_NN_TYPE_BOOL8) return;
  if (dtype.qnt_type == VSI_NN_QNT_TYPE_DFP) {
    quantized = true;
    scale = std::ldexp(1.0, -int(dtype.fl));
  } else if (dtype.qnt_type == VSI_NN_QNT_TYPE_AFFINE_ASYMMETRIC) {
    quantized = true;
    scale = dtype.scale;
    zero = dtype.zero_point;
  } else if (dtype.qnt_type == VSI_NN_QNT_TYPE_AFFINE_PERCHANNEL_SYMMETRIC) {
    quantized = per_channel = true;
  }
}

void load_f32(const Numeric& from, const uint8_t* src, int64_t n, float* dst) { load_any(from, src, n, dst); }
void load_f64(const Numeric& from, const uint8_t* src, int64_t n, double* dst) { load_any(from, src, n, dst); }
void store_f32(const Numeric& to, const float* src, int64_t n, uint8_t* dst) { store_any(to, src, n, dst); }
void store_f64(const Numeric& to, const double* src, int64_t n, uint8_t* dst) { store_any(to, src, n, dst); }

namespace {

// C's conversion to integer is undefined outside the range, so very large values go through the clamp first.
int64_t truncate(float v) {
  if (!(v == v)) return 0;
  return int64_t(std::min(std::max(double(v), -0x1p62), 0x1p62));
}

template <class T>
void host_codes(const Numeric& to, const float* src, int64_t n, uint8_t* dst) {
  // Clamped first, so float32 holds every rounded value, and adding 1.5 * 2^23 rounds half to even.
  constexpr float kMagic = 12582912.0f;
  const float scale = float(to.scale), lo = float(to.lo - to.zero), hi = float(to.hi - to.zero);
  for (int64_t i = 0; i < n; i++) {
    float v = src[i] / scale;
    v = v == v ? v : 0.0f;
    v = v < lo ? lo : v;
    v = v > hi ? hi : v;
    put(dst, i, T(int32_t(v + kMagic - kMagic) + to.zero));
  }
}

void host_integers(const Numeric& to, const float* src, int64_t n, uint8_t* dst) {
  const size_t bytes = to.bytes();
  const double zero = to.zero;
  for (int64_t i = 0; i < n; i++) {
    const int64_t q = to.quantized ? int64_t(clamp_round(double(src[i] / float(to.scale)), to.lo - zero, to.hi - zero) + zero)
                                   : truncate(src[i]);
    for (size_t b = 0; b < bytes; b++) dst[size_t(i) * bytes + b] = uint8_t(uint64_t(q) >> (8 * b));
  }
}

}  // namespace

bool store_as_host(const Numeric& to, const float* src, int64_t n, uint8_t* dst) {
  if (to.type == VSI_NN_TYPE_FLOAT16) {
    for (int64_t i = 0; i < n; i++) put(dst, i, f32_to_f16_truncate(src[i]));
    return true;
  }
  if (to.type == VSI_NN_TYPE_BFLOAT16 || to.is_f32()) {
    store_f32(to, src, n, dst);
    return true;
  }
  const bool known = to.is_8bit() || to.type == VSI_NN_TYPE_BOOL8 || to.type == VSI_NN_TYPE_INT16 ||
                     to.type == VSI_NN_TYPE_INT32 || to.type == VSI_NN_TYPE_UINT32;
  if (!known) return false;
  if (to.per_channel) std::memset(dst, 0, size_t(n) * to.bytes());
  else if (to.affine8()) host_codes<uint8_t>(to, src, n, dst);
  else if (to.is_code()) host_codes<int16_t>(to, src, n, dst);
  else host_integers(to, src, n, dst);
  return true;
}

void load_codes(const Numeric& from, const uint8_t* src, int64_t n, int32_t* dst) {
  const int32_t zero = from.zero;
  const auto load = [&](auto sample) {
    for (int64_t i = 0; i < n; i++) dst[i] = int32_t(at<decltype(sample)>(src, i)) - zero;
  };
  switch (from.type) {
    case VSI_NN_TYPE_INT8: return load(int8_t());
    case VSI_NN_TYPE_UINT8: return load(uint8_t());
    case VSI_NN_TYPE_INT16: return load(int16_t());
    default: return load(uint16_t());
  }
}

void store_steps(const Numeric& to, const double* src, int64_t n, uint8_t* dst) {
  if (!to.is_code()) {
    double block[256];
    for (int64_t i = 0; i < n; i += 256) {
      const int64_t m = std::min<int64_t>(256, n - i);
      for (int64_t k = 0; k < m; k++) block[k] = src[i + k] * to.scale;
      store_f64(to, block, m, dst + i * int64_t(to.bytes()));
    }
    return;
  }
  const double lo = to.lo - to.zero, hi = to.hi - to.zero;
  const auto store = [&](auto sample) {
    for (int64_t i = 0; i < n; i++) {
      double v = src[i] == src[i] ? src[i] : 0;
      v = v < lo ? lo : v;
      v = v > hi ? hi : v;
      // Rounds half to even and, unlike nearbyint, vectorises everywhere.
      put(dst, i, decltype(sample)(int32_t(v + 6755399441055744.0 - 6755399441055744.0) + to.zero));
    }
  };
  if (to.bytes() == 1) store(uint8_t());
  else store(uint16_t());
}

void convert(const Numeric& from, const uint8_t* src, const Numeric& to, uint8_t* dst, int64_t n) {
  if (from == to) {
    if (src != dst) std::memcpy(dst, src, size_t(n) * from.bytes());
    return;
  }
  double block[256];
  for (int64_t i = 0; i < n; i += 256) {
    const int64_t m = std::min<int64_t>(256, n - i);
    load_f64(from, src + i * int64_t(from.bytes()), m, block);
    store_f64(to, block, m, dst + i * int64_t(to.bytes()));
  }
}

}  // namespace sim
