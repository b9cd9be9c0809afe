// The sum that is `low` modulo 2^32 and closest to rough + half - 2^31.
SIM_TARGET static inline int64_t turn(int32_t low, int64_t rough, int64_t half) {
  return ((rough + half - low) & ~int64_t(0xffffffff)) + low;
}

SIM_TARGET static void s32_wide_sum(const int32_t* low, const int32_t* high, int shift, int64_t constant, bool first,
                                    int64_t* __restrict sum, int64_t n) {
  if (!high) {
    if (first)
      for (int64_t i = 0; i < n; i++) sum[i] = low[i];
    else
      for (int64_t i = 0; i < n; i++) sum[i] += low[i];
    return;
  }
  const int64_t half = constant + (int64_t(1) << 31);
  if (first)
    for (int64_t i = 0; i < n; i++) sum[i] = turn(low[i], int64_t(uint64_t(int64_t(high[i])) << shift), half);
  else
    for (int64_t i = 0; i < n; i++) sum[i] += turn(low[i], int64_t(uint64_t(int64_t(high[i])) << shift), half);
}
