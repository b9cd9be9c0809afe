#include "ops/relu_after.h"

#include <algorithm>

namespace sim {

Kernel relu_after(Kernel kernel, vsi_nn_tensor_t* written) {
  const Numeric num(written->attr.dtype);
  const int64_t n = shape_of(written->attr).count();
  return [=](Pool& pool) {
    kernel(pool);
    constexpr int64_t kBlock = 1024;
    pool.run((n + kBlock - 1) / kBlock, kBlock * 4, [&](int64_t b, int64_t e) {
      double values[kBlock];
      for (int64_t at = b * kBlock, end = std::min(n, e * kBlock); at < end; at += kBlock) {
        const int64_t m = std::min(kBlock, end - at);
        uint8_t* data = written->t->data + at * int64_t(num.bytes());
        load_f64(num, data, m, values);
        for (int64_t i = 0; i < m; i++) values[i] = values[i] < 0 ? 0 : values[i];
        store_f64(num, values, m, data);
      }
    });
  };
}

}  // namespace sim
