#include "ops/depthwise.h"

namespace sim {

bool DirectDepthwise::fits(const ConvSpec& spec) {
  const ConvGeometry& g = spec.geo;
  const bool kernel = g.kw == g.kh && (g.kw == 3 || g.kw == 5), stride = g.sw == g.sh && (g.sw == 1 || g.sw == 2);
  const bool narrow = g.left < g.kw && (g.ow - 1) * g.sw - g.left <= g.iw;
  return kernel && stride && narrow && g.dw == 1 && g.dh == 1 && spec.input->t->slack;
}

DirectDepthwise::DirectDepthwise(const ConvGeometry& g, int lanes, int64_t taps, uint16_t zero, uint16_t flip) {
  const auto both = [](uint32_t x) { return int32_t(x | x << 16); };
  const auto inside = [&](int64_t column) { return column >= 0 && column < g.iw; };
  const uint32_t low = taps == 2 ? 0xffff : ~0u, high = taps == 2 ? 0xffff0000 : 0;
  for (int64_t x = 0; x < g.ow; x += lanes)
    for (int64_t tap = 0; tap < g.kw; tap += taps)
      for (int64_t lane = x; lane < x + lanes; lane++) {
        const int64_t column = lane * g.sw + tap - g.left;
        keep_.push_back(int32_t((inside(column) ? low : 0) | (inside(column + 1) ? high : 0)));
        fill_.push_back(int32_t(~uint32_t(keep_.back()) & uint32_t(both(zero))));
      }
  plan_ = {g.ih,      g.iw,      g.oh,         g.ow,         g.left,     g.top,
           int(g.kw), int(g.sw), keep_.data(), fill_.data(), both(flip), both(zero)};
}

}  // namespace sim
