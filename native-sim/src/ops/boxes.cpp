#include "ops/boxes.h"

#include <algorithm>

namespace sim {

namespace {

double area_of(const Corners& b, double pixel) { return (b.x2 - b.x1 + pixel) * (b.y2 - b.y1 + pixel); }

double overlap(const Corners& a, const Corners& b, double pixel) {
  const double w = std::min(a.x2, b.x2) - std::max(a.x1, b.x1) + pixel;
  const double h = std::min(a.y2, b.y2) - std::max(a.y1, b.y1) + pixel;
  if (!(w > 0) || !(h > 0)) return 0;
  const double both = w * h, either = area_of(a, pixel) + area_of(b, pixel) - both;
  return either > 0 ? both / either : 0;
}

}  // namespace

std::vector<int64_t> by_score(const std::vector<int64_t>& places, const double* scores) {
  std::vector<int64_t> order = places;
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return scores[a] > scores[b] || (scores[a] == scores[a] && scores[b] != scores[b]);
  });
  return order;
}

std::vector<int64_t> suppress(const std::vector<int64_t>& order, const std::vector<Corners>& boxes, double threshold,
                              double pixel, size_t most, bool touching) {
  std::vector<int64_t> kept;
  for (size_t i = 0; i < order.size() && kept.size() < most; i++) {
    const Corners& box = boxes[size_t(order[i])];
    const bool free = std::none_of(kept.begin(), kept.end(), [&](int64_t k) {
      const double shared = overlap(boxes[size_t(k)], box, pixel);
      return shared > threshold || (touching && shared == threshold);
    });
    if (free) kept.push_back(order[i]);
  }
  return kept;
}

}  // namespace sim
