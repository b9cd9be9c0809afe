#include <algorithm>
#include <cmath>

#include "core/op.h"

namespace {

vsi_status reject_table(const char* what, uint32_t count) {
  if (count == 0) return VSI_SUCCESS;
  VSILOGE("%s nodes are not simulated: unset VSI_USE_IMAGE_PROCESS", what);
  return VSI_FAILURE;
}

struct Picture {
  const uint8_t* data;
  int width, left, top, w, h;  // whole width, then the part that is used
  float at(int x, int y, int c) const {
    x = std::min(std::max(x, 0), w - 1) + left;
    y = std::min(std::max(y, 0), h - 1) + top;
    return data[(int64_t(y) * width + x) * 3 + c];
  }
  float sample(double x, double y, int c) const {
    const int x0 = int(std::floor(x)), y0 = int(std::floor(y));
    const float fx = float(x - x0), fy = float(y - y0);
    const float top_row = at(x0, y0, c) * (1 - fx) + at(x0 + 1, y0, c) * fx;
    const float low_row = at(x0, y0 + 1, c) * (1 - fx) + at(x0 + 1, y0 + 1, c) * fx;
    return top_row * (1 - fy) + low_row * fy;
  }
};

bool picture_of(const vsi_nn_tensor_attr_t& attr, const vsi_nn_imageprocess_param& p, uint8_t* data, Picture& out) {
  // The source picture is interleaved: size is [channels, width, height].
  if (attr.dim_num < 3 || attr.size[0] != 3) return false;
  out = {data, int(attr.size[1]), 0, 0, int(attr.size[1]), int(attr.size[2])};
  if (!p.crop.enable) return true;
  if (p.crop.dim_num < 2 || !p.crop.start || !p.crop.length) return false;
  out.left = p.crop.start[0];
  out.top = p.crop.start[1];
  out.w = p.crop.length[0];
  out.h = p.crop.length[1];
  return out.left >= 0 && out.top >= 0 && out.w > 0 && out.h > 0 && int64_t(out.left) + out.w <= int64_t(attr.size[1]) &&
         int64_t(out.top) + out.h <= int64_t(attr.size[2]);
}

}  // namespace

vsi_status vsi_nn_AddGraphPreProcess(vsi_nn_graph_t*, uint32_t, vsi_nn_preprocess_base_t*, uint32_t count) {
  return reject_table("Pre-process", count);
}

vsi_status vsi_nn_AddGraphPostProcess(vsi_nn_graph_t*, uint32_t, vsi_nn_postprocess_base_t*, uint32_t count) {
  return reject_table("Post-process", count);
}

vsi_status vsi_nn_op_imageprocess_single_node(vsi_nn_graph_t* graph, vsi_nn_tensor_attr_t* attr,
                                              vsi_nn_imageprocess_param* param, uint8_t* data,
                                              vsi_nn_tensor_t* tensor_out) {
  Picture picture;
  if (!graph || !attr || !param || !data || !tensor_out || !tensor_out->t->data ||
      !picture_of(*attr, *param, data, picture)) {
    VSILOGE("The picture, the crop or the output tensor is not usable");
    return VSI_FAILURE;
  }
  const sim::Shape shape = sim::shape_of(tensor_out->attr);
  const bool interleaved = shape[0] == 3 && shape[2] != 3;
  const int64_t w = shape[interleaved ? 1 : 0], h = shape[interleaved ? 2 : 1];
  if (shape.count() != w * h * 3) return VSI_FAILURE;
  const sim::Numeric num(tensor_out->attr.dtype);
  for (int64_t y = 0; y < h; y++)
    for (int64_t x = 0; x < w; x++)
      for (int c = 0; c < 3; c++) {
        const int from = param->reverse_channel ? 2 - c : c;
        float v = picture.sample((double(x) + 0.5) * picture.w / double(w) - 0.5,
                                 (double(y) + 0.5) * picture.h / double(h) - 0.5, from);
        if (param->mean.type != VSI_NN_IMAGEPROCESS_MEAN_NONE && c < param->mean.mean_value_size)
          v = (v - param->mean.mean_value[c]) * param->mean.scale;
        const int64_t at = interleaved ? (y * w + x) * 3 + c : (c * h + y) * w + x;
        vsi_nn_Float32ToDtype(v, tensor_out->t->data + at * int64_t(num.bytes()), &tensor_out->attr.dtype);
      }
  return VSI_SUCCESS;
}
