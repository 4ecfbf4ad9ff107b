#pragma once
// Positions of window maxima where the channels lie last: neighbouring channels side by side in
// the vector units, window by window.

#include "ops/window/window.h"

namespace palimpsest::cpu {

/// Along one spatial axis: the places of x that each window covers, as offsets in positions.
struct CoveredPlaces {
  std::vector<std::int32_t> places;  ///< of window 0, then of window 1 ...
  std::vector<std::size_t> first;    ///< by window, and one more: where its places begin
};

class ChannelsLastMaxima {
 public:
  /// True for geometries that this class computes.
  static bool fits(const WindowGeometry& geometry);
  explicit ChannelsLastMaxima(const WindowGeometry& geometry);

  /// T: float, double or i64.
  template <class T>
  void run(const T* x, std::int64_t* y) const;

 private:
  template <class T>
  struct Best;
  template <class T>
  void row(const T* x, std::int64_t* y, std::int64_t outer, std::int64_t width) const;
  template <class T>
  void cover(std::size_t axis, std::int64_t window, const T* x, std::int32_t place,
             std::int64_t width, Best<T>& best) const;

  std::vector<CoveredPlaces> axes_;
  std::vector<std::int64_t> windows_;  ///< windows along this axis and all behind it
  std::int64_t images_, channels_, x_positions_, y_positions_;
};

}  // namespace palimpsest::cpu
