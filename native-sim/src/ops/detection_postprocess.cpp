// Boxes that are given relative to others: DETECTION_POSTPROCESS, which also keeps the best ones, and
// AXIS_ALIGNED_BBOX_TRANSFORM.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "ops/boxes.h"
#include "ops/register.h"

namespace sim {

namespace {

struct Spec {
  int64_t classes, anchors, batch, delta_width, most;
  vsi_nn_detection_postprocess_param p;
};

Spec spec_of(const Setup& s) {
  for (int i = 0; i < 2; i++) s.need_rank(i, 3, 3);
  s.need_rank(2, 2, 2);
  const auto& p = s.param().detection_postprocess;
  const Shape scores = s.in_shape(0), deltas = s.in_shape(1), anchors = s.in_shape(2);
  if (deltas[0] < 4 || deltas[1] != scores[1] || deltas[2] != scores[2] || anchors != Shape{4, scores[1]})
    fail("scores %s, deltas %s and anchors %s do not fit together", scores.text().c_str(), deltas.text().c_str(),
         anchors.text().c_str());
  if (scores[0] < 2) fail("there is no class besides the background");
  if (p.max_num_detections < 1 || p.max_num_detections > 65536) fail("max_num_detections is %d", p.max_num_detections);
  if (p.nms_type == 0 && p.maximum_class_per_detection < 1)
    fail("maximum_class_per_detection is %d", p.maximum_class_per_detection);
  for (const float f : {p.dx, p.dy, p.dw, p.dh})
    if (!(f > 0)) fail("the factors of the deltas must be positive");
  return {scores[0], scores[1], scores[2], deltas[0], p.max_num_detections, p};
}

void infer(Setup& s) {
  const Spec z = spec_of(s);
  s.set_shape(0, Shape{z.most, z.batch});
  s.set_shape(1, Shape{4, z.most, z.batch});
  s.set_shape(2, Shape{z.most, z.batch});
  s.set_shape(3, Shape{z.batch});
}

// Anchors are y, x, height, width of a centre; so are deltas, in units of the anchor and of its logarithm.
std::vector<Corners> decoded(const Spec& z, const double* deltas, const double* anchors) {
  std::vector<Corners> boxes;
  for (int64_t a = 0; a < z.anchors; a++) {
    const double *d = deltas + a * z.delta_width, *n = anchors + a * 4;
    const double y = n[0] + n[2] * d[0] / double(z.p.dy), x = n[1] + n[3] * d[1] / double(z.p.dx);
    const double h = n[2] * std::exp(d[2] / double(z.p.dh)) / 2, w = n[3] * std::exp(d[3] / double(z.p.dw)) / 2;
    boxes.push_back({x - w, y - h, x + w, y + h});
  }
  return boxes;
}

struct Found {
  int64_t anchor, kind;
  double score;
};

size_t limit(int32_t given) { return given < 0 ? size_t(-1) : size_t(given); }

// Boxes of every class on its own, then the best of all classes.
std::vector<Found> regular(const Spec& z, const double* scores, const std::vector<Corners>& boxes) {
  std::vector<Found> found;
  std::vector<double> own(static_cast<size_t>(z.anchors));
  for (int64_t c = 1; c < z.classes; c++) {
    std::vector<int64_t> places;
    for (int64_t a = 0; a < z.anchors; a++) {
      own[size_t(a)] = scores[a * z.classes + c];
      if (own[size_t(a)] > double(z.p.score_threshold)) places.push_back(a);
    }
    for (const int64_t a : suppress(by_score(places, own.data()), boxes, z.p.iou_threshold, 0,
                                    limit(z.p.maximum_detection_per_class), true))
      found.push_back({a, c, own[size_t(a)]});
  }
  std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.score > b.score; });
  return found;
}

// Boxes by the best of their classes, then some of the classes of each.
std::vector<Found> fast(const Spec& z, const double* scores, const std::vector<Corners>& boxes, size_t& kept) {
  std::vector<double> best;
  std::vector<int64_t> places;
  for (int64_t a = 0; a < z.anchors; a++) {
    best.push_back(*std::max_element(scores + a * z.classes + 1, scores + (a + 1) * z.classes));
    if (best.back() > double(z.p.score_threshold)) places.push_back(a);
  }
  const std::vector<int64_t> order =
      suppress(by_score(places, best.data()), boxes, z.p.iou_threshold, 0, size_t(z.most), true);
  kept = order.size();
  std::vector<int64_t> kinds(static_cast<size_t>(z.classes - 1));
  std::iota(kinds.begin(), kinds.end(), int64_t(1));
  const size_t each = std::min(kinds.size(), size_t(z.p.maximum_class_per_detection));
  std::vector<Found> found;
  for (const int64_t a : order) {
    const std::vector<int64_t> ranked = by_score(kinds, scores + a * z.classes);
    for (size_t i = 0; i < each; i++) found.push_back({a, ranked[i], scores[a * z.classes + ranked[i]]});
  }
  return found;
}

