#include <array>

#include "packed/file.h"

namespace sim::packed {

namespace {

// Eight bytes at a time: table k advances a byte by k further bytes.
using Tables = std::array<std::array<uint32_t, 256>, 8>;

Tables make_tables() {
  Tables t{};
  for (uint32_t n = 0; n < 256; n++) {
    uint32_t c = n;
    for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
    t[0][n] = c;
  }
  for (size_t k = 1; k < 8; k++)
    for (size_t n = 0; n < 256; n++) t[k][n] = t[0][t[k - 1][n] & 255] ^ (t[k - 1][n] >> 8);
  return t;
}

}  // namespace

uint32_t crc32(const uint8_t* data, size_t bytes) {
  static const Tables t = make_tables();
  uint32_t crc = 0xffffffffu;
  for (; bytes >= 8; data += 8, bytes -= 8) {
    uint32_t lo, hi;
    std::memcpy(&lo, data, 4);
    std::memcpy(&hi, data + 4, 4);
    lo ^= crc;
    crc = t[7][lo & 255] ^ t[6][lo >> 8 & 255] ^ t[5][lo >> 16 & 255] ^ t[4][lo >> 24] ^ t[3][hi & 255] ^
          t[2][hi >> 8 & 255] ^ t[1][hi >> 16 & 255] ^ t[0][hi >> 24];
  }
  for (; bytes; data++, bytes--) crc = t[0][(crc ^ *data) & 255] ^ (crc >> 8);
  return ~crc;
}

}  // namespace sim::packed
