#include "convert.h"

#include <cmath>

namespace binding {

void refuse(Napi::Env env, const std::string& text) { throw Napi::Error::New(env, text); }

Napi::Object object(const Napi::Value& v, const std::string& where) {
  if (!v.IsObject() || v.IsNull()) refuse(v.Env(), where + " must be an object");
  return v.As<Napi::Object>();
}

double number(const Napi::Value& v, const std::string& where) {
  if (!v.IsNumber()) refuse(v.Env(), where + " must be a number");
  return v.As<Napi::Number>().DoubleValue();
}

int64_t integer(const Napi::Value& v, const std::string& where, int64_t lo, int64_t hi) {
  const double d = number(v, where);
  if (!(d == std::floor(d)) || d < double(lo) || d > double(hi))
    refuse(v.Env(), where + " is " + std::to_string(d) + ", expected an integer from " + std::to_string(lo) + " to " +
                        std::to_string(hi));
  return int64_t(d);
}

bool boolean(const Napi::Value& v, const std::string& where) {
  if (v.IsUndefined()) return false;
  if (!v.IsBoolean()) refuse(v.Env(), where + " must be true or false");
  return v.As<Napi::Boolean>().Value();
}

std::vector<double> numbers(const Napi::Value& v, const std::string& where) {
  if (!v.IsArray()) refuse(v.Env(), where + " must be an array of numbers");
  const Napi::Array list = v.As<Napi::Array>();
  if (list.Length() > 1000000) refuse(v.Env(), where + " is too long");
  std::vector<double> out;
  for (uint32_t i = 0; i < list.Length(); i++) out.push_back(number(list.Get(i), where + "[" + std::to_string(i) + "]"));
  return out;
}

std::vector<int64_t> integers(const Napi::Value& v, const std::string& where, int64_t lo, int64_t hi) {
  if (!v.IsArray()) refuse(v.Env(), where + " must be an array of integers");
  const Napi::Array list = v.As<Napi::Array>();
  if (list.Length() > 1000000) refuse(v.Env(), where + " is too long");
  std::vector<int64_t> out;
  for (uint32_t i = 0; i < list.Length(); i++)
    out.push_back(integer(list.Get(i), where + "[" + std::to_string(i) + "]", lo, hi));
  return out;
}

Bytes bytes(const Napi::Value& v, const std::string& where) {
  if (!v.IsTypedArray() || v.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    refuse(v.Env(), where + " must be a Uint8Array");
  const auto array = v.As<Napi::Uint8Array>();
  return {array.Data(), array.ByteLength()};
}

Floats floats(const Napi::Value& v, const std::string& where) {
  if (!v.IsTypedArray() || v.As<Napi::TypedArray>().TypedArrayType() != napi_float32_array)
    refuse(v.Env(), where + " must be a Float32Array");
  const auto array = v.As<Napi::Float32Array>();
  return {array.Data(), array.ElementLength()};
}

std::vector<int32_t> ints(const Napi::Value& v, const std::string& where) {
  if (!v.IsTypedArray() || v.As<Napi::TypedArray>().TypedArrayType() != napi_int32_array)
    refuse(v.Env(), where + " must be an Int32Array");
  const auto array = v.As<Napi::Int32Array>();
  return std::vector<int32_t>(array.Data(), array.Data() + array.ElementLength());
}

namespace {

void quantization(const Napi::Object& spec, const std::string& where, vsi_nn_dtype_t& dtype,
                  std::vector<float>& scales) {
  const Napi::Env env = spec.Env();
  if (dtype.qnt_type == VSI_NN_QNT_TYPE_AFFINE_ASYMMETRIC) {
    dtype.scale = float(number(spec.Get("scale"), where + ".scale"));
    if (!(dtype.scale > 0) || std::isinf(dtype.scale)) refuse(env, where + ".scale must be a positive number");
    const Napi::Value zero = spec.Get("zeroPoint");
    dtype.zero_point = zero.IsUndefined() ? 0 : int32_t(integer(zero, where + ".zeroPoint", -65536, 65536));
    const sim::Numeric n(dtype);
    if (n.is_8bit() && (dtype.zero_point < n.lo || dtype.zero_point > n.hi))
      refuse(env, where + ".zeroPoint is outside the data type");
  } else if (dtype.qnt_type == VSI_NN_QNT_TYPE_DFP) {
    dtype.fl = int8_t(integer(spec.Get("fl"), where + ".fl", -128, 127));
  } else if (dtype.qnt_type == VSI_NN_QNT_TYPE_AFFINE_PERCHANNEL_SYMMETRIC) {
    const Floats list = floats(spec.Get("scales"), where + ".scales");
    scales.assign(list.data, list.data + list.size);
    if (scales.empty()) refuse(env, where + ".scales is empty");
    dtype.scales = scales.data();
    dtype.scale_dim = int32_t(scales.size());
    dtype.channel_dim = int32_t(integer(spec.Get("channelDim"), where + ".channelDim", 0, sim::kMaxRank - 1));
  } else if (dtype.qnt_type != VSI_NN_QNT_TYPE_NONE) {
    refuse(env, where + ".qntType " + std::to_string(int(dtype.qnt_type)) + " is not known");
  }
}

}  // namespace

void tensor_attr(const Napi::Object& spec, const std::string& where, vsi_nn_tensor_attr_t& attr,
                 std::vector<float>& scales) {
  attr = {};
  const std::vector<int64_t> size = integers(spec.Get("size"), where + ".size", 0, sim::kMaxElements);
  if (size.size() > size_t(sim::kMaxRank)) refuse(spec.Env(), where + ".size has more than 8 dimensions");
  attr.dim_num = uint32_t(size.size());
  for (size_t i = 0; i < size.size(); i++) attr.size[i] = vsi_size_t(size[i]);
  attr.vtl = boolean(spec.Get("virtual"), where + ".virtual") ? TRUE : FALSE;
  attr.dtype.vx_type = int32_t(integer(spec.Get("vxType"), where + ".vxType", 0, 1 << 20));
  if (sim::type_bytes(attr.dtype.vx_type) == 0)
    refuse(spec.Env(), where + ".vxType " + std::to_string(attr.dtype.vx_type) + " is not supported");
  attr.dtype.qnt_type = vsi_nn_qnt_type_e(integer(spec.Get("qntType"), where + ".qntType", 0, 255));
  quantization(spec, where, attr.dtype, scales);
}

namespace {

using sim::Field;
using sim::FieldType;

void store_element(FieldType type, double v, uint8_t* to) {
  switch (type) {
    case FieldType::kF32: {
      const float f = float(v);
      std::memcpy(to, &f, 4);
      return;
    }
    case FieldType::kI8: case FieldType::kU8: *to = uint8_t(int64_t(v)); return;
    default: {
      const uint32_t u = uint32_t(int64_t(v));
      std::memcpy(to, &u, 4);
    }
  }
}

void check_integer(Napi::Env env, FieldType type, double v, const std::string& where) {
  if (type == FieldType::kF32) return;
  const bool byte = type == FieldType::kI8 || type == FieldType::kU8;
  // Negative numbers in unsigned fields are the usual way to write "all bits set", as C does.
  const double lo = byte ? -128 : -2147483648.0, hi = byte ? 255 : 4294967295.0;
  if (!(v == std::floor(v)) || v < lo || v > hi)
    refuse(env, where + " is " + std::to_string(v) + ", expected an integer that fits the field");
}

void set_field(Napi::Env env, const Field& f, const Napi::Value& v, const std::string& where, uint8_t* member,
               ParamMemory& memory) {
  std::vector<double> list;
  if (v.IsArray()) list = numbers(v, where);
  else list.push_back(v.IsBoolean() ? double(v.As<Napi::Boolean>().Value()) : number(v, where));
  if (f.count > 0 && int(list.size()) != f.count)
    refuse(env, where + " has " + std::to_string(list.size()) + " elements, expected " + std::to_string(f.count));
  for (const double d : list) check_integer(env, f.type, d, where);
  uint8_t* to = member + f.offset;
  const size_t bytes = f.type == FieldType::kI8 || f.type == FieldType::kU8 ? 1 : 4;
  if (f.count > 0) {
    for (size_t i = 0; i < list.size(); i++) store_element(f.type, list[i], to + i * bytes);
    return;
  }
  memory.push_back(std::make_unique<std::vector<uint32_t>>(list.size() + 1));
  uint32_t* values = memory.back()->data();
  for (size_t i = 0; i < list.size(); i++) store_element(f.type, list[i], reinterpret_cast<uint8_t*>(values + i));
  std::memcpy(to, &values, sizeof values);
}

int64_t read_count(const sim::OpRecord& op, const char* name, const uint8_t* member) {
  for (const Field& f : op.fields) {
    if (std::strcmp(f.name, name) != 0) continue;
    if (f.type == FieldType::kU8) return member[f.offset];
    uint32_t n;
    std::memcpy(&n, member + f.offset, 4);
    return n;
  }
  return 0;
}

}  // namespace

void set_params(Napi::Env env, const sim::OpRecord& op, const Napi::Value& params, const std::string& where,
                vsi_nn_node_t* node, ParamMemory& memory) {
  if (params.IsUndefined()) return;
  const Napi::Object given = object(params, where);
  const Napi::Array names = given.GetPropertyNames();
  auto* member = reinterpret_cast<uint8_t*>(&node->nn_param);
  for (uint32_t i = 0; i < names.Length(); i++) {
    const std::string name = names.Get(i).ToString().Utf8Value();
    const Field* field = nullptr;
    for (const Field& f : op.fields)
      if (name == f.name) field = &f;
    if (!field) refuse(env, where + "." + name + ": " + op.name + " has no such parameter");
    set_field(env, *field, given.Get(name), where + "." + name, member, memory);
  }
  // The operator reads as many elements as the count field says, so the arrays must be that long.
  for (const Field& f : op.fields) {
    if (f.count != 0) continue;
    const Napi::Value v = given.Get(f.name);
    const int64_t have = v.IsUndefined() ? 0 : v.IsArray() ? v.As<Napi::Array>().Length() : 1;
    const int64_t want = read_count(op, f.length, member);
    if (!v.IsUndefined() && have != want)
      refuse(env, where + "." + f.name + " has " + std::to_string(have) + " elements, but " + f.length + " is " +
                      std::to_string(want));
  }
}

void set_vx(Napi::Env env, const Napi::Value& vx, const std::string& where, vsi_nn_node_t* node) {
  if (vx.IsUndefined()) return;
  struct Entry {
    const char* name;
    void* at;
  };
  auto& p = node->vx_param;
  const Entry entries[] = {{"overflow_policy", &p.overflow_policy},
                           {"rounding_policy", &p.rounding_policy},
                           {"down_scale_size_rounding", &p.down_scale_size_rounding},
                           {"has_relu", &p.has_relu},
                           {"accumulator_bits", &p.accumulator_bits},
                           {"platform", &p.platform}};
  const Napi::Object given = object(vx, where);
  const Napi::Array names = given.GetPropertyNames();
  for (uint32_t i = 0; i < names.Length(); i++) {
    const std::string name = names.Get(i).ToString().Utf8Value();
    const Entry* entry = nullptr;
    for (const Entry& e : entries)
      if (name == e.name) entry = &e;
    if (!entry) refuse(env, where + "." + name + " is not a field of vx_param");
    const int32_t v = int32_t(integer(given.Get(name), where + "." + name, -2147483648LL, 2147483647LL));
    std::memcpy(entry->at, &v, 4);
  }
}

const char* field_type_name(FieldType type) {
  switch (type) {
    case FieldType::kI8: return "i8";
    case FieldType::kU8: return "u8";
    case FieldType::kI32: return "i32";
    case FieldType::kU32: return "u32";
    case FieldType::kF32: return "f32";
    case FieldType::kI32Pointer: return "i32*";
    default: return "u32*";
  }
}

}  // namespace binding
