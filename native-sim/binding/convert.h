// Reading what JavaScript passes in. Everything is checked; a wrong value becomes an exception with a name in it.
#pragma once

#include <napi.h>

#include <atomic>
#include <string>
#include <vector>

#include "core/params.h"

namespace binding {

[[noreturn]] void refuse(Napi::Env env, const std::string& text);
// What a run that the caller stopped throws; its code is "cancelled".
[[noreturn]] void cancelled(Napi::Env env);

// `where` names the value in error messages, e.g. "tensors[3].size".
Napi::Object object(const Napi::Value& v, const std::string& where);
double number(const Napi::Value& v, const std::string& where);
int64_t integer(const Napi::Value& v, const std::string& where, int64_t lo, int64_t hi);
bool boolean(const Napi::Value& v, const std::string& where);
// exact if it is undefined.
sim::Requantization requantization(const Napi::Value& v, const std::string& where);
std::vector<double> numbers(const Napi::Value& v, const std::string& where);
std::vector<int64_t> integers(const Napi::Value& v, const std::string& where, int64_t lo, int64_t hi);

struct Bytes {
  const uint8_t* data = nullptr;
  size_t size = 0;
};
Bytes bytes(const Napi::Value& v, const std::string& where);
struct Floats {
  const float* data = nullptr;
  size_t size = 0;
};
Floats floats(const Napi::Value& v, const std::string& where);
// The elements of an Int32Array.
std::vector<int32_t> ints(const Napi::Value& v, const std::string& where);
// The first element of an Int32Array, which another thread may write.
const std::atomic<int32_t>* flag(const Napi::Value& v, const std::string& where);

// A tensor description; `scales` gets the per-channel scales that attr.dtype points to.
void tensor_attr(const Napi::Object& spec, const std::string& where, vsi_nn_tensor_attr_t& attr,
                 std::vector<float>& scales);

// Writes the fields of a node's parameter struct through the operator's field table.
void set_params(Napi::Env env, const sim::OpRecord& op, const Napi::Value& params, const std::string& where,
                vsi_nn_node_t* node, sim::ParamMemory& memory);
void set_vx(Napi::Env env, const Napi::Value& vx, const std::string& where, vsi_nn_node_t* node);

const char* field_type_name(sim::FieldType type);

}  // namespace binding
