#include "core/requantize.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/state.h"

namespace sim {

namespace {

constexpr const char* kVariable = "NIBBLE_SIM_REQUANTIZATION";
constexpr int64_t kBlock = 64;

// Sums up to here can be multiplied in 64 bits: mantissas have at most 24.
constexpr int64_t kNarrow = int64_t(1) << 38;
// Mantissas are split here where sums are larger.
constexpr int kSplit = 24;
constexpr int64_t kRest = (int64_t(1) << kSplit) - 1;
// Sums beyond are as good as infinite.
constexpr int64_t kLargest = int64_t(1) << 60;
// Products of narrow sums are below half of 2^this, those of large ones' upper parts below half of 2^(this - 1).
constexpr int kMaxShift = 63;

// Bits of a multiplier after its leading one; 0 = not of an NPU.
int mantissa_bits(Requantization mode) {
  if (mode == Requantization::kNpu7) return 15;
  return mode == Requantization::kNpu8 ? 23 : 0;
}

// The scale is a float32 and its mantissa is cut off, not rounded.
NpuMultiplier multiplier(double step, double scale, int bits) {
  const float m = float(step) / float(scale);
  if (!(m >= 0) || std::isinf(m)) fail("scales that make the multiplier %g cannot be requantized", double(m));
  // Too small for a normalised mantissa, and for any sum to reach half a step.
  if (m < 0x1p-126f) return {0, 0};
  int exponent;
  const double fraction = std::frexp(double(m), &exponent);
  const int64_t mantissa = int64_t(std::ldexp(fraction, bits + 1));
  const int shift = bits + 1 - exponent;
  // From there on one unit leaves the range of every code.
  if (shift < 0) return {int64_t(1) << 17, 0};
  return {mantissa, shift};
}

// Rounds to nearest, ties to even: half a step less one unit, and that unit where the result would be odd.
struct Rounding {
  int64_t half, odd;
  int shift;
  explicit Rounding(int s) : half(s ? (int64_t(1) << (s - 1)) - 1 : 0), odd(s ? 1 : 0), shift(s) {}
  int64_t operator()(int64_t v) const { return (v + half + ((v >> shift) & odd)) >> shift; }
};

// The same for sums that are too large to be multiplied in one piece; sum * mantissa = upper * 2^24 + lower.
int64_t scale_large(int64_t sum, const NpuMultiplier& m) {
  if (m.shift < kSplit) return Rounding(m.shift)(std::clamp(sum, -kNarrow, kNarrow) * m.mantissa);
  sum = std::clamp(sum, -kLargest, kLargest);
  const int64_t rest = (sum & kRest) * m.mantissa;
  const int64_t upper = (sum >> kSplit) * m.mantissa + (rest >> kSplit), lower = rest & kRest;
  const int shift = std::min(m.shift - kSplit, kMaxShift - 1);
  if (shift == 0) {
    const int64_t half = int64_t(1) << (kSplit - 1);
    return upper + (lower > half || (lower == half && (upper & 1)));
  }
  const int64_t whole = upper >> shift, left = upper & ((int64_t(1) << shift) - 1), half = int64_t(1) << (shift - 1);
  return whole + (left > half || (left == half && (lower > 0 || (whole & 1))));
}

}  // namespace

bool find_requantization(const char* name, Requantization& found) {
  const struct {
    const char* name;
    Requantization mode;
  } known[] = {{"exact", Requantization::kExact}, {"npu7", Requantization::kNpu7}, {"npu8", Requantization::kNpu8}};
  for (const auto& one : known)
    if (std::strcmp(name, one.name) == 0) {
      found = one.mode;
      return true;
    }
  return false;
}

Requantization environment_requantization() {
  Requantization mode = Requantization::kExact;
  const char* text = std::getenv(kVariable);
  if (text && *text && !find_requantization(text, mode))
    fail("%s is \"%.40s\", expected exact, npu7 or npu8", kVariable, text);
  return mode;
}

int64_t npu_steps(double bias, double step) {
  const double largest = double(kLargest);
  return int64_t(clamp_round(bias / step, -largest, largest));
}

NpuRequantizer::NpuRequantizer(Requantization mode, const std::vector<double>& steps, const Numeric& out) : out_(out) {
  const int bits = mantissa_bits(mode);
  if (bits == 0 || !out.is_code()) return;
  for (const double step : steps) multipliers_.push_back(multiplier(step, out.scale, bits));
}

template <class F>
void NpuRequantizer::store_each(int64_t lo, int64_t hi, uint8_t* out, int64_t n, F steps) const {
  int64_t codes[kBlock];
  for (int64_t first = 0; first < n; first += kBlock) {
    const int64_t count = std::min(kBlock, n - first);
    for (int64_t i = 0; i < count; i++) codes[i] = std::min(std::max(steps(first + i), lo), hi);
    store_any(codes, out + first * int64_t(out_.bytes()), count);
  }
}

void NpuRequantizer::run(size_t channel, const int32_t* acc, const int32_t* minus, int32_t add, int64_t lo, int64_t hi,
                         uint8_t* out, int64_t n) const {
  const NpuMultiplier m = multipliers_[channel];
  const Rounding round(std::min(m.shift, kMaxShift));
  store_each(lo, hi, out, n, [=](int64_t i) {
    const uint32_t less = minus ? uint32_t(minus[i]) : 0;
    const int32_t sum = int32_t(uint32_t(acc[i]) + uint32_t(add) - less);
    return round(sum * m.mantissa);
  });
}

void NpuRequantizer::run_wide(size_t channel, const int64_t* sums, int64_t add, int64_t lo, int64_t hi, uint8_t* out,
                              int64_t n) const {
  const NpuMultiplier m = multipliers_[channel];
  const Rounding round(std::min(m.shift, kMaxShift));
  store_each(lo, hi, out, n, [=](int64_t i) {
    const int64_t sum = int64_t(uint64_t(sums[i]) + uint64_t(add));
    const bool narrow = sum >= -kNarrow && sum <= kNarrow;
    return narrow ? round(sum * m.mantissa) : scale_large(sum, m);
  });
}

template <class T>
void NpuRequantizer::store(const int64_t* codes, uint8_t* out, int64_t n) const {
  for (int64_t i = 0; i < n; i++) {
    const T code = T(codes[i] + out_.zero);
    std::memcpy(out + i * int64_t(sizeof(T)), &code, sizeof(T));
  }
}

void NpuRequantizer::store_any(const int64_t* codes, uint8_t* out, int64_t n) const {
  if (out_.bytes() == 1) store<uint8_t>(codes, out, n);
  else store<uint16_t>(codes, out, n);
}

}  // namespace sim
