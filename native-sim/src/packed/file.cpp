#include "packed/file.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace sim::packed {

namespace {

constexpr const char* kNames[kSections] = {"names", "tensors", "nodes", "parameters", "words", "ports", "constants"};

uint64_t aligned(uint64_t n) { return (n + kAlignment - 1) / kAlignment * kAlignment; }

Buffer load(const char* path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(path ? std::fopen(path, "rb") : nullptr, std::fclose);
  if (!file) fail("cannot open %s", path ? path : "a file without a name");
  const bool sized = std::fseek(file.get(), 0, SEEK_END) == 0;
  const long bytes = sized ? std::ftell(file.get()) : -1;
  if (bytes < 0 || std::fseek(file.get(), 0, SEEK_SET) != 0) fail("cannot read %s", path);
  // A folder opens, and claims to be as long as a number can be.
  if (uint64_t(bytes) > 0xffffffffu) fail("%s is too long for a packed network", path);
  Buffer data{size_t(bytes)};
  if (std::fread(data.data(), 1, size_t(bytes), file.get()) != size_t(bytes)) fail("cannot read %s", path);
  return data;
}

}  // namespace

File File::read(const char* path) { return File(load(path)); }

File File::copy_of(const uint8_t* data, size_t bytes) {
  Buffer copy(bytes);
  if (bytes) std::memcpy(copy.data(), data, bytes);
  return File(std::move(copy));
}

void File::check() {
  const size_t table = sizeof(Header) + sizeof(sections_);
  const size_t title = sizeof(kTitle) - 1;
  if (bytes_.bytes() >= 4 && std::memcmp(bytes_.data(), "VPMN", 4) == 0)
    fail("this is a network packed by the vendor's tools, which only runs on its device");
  if (bytes_.bytes() < title || std::memcmp(bytes_.data(), kTitle, title) != 0)
    fail("this is not a packed network of Nibble Studio");
  if (bytes_.bytes() < table) fail("the packed network is cut off: %zu bytes", bytes_.bytes());
  std::memcpy(&header_, bytes_.data(), sizeof header_);
  check_header();
  if (crc32(bytes_.data() + sizeof(Header), sizeof(sections_)) != header_.table_crc)
    fail("the packed network is damaged: the checksum of its section table differs");
  std::memcpy(sections_, bytes_.data() + sizeof(Header), sizeof sections_);
  uint64_t end = table;
  for (uint32_t kind = 0; kind < kSections; kind++) {
    check_section(kind, aligned(end));
    for (uint64_t i = end; i < sections_[kind].offset; i++)
      if (bytes_.data()[i]) fail("the packed network is damaged: byte %llu must be zero", static_cast<unsigned long long>(i));
    end = sections_[kind].offset + sections_[kind].bytes;
  }
  if (end != header_.file_bytes) fail("the packed network does not end with its last section");
}

void File::check_header() const {
  if (header_.magic != kMagic) fail("the packed network is damaged: no magic number");
  if (header_.major != kMajor || header_.minor > kMinor)
    fail("the packed network has format version %u.%u, this simulator reads %u.%u: export it again", header_.major,
         header_.minor, kMajor, kMinor);
  if (header_.header_bytes != sizeof(Header) || header_.sections != kSections)
    fail("the packed network has a header of %u bytes and %u sections, expected %zu and %u", header_.header_bytes,
         header_.sections, sizeof(Header), unsigned(kSections));
  if (crc32(bytes_.data(), offsetof(Header, header_crc)) != header_.header_crc)
    fail("the packed network is damaged: the checksum of its header differs");
  if (header_.ovxlib < kOldestOvxlib)
    fail("the packed network uses the numbers of ovxlib %u, which none was ever written with", header_.ovxlib);
  if (header_.file_bytes != bytes_.bytes())
    fail("the packed network has %zu bytes, its header says %llu", bytes_.bytes(),
         static_cast<unsigned long long>(header_.file_bytes));
}

uint64_t File::record_bytes(uint32_t kind) const {
  switch (kind) {
    case kTensors: return sizeof(Tensor);
    case kNodes: return sizeof(Node);
    case kParams: return sizeof(Param);
    case kWords: return sizeof(uint32_t);
    case kPorts: return sizeof(Port);
    default: return 1;
  }
}

void File::check_section(uint32_t kind, uint64_t expected_offset) const {
  const Section& s = sections_[kind];
  const uint64_t file = header_.file_bytes;
  if (s.kind != kind + 1) fail("section %u of the packed network is of kind %u", kind + 1, s.kind);
  if (s.offset != expected_offset || s.offset > file || s.bytes > file - s.offset)
    fail("the %s of the packed network do not lie where they must", kNames[kind]);
  if (s.bytes % record_bytes(kind) != 0 || s.records != s.bytes / record_bytes(kind) || s.records > 0xffffffffu)
    fail("the %s of the packed network have an impossible size", kNames[kind]);
  if (crc32(bytes_.data() + s.offset, s.bytes) != s.crc)
    fail("the packed network is damaged: the checksum of its %s differs", kNames[kind]);
}

void File::check_range(uint32_t kind, Range range, const char* what) const {
  if (range.first > sections_[kind].records || range.count > sections_[kind].records - range.first)
    fail("%s lies outside of the %s", what, kNames[kind]);
}

std::string File::text(Range range) const {
  check_range(kStrings, range, "a name");
  return std::string(reinterpret_cast<const char*>(section_data(kStrings)) + range.first, range.count);
}

std::vector<uint32_t> File::words(Range range, const char* what) const {
  check_range(kWords, range, what);
  std::vector<uint32_t> list(range.count);
  if (range.count) std::memcpy(list.data(), section_data(kWords) + size_t(range.first) * 4, size_t(range.count) * 4);
  return list;
}

void File::check_device() const {
  const char* text = std::getenv("NIBBLE_SIM_PID");
  if (!text || !*text || header_.pid == 0) return;
  char* end = nullptr;
  const unsigned long pid = std::strtoul(text, &end, 0);
  if (*end) fail("NIBBLE_SIM_PID is \"%.40s\", expected a PID such as 0x88", text);
  if (pid != header_.pid)
    fail("the network is packed for PID 0x%X, this device is PID 0x%lX: export it with --optimize for this device",
         header_.pid, pid);
}

}  // namespace sim::packed
