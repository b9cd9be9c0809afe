// Input planes of a convolution, laid out so that every filter tap becomes a fixed offset.
//
// The input is padded, and for stride s split into its s*s phases, so that the elements a tap needs for
// neighbouring output pixels are neighbours in memory. An output row is as long as a padded plane row; the
// surplus columns at its end are computed and thrown away.
#pragma once

#include <cstdint>
#include <vector>

#include "core/pool.h"
#include "isa/isa.h"

namespace sim {

struct ConvGeometry {
  int64_t batch = 1, ic = 0, ih = 0, iw = 0, oc = 0, oh = 0, ow = 0, groups = 1;
  int64_t kw = 1, kh = 1, sw = 1, sh = 1, dw = 1, dh = 1;
  int64_t left = 0, top = 0;
  // Deconvolution: the input is spread out with this many steps per element before the filter runs.
  int64_t spread_x = 1, spread_y = 1;

  int64_t group_ic() const { return ic / groups; }
  int64_t group_oc() const { return oc / groups; }
  int64_t taps() const { return kw * kh; }
};

class PlaneLayout {
 public:
  // `row_pairs`: taps of two neighbouring filter rows share one element (depthwise integer kernels).
  PlaneLayout(const ConvGeometry& g, bool row_pairs);

  int64_t plane_elements() const { return int64_t(phases_.size()) * rows_ * width_; }
  int64_t width() const { return width_; }
  int64_t rows() const { return rows_; }
  int64_t phase_count() const { return int64_t(phases_.size()); }
  // Flattened output pixels, surplus columns included.
  int64_t pixels() const { return (g_.oh - 1) * width_ + g_.ow; }
  // Output rows follow each other without surplus columns.
  bool dense() const { return width_ == g_.ow; }
  // Where the tap lies for output pixel 0.
  int64_t offset(int64_t ky, int64_t kx) const;
  // The input already is such a plane: no copy is needed.
  bool is_input() const;

  // The input row that a plane row (counted over all phases) takes its elements from; -1 outside the input.
  int64_t source_row(int64_t row) const { return source_[size_t(row)]; }
  // The second row of a pair.
  int64_t paired_row(int64_t row) const { return paired_[size_t(row)]; }
  // Columns first..last-1 of a plane row come from input column at, at + step, ...
  struct Span {
    int64_t first, last, at, step;
  };
  const Span& columns(int64_t phase) const { return spans_[size_t(phase)]; }

 private:
  int64_t find_row(int64_t phase, int64_t row, int64_t extra) const;
  Span find_columns(int64_t phase) const;

  struct Phase {
    int64_t y, x;
  };
  ConvGeometry g_;
  int64_t width_ = 0, rows_ = 0;
  std::vector<Phase> phases_;
  std::vector<int64_t> source_, paired_;
  std::vector<Span> spans_;
};

// Packs one plane of float32 input.
void pack_plane_f32(const Isa& isa, const PlaneLayout& layout, const ConvGeometry& g, const float* channel, float* out,
                    int64_t first_row, int64_t last_row);

// How 8-bit input becomes packed groups. `flip` turns int8 into uint8 (x ^ 0x80).
struct BytePacking {
  int pack = 4;
  uint8_t flip = 0;
  int32_t zero = 0;  // in the uint8 domain

  int32_t pad_element() const {
    return pack == 4 ? int32_t(uint32_t(zero) * 0x01010101u) : 0;
  }
};

// Packs rows of one plane of channel group `channels` (pack pointers to channel planes).
void pack_plane_bytes(const Isa& isa, const PlaneLayout& layout, const ConvGeometry& g, const BytePacking& how,
                      const uint8_t* const* channels, int32_t* out, int64_t first_row, int64_t last_row);

// The same for one channel of a depthwise convolution: pairs of rows `g.dh` apart.
void pack_plane_row_pairs(const Isa& isa, const PlaneLayout& layout, const ConvGeometry& g, const BytePacking& how,
                          const uint8_t* channel, const uint8_t* zero_row, int32_t* out);

// Pairs of 16-bit values of two channels; `zero` lies outside the input.
void pack_plane_words(const Isa& isa, const PlaneLayout& layout, const ConvGeometry& g, int32_t zero, const int16_t* a,
                      const int16_t* b, int32_t* out, int64_t first_row, int64_t last_row);
// Pairs of 16-bit values of rows `g.dh` apart in one channel; `zero_row` stands for rows outside the input.
void pack_plane_word_rows(const Isa& isa, const PlaneLayout& layout, const ConvGeometry& g, int32_t zero,
                          const int16_t* channel, const int16_t* zero_row, int32_t* out);

}  // namespace sim
