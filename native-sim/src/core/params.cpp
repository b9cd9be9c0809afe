#include "core/params.h"

#include <cmath>

namespace sim {

namespace {

bool is_byte(FieldType type) { return type == FieldType::kI8 || type == FieldType::kU8; }

void store_element(FieldType type, double v, uint8_t* to) {
  if (is_float_field(type)) {
    const float f = float(v);
    std::memcpy(to, &f, 4);
  } else if (is_byte(type)) {
    *to = uint8_t(int64_t(v));
  } else {
    const uint32_t u = uint32_t(int64_t(v));
    std::memcpy(to, &u, 4);
  }
}

void check_integer(FieldType type, double v) {
  if (is_float_field(type)) return;
  // Negative numbers in unsigned fields are the usual way to write "all bits set", as C does.
  const double lo = is_byte(type) ? -128 : -2147483648.0, hi = is_byte(type) ? 255 : 4294967295.0;
  if (!(v == std::floor(v)) || v < lo || v > hi) fail(" is %f, expected an integer that fits the field", v);
}

}  // namespace

const Field* find_field(const OpRecord& op, const std::string& name) {
  for (const Field& f : op.fields)
    if (name == f.name) return &f;
  return nullptr;
}

void set_param(const Field& field, const std::vector<double>& values, vsi_nn_node_t* node, ParamMemory& memory) {
  if (field.count > 0 && values.size() != size_t(field.count))
    fail(" has %zu elements, expected %d", values.size(), field.count);
  for (const double v : values) check_integer(field.type, v);
  uint8_t* to = reinterpret_cast<uint8_t*>(&node->nn_param) + field.offset;
  if (field.count > 0) {
    const size_t bytes = is_byte(field.type) ? 1 : 4;
    for (size_t i = 0; i < values.size(); i++) store_element(field.type, values[i], to + i * bytes);
    return;
  }
  memory.push_back(std::make_unique<std::vector<uint32_t>>(values.size() + 1));
  uint32_t* array = memory.back()->data();
  for (size_t i = 0; i < values.size(); i++) store_element(field.type, values[i], reinterpret_cast<uint8_t*>(array + i));
  std::memcpy(to, &array, sizeof array);
}

int64_t wanted_length(const OpRecord& op, const Field& field, const vsi_nn_node_t* node) {
  const Field* count = find_field(op, field.length);
  if (!count) return 0;
  const uint8_t* from = reinterpret_cast<const uint8_t*>(&node->nn_param) + count->offset;
  if (count->type == FieldType::kU8) return *from;
  uint32_t n;
  std::memcpy(&n, from, 4);
  return n;
}

bool set_vx_param(vsi_nn_node_t* node, const std::string& name, int32_t value) {
  auto& p = node->vx_param;
  const struct {
    const char* name;
    void* at;
  } entries[] = {{"overflow_policy", &p.overflow_policy},
                 {"rounding_policy", &p.rounding_policy},
                 {"down_scale_size_rounding", &p.down_scale_size_rounding},
                 {"has_relu", &p.has_relu},
                 {"accumulator_bits", &p.accumulator_bits},
                 {"platform", &p.platform}};
  for (const auto& entry : entries)
    if (name == entry.name) {
      std::memcpy(entry.at, &value, 4);
      return true;
    }
  return false;
}

}  // namespace sim
