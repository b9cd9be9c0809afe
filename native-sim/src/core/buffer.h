// Cache-line aligned memory with readable slack around it, so that vector loads of a first or last partial block
// stay inside the allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace sim {

constexpr size_t kAlign = 64;
constexpr size_t kSlack = 1024;
constexpr size_t kFrontSlack = kAlign;
#ifdef SIM_WORKING_BYTES
constexpr size_t kMaxBuffer = SIM_WORKING_BYTES;  // fuzzing: what asks for more would only be slow
#else
constexpr size_t kMaxBuffer = SIZE_MAX / 2;
#endif

// Zero-filled bytes. Large ones ask for huge pages: rows of planes lie far apart, and a walk over many of them is
// otherwise a walk over the page tables.
inline uint8_t* zeroed_bytes(size_t bytes) {
#ifdef MADV_HUGEPAGE
  constexpr size_t kHugePage = size_t(2) << 20;
  if (bytes >= kHugePage) {
    const size_t whole = (bytes + kHugePage - 1) / kHugePage * kHugePage;
    void* p = std::aligned_alloc(kHugePage, whole);
    if (!p) throw std::bad_alloc();
    madvise(p, whole, MADV_HUGEPAGE);
    std::memset(p, 0, bytes);
    return static_cast<uint8_t*>(p);
  }
#endif
  void* p = std::calloc(bytes, 1);
  if (!p) throw std::bad_alloc();
  return static_cast<uint8_t*>(p);
}

class Buffer {
 public:
  Buffer() = default;
  // Zero-filled. Throws std::bad_alloc.
  explicit Buffer(size_t bytes) : raw_(zeroed_bytes(padded(bytes))), bytes_(bytes) {
    const size_t at = reinterpret_cast<uintptr_t>(raw_.get()) % kAlign;
    data_ = raw_.get() + kFrontSlack + (at ? kAlign - at : 0);
  }
  uint8_t* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  struct Free {
    void operator()(uint8_t* p) const { std::free(p); }
  };

  static size_t padded(size_t bytes) {
    if (bytes > kMaxBuffer) throw std::bad_alloc();
    return kFrontSlack + bytes + kSlack + kAlign;
  }

  std::unique_ptr<uint8_t[], Free> raw_;
  uint8_t* data_ = nullptr;
  size_t bytes_ = 0;
};

// An array of plain values in a Buffer.
template <class T>
class Array {
 public:
  Array() = default;
  explicit Array(size_t n) : buffer_(n * sizeof(T)), size_(n) {}
  T* data() const { return reinterpret_cast<T*>(buffer_.data()); }
  size_t size() const { return size_; }
  T& operator[](size_t i) const { return data()[i]; }

 private:
  Buffer buffer_;
  size_t size_ = 0;
};

}  // namespace sim
