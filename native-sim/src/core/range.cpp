#include <algorithm>
#include <mutex>

#include "core/state.h"

namespace sim {

namespace {

// Sixteen independent pairs let the compiler use vector minimum and maximum. A comparison with NaN is false,
// so NaN leaves them alone.
template <class T>
void scan(const T* x, int64_t n, T& lo, T& hi) {
  T low[16], high[16];
  std::fill_n(low, 16, lo);
  std::fill_n(high, 16, hi);
  int64_t i = 0;
  for (; i + 16 <= n; i += 16)
    for (int k = 0; k < 16; k++) {
      low[k] = x[i + k] < low[k] ? x[i + k] : low[k];
      high[k] = x[i + k] > high[k] ? x[i + k] : high[k];
    }
  for (int k = 0; i < n; i++, k++) {
    low[k] = x[i] < low[k] ? x[i] : low[k];
    high[k] = x[i] > high[k] ? x[i] : high[k];
  }
  for (int k = 0; k < 16; k++) {
    lo = std::min(lo, low[k]);
    hi = std::max(hi, high[k]);
  }
}

void scan_block(const Numeric& num, const uint8_t* data, int64_t n, float& lo, float& hi) {
  if (num.is_f32()) return scan(reinterpret_cast<const float*>(data), n, lo, hi);
  if (num.type == VSI_NN_TYPE_UINT8) {
    uint8_t codes[2] = {255, 0};
    scan(data, n, codes[0], codes[1]);
    float real[2];
    load_f32(num, codes, 2, real);
    lo = std::min(lo, real[0]);
    hi = std::max(hi, real[1]);
    return;
  }
  float block[256];
  for (int64_t i = 0; i < n; i += 256) {
    const int64_t m = std::min<int64_t>(256, n - i);
    load_f32(num, data + i * int64_t(num.bytes()), m, block);
    scan(block, m, lo, hi);
  }
}

}  // namespace

void tap_range(vsi_nn_tensor_t* tensor, Pool& pool) {
  const Numeric num(tensor->attr.dtype);
  const int64_t n = shape_of(tensor->attr).count();
  constexpr int64_t kBlock = 8192;
  std::mutex mutex;
  pool.run((n + kBlock - 1) / kBlock, kBlock / 4, [&](int64_t b, int64_t e) {
    float lo = std::numeric_limits<float>::infinity(), hi = -lo;
    const int64_t first = b * kBlock;
    scan_block(num, tensor->t->data + first * int64_t(num.bytes()), std::min(n, e * kBlock) - first, lo, hi);
    std::lock_guard<std::mutex> lock(mutex);
    tensor->t->min = std::min(tensor->t->min, lo);
    tensor->t->max = std::max(tensor->t->max, hi);
  });
}

}  // namespace sim
