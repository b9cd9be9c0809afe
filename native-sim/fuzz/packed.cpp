// Packed networks that were damaged, with their checksums put right so that the damage gets past them.
#include <cstddef>
#include <cstring>

#include "core/op.h"
#include "packed/file.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

using namespace sim::packed;

void repair(uint8_t* data, size_t size) {
  const size_t table = sizeof(Header) + kSections * sizeof(Section);
  if (size < table) return;
  for (uint32_t i = 0; i < kSections; i++) {
    Section s;
    uint8_t* at = data + sizeof(Header) + i * sizeof(Section);
    std::memcpy(&s, at, sizeof s);
    if (s.offset > size || s.bytes > size - s.offset) continue;
    s.crc = crc32(data + s.offset, s.bytes);
    std::memcpy(at, &s, sizeof s);
  }
  Header h;
  std::memcpy(&h, data, sizeof h);
  h.table_crc = crc32(data + sizeof(Header), kSections * sizeof(Section));
  std::memcpy(data, &h, sizeof h);
  h.header_crc = crc32(data, offsetof(Header, header_crc));
  std::memcpy(data, &h, sizeof h);
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  const size_t changed = LLVMFuzzerMutate(data, size, max_size);
  // A few keep their wrong sums.
  if (seed % 16 != 0) repair(data, changed);
  return changed;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    Network network(File::copy_of(data, size), {1, false});
    vsi_nn_RunGraph(network.graph());
  } catch (const sim::Failure&) {
  } catch (const std::bad_alloc&) {
  }
  return 0;
}
