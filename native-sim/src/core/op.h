// How an operator describes itself: one record with its name, parameter fields and three functions.
#pragma once

#include <cstddef>
#include <type_traits>
#include <vector>

#include "core/state.h"

namespace sim {

enum class FieldType { kI8, kU8, kI32, kU32, kF32, kI32Pointer, kU32Pointer, kF32Pointer };

// One member of a parameter struct.
struct Field {
  const char* name;
  FieldType type;
  int count;            // elements of a fixed array, 1 for a scalar, 0 for a pointer
  size_t offset;
  const char* length;   // for a pointer: the field that holds its element count
};

template <class T>
constexpr FieldType field_type() {
  using E = std::remove_cv_t<T>;
  if constexpr (std::is_floating_point_v<E>) return FieldType::kF32;
  else if constexpr (std::is_enum_v<E>) return FieldType::kI32;
  else if constexpr (sizeof(E) == 1) return std::is_signed_v<E> ? FieldType::kI8 : FieldType::kU8;
  else return std::is_signed_v<E> ? FieldType::kI32 : FieldType::kU32;
}

template <class T>
Field make_field(const char* name, size_t offset, const char* length) {
  if constexpr (std::is_pointer_v<T>) {
    constexpr FieldType element = field_type<std::remove_pointer_t<T>>();
    constexpr FieldType type = element == FieldType::kF32   ? FieldType::kF32Pointer
                               : element == FieldType::kI32 ? FieldType::kI32Pointer
                                                            : FieldType::kU32Pointer;
    return {name, type, 0, offset, length};
  } else if constexpr (std::is_array_v<T>) {
    return {name, field_type<std::remove_extent_t<T>>(), int(std::extent_v<T>), offset, nullptr};
  } else {
    return {name, field_type<T>(), 1, offset, nullptr};
  }
}

#define SIM_FIELD(param, name) ::sim::make_field<decltype(param::name)>(#name, offsetof(param, name), nullptr)
#define SIM_POINTER(param, name, length) \
  ::sim::make_field<decltype(param::name)>(#name, offsetof(param, name), #length)

class Setup;

struct OpRecord {
  vsi_nn_op_t op;
  const char* name;
  const char* member;  // of vsi_nn_nn_param_t; "" for operators without parameters
  std::vector<Field> fields;
  int min_in, max_in, min_out, max_out;
  // Checks inputs and parameters and gives every output its shape.
  void (*infer)(Setup&);
  // Turns the node into something that runs. Shapes are known, memory of constants is filled.
  Kernel (*build)(Setup&);
  // Defaults that AddNode puts into the parameters; may be null.
  void (*init)(vsi_nn_node_t*) = nullptr;
  // For operators that are an Activation: says which. False if these parameters are not.
  bool (*activation)(const vsi_nn_node_t*, Activation&) = nullptr;
  // Whether the kernel of this node honours Setup::activation; null if it never does.
  bool (*can_activate)(Setup&) = nullptr;
  // Element i of the output needs nothing but element i of input 0 and other inputs: the two may share memory.
  bool in_place = false;
};

// The same operator, marked as one that may write over its first input.
inline OpRecord in_place(OpRecord record) {
  record.in_place = true;
  return record;
}

class OpTable {
 public:
  static const OpTable& get();
  const OpRecord* find(vsi_nn_op_t op) const;
  const std::vector<const OpRecord*>& all() const { return order_; }
  void add(OpRecord record);

 private:
  std::vector<std::unique_ptr<OpRecord>> records_;
  std::vector<const OpRecord*> order_;
};

const char* op_name(vsi_nn_op_t op);

// Memory that is only used while one node runs; all nodes of a graph share it. `each`: bytes of one thread's part.
struct Scratch {
  vx_graph graph = nullptr;
  size_t offset = 0, each = 0;
  template <class T = uint8_t>
  T* get() const {
    return reinterpret_cast<T*>(graph->scratch.data() + offset);
  }
  // The part of the thread that asks.
  template <class T = uint8_t>
  T* own() const {
    return reinterpret_cast<T*>(graph->scratch.data() + offset + size_t(Pool::self()) * each);
  }
};

// What infer and build functions see of a node.
class Setup {
 public:
  Setup(vsi_nn_graph_t* graph, vsi_nn_node_t* node) : graph_(graph), node_(node) {}

  const vsi_nn_node_t& node() const { return *node_; }
  const vsi_nn_nn_param_t& param() const { return node_->nn_param; }
  const Isa& isa() const { return *graph_->g->isa; }
  Requantization requantization() const { return graph_->g->requantization; }
  vx_graph state() const { return graph_->g; }
  // True if the case was written for at least this version of ovxlib; an unset version is the oldest.
  bool since(uint32_t major, uint32_t minor, uint32_t patch) const;

  int inputs() const { return int(node_->input.num); }
  int outputs() const { return int(node_->output.num); }
  vsi_nn_tensor_t* in(int i) const;       // fails if absent
  vsi_nn_tensor_t* maybe_in(int i) const;  // null if absent
  vsi_nn_tensor_t* out(int i = 0) const;
  vsi_nn_tensor_t* maybe_out(int i) const;
  Shape in_shape(int i = 0) const { return shape_of(in(i)->attr); }
  Shape out_shape(int i = 0) const { return shape_of(out(i)->attr); }
  Numeric in_num(int i = 0) const { return Numeric(in(i)->attr.dtype); }
  Numeric out_num(int i = 0) const { return Numeric(out(i)->attr.dtype); }

  // Gives an output its shape, or checks the one it was created with.
  void set_shape(int i, const Shape& shape);
  // A WHCN axis; negative values count from the end.
  int axis(int64_t value, int rank) const;
  void need_rank(int i, int least, int most) const;
  // An array parameter of `count` elements, with its length checked.
  template <class T>
  std::vector<int64_t> list(const T* values, int64_t count, const char* name) const {
    if (count < 0 || count > 65536) fail("%s has %lld elements", name, static_cast<long long>(count));
    if (count > 0 && !values) fail("%s is a null pointer", name);
    return std::vector<int64_t>(values, values + count);
  }
  Scratch scratch(size_t bytes);
  // So many bytes for every thread: what one thread writes and reads stays in the cache of its core.
  Scratch scratch_each(size_t bytes);
  // What this node may apply while storing; without output if there is nothing.
  const Activation& activation() const { return activation_; }
  void set_activation(const Activation& a) { activation_ = a; }

 private:
  Activation activation_;
  vsi_nn_graph_t* graph_;
  vsi_nn_node_t* node_;
  size_t scratch_used_ = 0;
};

// --- building blocks shared by operator files ---

// out = in for unary operators.
void infer_same(Setup& s);
// Broadcast of inputs 0 and 1.
void infer_broadcast(Setup& s);

// Reads a tensor as float or double now (per-channel scales included).
template <class R>
std::vector<R> read_real(const vsi_nn_tensor_t* tensor);
inline std::vector<float> read_f32(const vsi_nn_tensor_t* tensor) { return read_real<float>(tensor); }
bool is_const(const vsi_nn_tensor_t* tensor);

// Wrapped kernels may look at this many inputs and outputs, whether the node has them or not.
constexpr size_t kPorts = 64;

// A kernel written for arrays of float or double, one pointer per input (null if absent) and output.
template <class R>
using RealKernel = std::function<void(Pool&, const R* const* in, R* const* out)>;
using F32Kernel = RealKernel<float>;
using F64Kernel = RealKernel<double>;
// Run it on tensors of any type: those of the kernel's own type are used in place, others converted before and after.
// A double holds every integer type up to 32 bits exactly.
Kernel wrap_f32(Setup& s, F32Kernel kernel);
Kernel wrap_f64(Setup& s, F64Kernel kernel);
// Real numbers are computed in float32 if the first input is a float of at most 32 bits, in double if it is an integer.
inline bool computes_in_f32(const Setup& s) {
  return is_float(s.in_num(0).type) && s.in_num(0).type != VSI_NN_TYPE_FLOAT64;
}
// The element type behind a pointer to arrays.
template <class P>
using RealOf = std::remove_cv_t<std::remove_pointer_t<std::remove_cv_t<std::remove_pointer_t<P>>>>;
// For a kernel that is written over either type.
template <class K>
Kernel wrap_real(Setup& s, K kernel) {
  return computes_in_f32(s) ? wrap_f32(s, kernel) : wrap_f64(s, kernel);
}

// Where a kernel that honours Setup::activation has to write in this run, and what to apply.
struct Target {
  vsi_nn_tensor_t* plain;
  Activation activation;
  vx_graph graph;
  bool folded() const { return activation.output && graph->folds(plain); }
  vsi_nn_tensor_t* tensor() const { return folded() ? activation.output : plain; }
};
inline Target target_of(Setup& s) { return {s.out(), s.activation(), s.state()}; }

// Converts the whole of one tensor into another of the same element count, in parallel.
Kernel convert_kernel(vsi_nn_tensor_t* from, vsi_nn_tensor_t* to);
void convert_parallel(Pool& pool, const Numeric& from, const uint8_t* src, const Numeric& to, uint8_t* dst,
                      int64_t n);

}  // namespace sim
