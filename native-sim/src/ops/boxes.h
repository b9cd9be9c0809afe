// Boxes of detectors: how much they overlap, and which are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sim {

struct Corners {
  double x1, y1, x2, y2;
};

// Places of `scores`, best first; equal ones in their order, NaN last.
std::vector<int64_t> by_score(const std::vector<int64_t>& places, const double* scores);

// Goes through `order` and keeps at most `most` boxes: one that shares more than `threshold` of its union with a kept
// one goes, with `touching` also one that shares just that. `pixel` is 1 where corners are pixels that belong to the
// box (Caffe), 0 where they are coordinates.
std::vector<int64_t> suppress(const std::vector<int64_t>& order, const std::vector<Corners>& boxes, double threshold,
                              double pixel, size_t most, bool touching = false);

}  // namespace sim