// Behind what was found everything is 0. Classes count from the first one behind the background, unless that is a label.
void put(const Spec& z, const std::vector<Found>& found, const std::vector<Corners>& boxes, double* scores, double* corners,
         double* kinds) {
  std::fill_n(scores, z.most, 0.0);
  std::fill_n(corners, z.most * 4, 0.0);
  std::fill_n(kinds, z.most, 0.0);
  for (size_t i = 0; i < std::min(found.size(), size_t(z.most)); i++) {
    const Corners& b = boxes[size_t(found[i].anchor)];
    const double row[4] = {b.y1, b.x1, b.y2, b.x2};
    std::copy(row, row + 4, corners + i * 4);
    scores[i] = found[i].score;
    kinds[i] = double(found[i].kind - (z.p.is_bg_in_label ? 0 : 1));
  }
}

Kernel build(Setup& s) {
  const Spec z = spec_of(s);
  return wrap_f64(s, [=](Pool&, const double* const* in, double* const* out) {
    for (int64_t n = 0; n < z.batch; n++) {
      const double* scores = in[0] + n * z.anchors * z.classes;
      const std::vector<Corners> boxes = decoded(z, in[1] + n * z.anchors * z.delta_width, in[2]);
      size_t count = 0;
      const std::vector<Found> found = z.p.nms_type ? regular(z, scores, boxes) : fast(z, scores, boxes, count);
      put(z, found, boxes, out[0] + n * z.most, out[1] + n * z.most * 4, out[2] + n * z.most);
      out[3][n] = double(z.p.nms_type ? std::min(found.size(), size_t(z.most)) : count);
    }
  });
}

// --- AXIS_ALIGNED_BBOX_TRANSFORM: boxes moved by deltas for each class, cut at the borders of their pictures ---

void infer_transform(Setup& s) {
  s.need_rank(0, 2, 2);
  s.need_rank(1, 2, 2);
  const Shape boxes = s.in_shape(0), deltas = s.in_shape(1);
  if (boxes[0] != 4 || deltas[0] % 4 != 0 || deltas[1] != boxes[1] || s.in_shape(2).count() != boxes[1] || s.in_shape(3)[0] != 2)
    fail("boxes %s, deltas %s, pictures %s and sizes %s do not fit together", boxes.text().c_str(), deltas.text().c_str(),
         s.in_shape(2).text().c_str(), s.in_shape(3).text().c_str());
  s.set_shape(0, deltas);
}

Kernel build_transform(Setup& s) {
  const int64_t boxes = s.in_shape(0)[1], classes = s.in_shape(1)[0] / 4, pictures = s.in_shape(3).count() / 2;
  return wrap_f64(s, [=](Pool&, const double* const* in, double* const* out) {
    for (int64_t i = 0; i < boxes; i++) {
      const double *b = in[0] + i * 4, which = in[2][i];
      if (!(which >= 0) || which >= double(pictures))
        fail("box of picture %g, there are %lld", which, static_cast<long long>(pictures));
      const double *size = in[3] + int64_t(which) * 2, w = b[2] - b[0], h = b[3] - b[1];
      const auto inside = [](double v, double most) { return std::min(std::max(v, 0.0), most); };
      for (int64_t k = i * classes * 4; k < (i + 1) * classes * 4; k += 4) {
        const double* d = in[1] + k;
        const double x = (b[0] + b[2]) / 2 + d[0] * w, y = (b[1] + b[3]) / 2 + d[1] * h;
        const double half_w = std::exp(d[2]) * w / 2, half_h = std::exp(d[3]) * h / 2;
        out[0][k] = inside(x - half_w, size[1]);
        out[0][k + 1] = inside(y - half_h, size[0]);
        out[0][k + 2] = inside(x + half_w, size[1]);
        out[0][k + 3] = inside(y + half_h, size[0]);
      }
    }
  });
}

}  // namespace

void register_detection_postprocess(OpTable& t) {
  using P = vsi_nn_detection_postprocess_param;
  t.add({VSI_NN_OP_DETECTION_POSTPROCESS, "DETECTION_POSTPROCESS", "detection_postprocess",
         {SIM_FIELD(P, dy), SIM_FIELD(P, dx), SIM_FIELD(P, dh), SIM_FIELD(P, dw), SIM_FIELD(P, nms_type),
          SIM_FIELD(P, max_num_detections), SIM_FIELD(P, maximum_class_per_detection),
          SIM_FIELD(P, maximum_detection_per_class), SIM_FIELD(P, score_threshold), SIM_FIELD(P, iou_threshold),
          SIM_FIELD(P, is_bg_in_label)},
         3, 3, 4, 4, infer, build});
  t.add({VSI_NN_OP_AXIS_ALIGNED_BBOX_TRANSFORM, "AXIS_ALIGNED_BBOX_TRANSFORM", "axis_aligned_bbox_transform", {}, 4, 4, 1,
         1, infer_transform, build_transform});
}

}  // namespace sim
