// One run of the proofs: the variant that is tested, where random data comes from, and what was found.
#pragma once

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "guarded.h"
#include "isa/isa.h"
#include "values.h"

namespace proofs {

using sim::Isa;

// Counts checks, and prints the first few that fail.
class Tally {
 public:
  void count(bool ok) {
    checks_++;
    if (!ok) failed_++;
  }
  bool quiet() const { return failed_ >= 20; }
  int64_t checks() const { return checks_; }
  int64_t failed() const { return failed_; }

 private:
  int64_t checks_ = 0, failed_ = 0;
};

// Bits, except that one NaN is as good as another.
template <class T>
bool same(T a, T b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}
inline bool same(float a, float b) { return (a != a && b != b) || std::memcmp(&a, &b, sizeof(float)) == 0; }

class Run {
 public:
  Run(const Isa& tested, const char* kernel, Tally& total) : isa(tested), random(1), kernel_(kernel), tally_(total) {}

  // One check: the whole of a kernel's output, with what it must not touch. The rest describes the call.
  template <class T>
  __attribute__((format(printf, 4, 5))) void equal(const Guarded<T>& got, const std::vector<T>& want,
                                                   const char* format, ...) {
    int64_t at = 0;
    while (at < got.size() && same(got[at], want[size_t(at)])) at++;
    const bool ok = at == got.size() && got.intact();
    tally_.count(ok);
    if (ok || tally_.quiet()) return;
    va_list args;
    va_start(args, format);
    describe(format, args);
    va_end(args);
    if (at == got.size()) std::printf(": wrote outside its output\n");
    else std::printf(": element %lld of %lld is %.9g, not %.9g\n", static_cast<long long>(at),
                     static_cast<long long>(got.size()), double(got[at]), double(want[size_t(at)]));
  }

  __attribute__((format(printf, 3, 4))) void expect(bool ok, const char* format, ...) {
    tally_.count(ok);
    if (ok || tally_.quiet()) return;
    va_list args;
    va_start(args, format);
    describe(format, args);
    va_end(args);
    std::printf("\n");
  }

  const Isa& isa;
  Random random;

 private:
  void describe(const char* format, va_list args) const {
    std::printf("FAILED %s %s: ", isa.name, kernel_);
    std::vprintf(format, args);
  }

  const char* kernel_;
  Tally& tally_;
};

// Output of a kernel before it runs; what the kernel leaves alone must stay.
template <class T>
std::vector<T> copy_of(const Guarded<T>& array) {
  return std::vector<T>(array.begin(), array.end());
}

inline int64_t whole(int64_t n, int64_t lanes) { return (n + lanes - 1) / lanes * lanes; }

}  // namespace proofs
