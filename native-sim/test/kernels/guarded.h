// Memory between two pages that nobody may touch: an access outside it ends the program, in every build and under an
// emulator too. What lies between the memory and the pages is checked for stray writes.
#pragma once

#include <algorithm>
#include <cstdint>

namespace proofs {

class GuardedBytes {
 public:
  // Ends at the page behind it, or begins at the page before it, by chance.
  explicit GuardedBytes(size_t bytes, bool at_end);
  ~GuardedBytes();
  GuardedBytes(const GuardedBytes&) = delete;
  uint8_t* data() const { return data_; }
  // Nothing around the memory was written.
  bool intact() const;

 private:
  uint8_t *begin_, *data_;
  size_t room_, bytes_;
};

// Where the next memory lies; changes from one to the next without a pattern that a test could be in step with.
bool next_at_end();

template <class T>
class Guarded {
 public:
  explicit Guarded(int64_t n) : bytes_(size_t(n) * sizeof(T), next_at_end()), n_(n) {}
  T* data() const { return reinterpret_cast<T*>(bytes_.data()); }
  int64_t size() const { return n_; }
  T* begin() const { return data(); }
  T* end() const { return data() + n_; }
  T& operator[](int64_t i) const { return data()[i]; }
  bool intact() const { return bytes_.intact(); }

 private:
  GuardedBytes bytes_;
  int64_t n_;
};

}  // namespace proofs
