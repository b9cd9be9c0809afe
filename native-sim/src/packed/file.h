// A packed network in memory: checked before anything in it is used.
#pragma once

#include <string>
#include <vector>

#include "core/params.h"
#include "packed/format.h"

namespace sim::packed {

class File {
 public:
  // Both check the header, all offsets, sizes and checksums. Throw a Failure that says what is wrong.
  static File read(const char* path);
  static File copy_of(const uint8_t* data, size_t bytes);

  // Refuses a device with another PID than the one the network is packed for.
  void check_device() const;

  // Adds tensors, nodes and ports to an empty graph; tensors keep their numbers. Constants stay in the file, arrays
  // of parameters go to `memory`: both must live as long as the graph. Throws a Failure.
  void build(vsi_nn_graph_t* graph, ParamMemory& memory) const;

 private:
  explicit File(Buffer bytes) : bytes_(std::move(bytes)) { check(); }

  void check();
  void check_header() const;
  void check_section(uint32_t kind, uint64_t expected_offset) const;
  uint64_t record_bytes(uint32_t kind) const;
  const uint8_t* section_data(uint32_t kind) const { return bytes_.data() + sections_[kind].offset; }

  template <class T>
  T record(uint32_t kind, uint64_t index) const {
    T value;
    std::memcpy(&value, section_data(kind) + index * sizeof(T), sizeof(T));
    return value;
  }
  // Fails unless the range lies in the section.
  void check_range(uint32_t kind, Range range, const char* what) const;
  std::string text(Range range) const;
  std::vector<uint32_t> words(Range range, const char* what) const;

  void add_tensor(vsi_nn_graph_t* graph, uint32_t index) const;
  void add_node(vsi_nn_graph_t* graph, uint32_t index, ParamMemory& memory) const;
  void set_params(vsi_nn_node_t* node, const OpRecord& op, const Node& record, ParamMemory& memory) const;
  void set_ports(vsi_nn_graph_t* graph) const;
  void quantization(const Tensor& record, vsi_nn_dtype_t& dtype, std::vector<float>& scales) const;
  uint8_t* constant(const Tensor& record, size_t bytes) const;

  Buffer bytes_;
  Header header_;
  Section sections_[kSections];
};

struct Options {
  int threads = 0;  // 0 = as always
  bool keep_all = false;
  Requantization requantization = Requantization::kExact;
};

// A packed network that is set up to run.
class Network {
 public:
  // Throws a Failure or std::bad_alloc.
  Network(File file, const Options& options);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  vsi_nn_graph_t* graph() const { return graph_; }

 private:
  File file_;
  ParamMemory memory_;
  vsi_nn_context_t context_ = nullptr;
  vsi_nn_graph_t* graph_ = nullptr;
};

// CRC-32 as in zlib and PNG.
uint32_t crc32(const uint8_t* data, size_t bytes);

}  // namespace sim::packed
