// PROPOSAL (boxes of Faster R-CNN) and NMS.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "ops/boxes.h"
#include "ops/register.h"

namespace sim {

namespace {

// --- PROPOSAL ---

struct Proposal {
  std::vector<Corners> anchors;
  double width, height, least_w, least_h, stride, threshold;
  size_t before, after;
};

// Caffe's base anchors: the base box at every aspect ratio (whole pixels), each at every scale.
std::vector<Corners> anchors_of(const vsi_nn_proposal_anchor& a) {
  const double base = a.base_size, centre = 0.5 * (base - 1);
  std::vector<Corners> anchors;
  for (uint32_t r = 0; r < a.ratio_num; r++) {
    const double w = std::nearbyint(std::sqrt(base * base / a.ratio[r])), h = std::nearbyint(w * a.ratio[r]);
    for (uint32_t s = 0; s < a.scale_num; s++) {
      const double dx = 0.5 * (w * a.scale[s] - 1), dy = 0.5 * (h * a.scale[s] - 1);
      anchors.push_back({centre - dx, centre - dy, centre + dx, centre + dy});
    }
  }
  return anchors;
}

void check_anchors(const vsi_nn_proposal_anchor& a) {
  if (a.ratio_num < 1 || a.scale_num < 1 || a.ratio_num > 256 || a.scale_num > 256 || !a.ratio || !a.scale)
    fail("%u ratios and %u scales of anchors", a.ratio_num, a.scale_num);
  const auto positive = [](float v) { return v > 0 && v < 1e6f; };
  if (!positive(a.base_size) || !std::all_of(a.ratio, a.ratio + a.ratio_num, positive) ||
      !std::all_of(a.scale, a.scale + a.scale_num, positive))
    fail("anchor sizes, ratios and scales must be positive");
}

void infer_proposal(Setup& s) {
  const auto& p = s.param().proposal;
  s.need_rank(0, 4, 4);
  s.need_rank(1, 4, 4);
  check_anchors(p.anchor);
  const Shape scores = s.in_shape(0), deltas = s.in_shape(1);
  const int64_t count = int64_t(p.anchor.ratio_num) * p.anchor.scale_num;
  if (scores[3] != 1) fail("proposals of %lld pictures, only one is supported", static_cast<long long>(scores[3]));
  if (scores[2] != 2 * count || deltas != Shape{scores[0], scores[1], 4 * count, 1})
    fail("scores %s and deltas %s do not fit %lld anchors", scores.text().c_str(), deltas.text().c_str(),
         static_cast<long long>(count));
  if (p.post_nms_topn < 1 || p.post_nms_topn > 65536) fail("post_nms_topn is %u", p.post_nms_topn);
  s.set_shape(0, Shape{5, p.post_nms_topn});
  if (s.maybe_out(1)) s.set_shape(1, Shape{1, p.post_nms_topn});
}

// The anchor moved and scaled by its deltas, cut at the borders of the picture.
Corners moved(const Corners& anchor, double x, double y, const double* delta, int64_t step, const Proposal& p) {
  const double w = anchor.x2 - anchor.x1 + 1, h = anchor.y2 - anchor.y1 + 1;
  const double cx = delta[0] * w + anchor.x1 + x + 0.5 * w, cy = delta[step] * h + anchor.y1 + y + 0.5 * h;
  const double half_w = 0.5 * std::exp(delta[2 * step]) * w, half_h = 0.5 * std::exp(delta[3 * step]) * h;
  const auto inside = [](double v, double size) { return std::max(std::min(v, size - 1), 0.0); };
  return {inside(cx - half_w, p.width), inside(cy - half_h, p.height), inside(cx + half_w, p.width),
          inside(cy + half_h, p.height)};
}

// Boxes of at least the smallest size, each with its score at the same place.
void candidates(const Shape& in, const double* scores, const double* deltas, const Proposal& p,
                std::vector<Corners>& boxes, std::vector<double>& found) {
  const int64_t plane = in[0] * in[1], count = int64_t(p.anchors.size());
  for (int64_t i = 0; i < plane; i++)
    for (int64_t a = 0; a < count; a++) {
      const double x = double(i % in[0]) * p.stride, y = double(i / in[0]) * p.stride;
      const Corners box = moved(p.anchors[size_t(a)], x, y, deltas + a * 4 * plane + i, plane, p);
      if (!(box.x2 - box.x1 + 1 >= p.least_w && box.y2 - box.y1 + 1 >= p.least_h)) continue;
      boxes.push_back(box);
      found.push_back(scores[(count + a) * plane + i]);
    }
}

std::vector<int64_t> all_of(size_t count) {
  std::vector<int64_t> places(count);
  std::iota(places.begin(), places.end(), int64_t(0));
  return places;
}

// Rows without a proposal are zeros.
Kernel build_proposal(Setup& s) {
  const auto& q = s.param().proposal;
  const Proposal p{anchors_of(q.anchor), q.im_info.size[0], q.im_info.size[1],
                   double(q.min_size) * q.im_info.scale[0], double(q.min_size) * q.im_info.scale[1],
                   double(q.feat_stride), q.nms_thresh, q.pre_nms_topn, q.post_nms_topn};
  const Shape in = s.in_shape(0);
  return wrap_f64(s, [=](Pool&, const double* const* src, double* const* out) {
    std::vector<Corners> boxes;
    std::vector<double> scores;
    candidates(in, src[0], src[1], p, boxes, scores);
    std::vector<int64_t> order = by_score(all_of(boxes.size()), scores.data());
    if (p.before > 0 && order.size() > p.before) order.resize(p.before);
    const std::vector<int64_t> kept = suppress(order, boxes, p.threshold, 1, p.after);
    std::fill_n(out[0], 5 * p.after, 0.0);
    if (out[1]) std::fill_n(out[1], p.after, 0.0);
    for (size_t i = 0; i < kept.size(); i++) {
      const Corners& b = boxes[size_t(kept[i])];
      const double row[5] = {0, b.x1, b.y1, b.x2, b.y2};
      std::copy(row, row + 5, out[0] + i * 5);
      if (out[1]) out[1][i] = scores[size_t(kept[i])];
    }
  });
}

// --- NMS ---

void infer_nms(Setup& s) {
  const auto& p = s.param().nms;
  s.need_rank(0, 2, 2);
  s.need_rank(1, 1, 1);
  const Shape boxes = s.in_shape(0), scores = s.in_shape(1);
  if (boxes != Shape{4, scores[0]})
    fail("boxes %s and scores %s do not fit together", boxes.text().c_str(), scores.text().c_str());
  if (p.max_output_size < 1 || p.max_output_size > 65536) fail("max_output_size is %d", p.max_output_size);
  if (p.soft_nms_sigma != 0) fail("soft_nms_sigma is %g, only 0 is supported", double(p.soft_nms_sigma));
  s.set_shape(0, Shape{p.max_output_size});
  s.set_shape(1, Shape{p.max_output_size});
  s.set_shape(2, Shape{1});
}

// Any two opposite corners (y, x, y, x) describe a box.
std::vector<Corners> corners_of(const double* boxes, int64_t n) {
  std::vector<Corners> list;
  for (const double* b = boxes; b < boxes + 4 * n; b += 4)
    list.push_back({std::min(b[1], b[3]), std::min(b[0], b[2]), std::max(b[1], b[3]), std::max(b[0], b[2])});
  return list;
}

// Behind the boxes that were kept, indices and scores are 0.
Kernel build_nms(Setup& s) {
  const auto p = s.param().nms;
  const int64_t n = s.in_shape(1)[0];
  return wrap_f64(s, [=](Pool&, const double* const* in, double* const* out) {
    std::vector<int64_t> places;
    for (int64_t i = 0; i < n; i++)
      if (in[1][i] > double(p.score_threshold)) places.push_back(i);
    const auto most = size_t(p.max_output_size);
    const std::vector<int64_t> kept =
        suppress(by_score(places, in[1]), corners_of(in[0], n), p.iou_threshold, 0, most);
    for (size_t i = 0; i < most; i++) {
      out[0][i] = i < kept.size() ? double(kept[i]) : 0;
      out[1][i] = i < kept.size() ? in[1][kept[i]] : 0;
    }
    out[2][0] = double(kept.size());
  });
}

}  // namespace

void register_detect(OpTable& t) {
  using N = vsi_nn_nms_param;
  using P = vsi_nn_proposal_param;
  t.add({VSI_NN_OP_NMS, "NMS", "nms",
         {SIM_FIELD(N, max_output_size), SIM_FIELD(N, iou_threshold), SIM_FIELD(N, score_threshold),
          SIM_FIELD(N, soft_nms_sigma)},
         2, 2, 3, 3, infer_nms, build_nms});
  t.add({VSI_NN_OP_PROPOSAL, "PROPOSAL", "proposal",
         {SIM_POINTER(P, anchor.ratio, anchor.ratio_num), SIM_FIELD(P, anchor.ratio_num),
          SIM_POINTER(P, anchor.scale, anchor.scale_num), SIM_FIELD(P, anchor.scale_num),
          SIM_FIELD(P, anchor.base_size), SIM_FIELD(P, im_info.size), SIM_FIELD(P, im_info.scale),
          SIM_FIELD(P, feat_stride), SIM_FIELD(P, pre_nms_topn), SIM_FIELD(P, post_nms_topn),
          SIM_FIELD(P, nms_thresh), SIM_FIELD(P, min_size)},
         2, 4, 1, 2, infer_proposal, build_proposal});
}

}  // namespace sim
