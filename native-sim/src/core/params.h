// Filling a node's parameter struct from plain numbers, through the operator's field table.
#pragma once

#include "core/op.h"

namespace sim {

// Memory behind pointer parameters; lives as long as the graph.
using ParamMemory = std::vector<std::unique_ptr<std::vector<uint32_t>>>;

inline bool is_float_field(FieldType type) { return type == FieldType::kF32 || type == FieldType::kF32Pointer; }

// The field of this name, or null.
const Field* find_field(const OpRecord& op, const std::string& name);

// Writes one field. Throws a Failure that reads on after the field's name: " has 3 elements, expected 2".
void set_param(const Field& field, const std::vector<double>& values, vsi_nn_node_t* node, ParamMemory& memory);

// How many elements a pointer field must have now that all fields are set.
int64_t wanted_length(const OpRecord& op, const Field& field, const vsi_nn_node_t* node);

// Writes a field of vx_param; false if there is none of this name.
bool set_vx_param(vsi_nn_node_t* node, const std::string& name, int32_t value);

}  // namespace sim
