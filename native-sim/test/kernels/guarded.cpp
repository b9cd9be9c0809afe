#include "guarded.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

#include "values.h"

namespace proofs {

namespace {

constexpr uint8_t kFiller = 0xa5;

size_t page() {
  static const size_t bytes = size_t(sysconf(_SC_PAGESIZE));
  return bytes;
}

// Memory of a size is used again, because asking for it takes longer than most checks.
std::map<size_t, std::vector<uint8_t*>>& spare() {
  static std::map<size_t, std::vector<uint8_t*>> map;
  return map;
}

uint8_t* take(size_t room) {
  auto& list = spare()[room];
  if (!list.empty()) {
    uint8_t* begin = list.back();
    list.pop_back();
    return begin;
  }
  void* all = mmap(nullptr, room + 2 * page(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  uint8_t* begin = static_cast<uint8_t*>(all) + page();
  if (all == MAP_FAILED || mprotect(begin, room, PROT_READ | PROT_WRITE) != 0) {
    std::perror("kernels: no memory");
    std::exit(1);
  }
  return begin;
}

}  // namespace

GuardedBytes::GuardedBytes(size_t bytes, bool at_end) : room_((bytes + page()) / page() * page()), bytes_(bytes) {
  begin_ = take(room_);
  std::memset(begin_, kFiller, room_);
  data_ = at_end ? begin_ + room_ - bytes : begin_;
}

GuardedBytes::~GuardedBytes() { spare()[room_].push_back(begin_); }

bool GuardedBytes::intact() const {
  const auto filled = [](const uint8_t* from, const uint8_t* to) {
    return std::all_of(from, to, [](uint8_t byte) { return byte == kFiller; });
  };
  return filled(begin_, data_) && filled(data_ + bytes_, begin_ + room_);
}

bool next_at_end() {
  static Random random(7);
  return random.below(4) != 0;
}

}  // namespace proofs
