// The layout of packed networks, as docs/formats/packed-network.md describes it. All numbers are little-endian.
#pragma once

#include <cstdint>

namespace sim::packed {

constexpr char kTitle[] = "Nibble Studio packed network";
constexpr uint32_t kMagic = 0x4b50424e;  // "NBPK"
constexpr uint16_t kMajor = 1;
constexpr uint16_t kMinor = 0;
// Before it, lists of STRIDED_SLICE are as long as the rank and nothing in a record says whether they are.
constexpr uint32_t kOldestOvxlib = 10132;
constexpr uint64_t kAlignment = 64;
constexpr uint32_t kAbsent = 0xffffffff;  // an input that is left out

enum SectionKind : uint32_t { kStrings, kTensors, kNodes, kParams, kWords, kPorts, kConstants, kSections };

struct Range {
  uint32_t first, count;
};

struct Header {
  char text[160];
  uint32_t magic;
  uint16_t major, minor;
  uint32_t header_bytes;
  uint32_t pid;  // 0 = any device
  uint32_t ovxlib;  // major * 10000 + minor * 100 + patch
  uint32_t sections;
  uint64_t file_bytes;
  Range name;
  uint8_t reserved[48];
  uint32_t table_crc;
  uint32_t header_crc;  // of all bytes before it
};

struct Section {
  uint32_t kind;  // 1, 2, ... in this order
  uint32_t crc;
  uint64_t offset, bytes;
  uint64_t records;  // elements of the section's record, bytes where it has none
};

enum Role : uint32_t { kInput, kOutput, kVirtual, kConst, kRoles };

struct Tensor {
  Range name;
  uint32_t role;
  int32_t type;
  uint32_t quantization;
  uint32_t rank;
  uint32_t size[8];
  uint8_t order[8];
  float scale;
  int32_t zero_point;
  int32_t fl;
  int32_t channel_dim;
  Range scales;  // in words
  uint64_t data_offset, data_bytes;  // in constants
};

struct Node {
  int32_t op;
  uint32_t uid;
  Range layer, operation;
  Range inputs, outputs;  // tensor numbers in words
  Range params;
};

enum ParamKind : uint32_t { kNodeParam, kVxParam };

struct Param {
  Range name;
  uint32_t kind;
  uint32_t is_float;  // 0: integers, 1: float32
  Range values;       // in words
};

struct Port {
  uint32_t tensor;
  uint32_t is_output;
};

static_assert(sizeof(Header) == 256 && sizeof(Section) == 32 && sizeof(Tensor) == 104 && sizeof(Node) == 48 &&
                  sizeof(Param) == 24 && sizeof(Port) == 8,
              "records have no padding");

}  // namespace sim::packed
