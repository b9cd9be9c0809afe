#include "convert.h"

#include <cmath>

namespace binding {

void refuse(Napi::Env env, const std::string& text) { throw Napi::Error::New(env, text); }

void cancelled(Napi::Env env) {
  Napi::Error error = Napi::Error::New(env, "the run was cancelled");
  error.Set("code", "cancelled");
  throw error;
}

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

sim::Requantization requantization(const Napi::Value& v, const std::string& where) {
  sim::Requantization mode = sim::Requantization::kExact;
  const std::string name = v.IsString() ? v.As<Napi::String>().Utf8Value() : std::string();
  if (!v.IsUndefined() && !sim::find_requantization(name.c_str(), mode))
    refuse(v.Env(), where + " must be \"exact\", \"npu7\" or \"npu8\"");
  return mode;
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

const std::atomic<int32_t>* flag(const Napi::Value& v, const std::string& where) {
  static_assert(sizeof(std::atomic<int32_t>) == sizeof(int32_t) && std::atomic<int32_t>::is_always_lock_free,
                "elements of an Int32Array are read as atomic numbers");
  if (!v.IsTypedArray() || v.As<Napi::TypedArray>().TypedArrayType() != napi_int32_array ||
      v.As<Napi::TypedArray>().ElementLength() == 0)
    refuse(v.Env(), where + " must be an Int32Array of one element");
  return reinterpret_cast<const std::atomic<int32_t>*>(v.As<Napi::Int32Array>().Data());
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

std::vector<double> param_values(const Napi::Value& v, const std::string& where) {
  if (v.IsArray()) return numbers(v, where);
  return {v.IsBoolean() ? double(v.As<Napi::Boolean>().Value()) : number(v, where)};
}

}  // namespace

void set_params(Napi::Env env, const sim::OpRecord& op, const Napi::Value& params, const std::string& where,
                vsi_nn_node_t* node, sim::ParamMemory& memory) {
  if (params.IsUndefined()) return;
  const Napi::Object given = object(params, where);
  const Napi::Array names = given.GetPropertyNames();
  for (uint32_t i = 0; i < names.Length(); i++) {
    const std::string name = names.Get(i).ToString().Utf8Value();
    const sim::Field* field = sim::find_field(op, name);
    if (!field) refuse(env, where + "." + name + ": " + op.name + " has no such parameter");
    const std::vector<double> values = param_values(given.Get(name), where + "." + name);
    try {
      sim::set_param(*field, values, node, memory);
    } catch (const sim::Failure& e) {
      refuse(env, where + "." + name + e.what());
    }
  }
  // The operator reads as many elements as the count field says, so the arrays must be that long.
  for (const sim::Field& f : op.fields) {
    if (f.count != 0) continue;
    const Napi::Value v = given.Get(f.name);
    const int64_t have = v.IsUndefined() ? 0 : v.IsArray() ? v.As<Napi::Array>().Length() : 1;
    const int64_t want = sim::wanted_length(op, f, node);
    if (!v.IsUndefined() && have != want)
      refuse(env, where + "." + f.name + " has " + std::to_string(have) + " elements, but " + f.length + " is " +
                      std::to_string(want));
  }
}

void set_vx(Napi::Env env, const Napi::Value& vx, const std::string& where, vsi_nn_node_t* node) {
  if (vx.IsUndefined()) return;
  const Napi::Object given = object(vx, where);
  const Napi::Array names = given.GetPropertyNames();
  for (uint32_t i = 0; i < names.Length(); i++) {
    const std::string name = names.Get(i).ToString().Utf8Value();
    const int32_t v = int32_t(integer(given.Get(name), where + "." + name, -2147483648LL, 2147483647LL));
    if (!sim::set_vx_param(node, name, v)) refuse(env, where + "." + name + " is not a field of vx_param");
  }
}

const char* field_type_name(sim::FieldType type) {
  using sim::FieldType;
  switch (type) {
    case FieldType::kI8: return "i8";
    case FieldType::kU8: return "u8";
    case FieldType::kI32: return "i32";
    case FieldType::kU32: return "u32";
    case FieldType::kF32: return "f32";
    case FieldType::kI32Pointer: return "i32*";
    case FieldType::kF32Pointer: return "f32*";
    default: return "u32*";
  }
}

}  // namespace binding
