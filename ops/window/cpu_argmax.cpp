#include "ops/window/cpu_argmax.h"

#include <algorithm>
#include <array>
#include <limits>

#include "runtime/cpu/parallel.h"
#include "runtime/cpu/widest.h"

namespace palimpsest::cpu {
namespace {

/// Channels side by side: what is known of them stays in the first-level cache.
constexpr std::int64_t widest_bundle = 64;

/// Larger numbers win, and the first NaN; `best` and `places` hold the winners so far.
template <class T>
[[gnu::always_inline]] inline void challenge(const T* x, std::int32_t place, std::int64_t count,
                                             T* best, std::int32_t* places) {
#pragma omp simd
  for (std::int64_t c = 0; c < count; ++c) {
    const T challenger = x[c], champion = best[c];
    const bool wins =
        (challenger > champion) | ((challenger != challenger) & (champion == champion));
    best[c] = wins ? challenger : champion;
    places[c] = wins ? place : places[c];
  }
}

CoveredPlaces covered_places(const WindowGeometry& g, std::size_t axis, std::int64_t step) {
  const int dim = static_cast<int>(axis) + 2;
  CoveredPlaces result{{}, {0}};
  for (std::int64_t window = 0; window < g.output[dim]; ++window) {
    for (std::int64_t k = 0; k < g.size[axis]; ++k) {
      const std::int64_t place = window * g.stride[axis] + k * g.dilation[axis] - g.pad_low[axis];
      if (place >= 0 && place < g.input[dim])
        result.places.push_back(static_cast<std::int32_t>(place * step));
    }
    result.first.push_back(result.places.size());
  }
  return result;
}

}  // namespace

template <class T>
struct ChannelsLastMaxima::Best {
  std::array<T, widest_bundle> value;
  std::array<std::int32_t, widest_bundle> place;
  bool none = true;  ///< no place of the window was seen yet
};

bool ChannelsLastMaxima::fits(const WindowGeometry& g) {
  return g.channels_last && g.input[0] * g.input[1] > 0 &&
         g.input.elements() / (g.input[0] * g.input[1]) <= std::numeric_limits<std::int32_t>::max();
}

ChannelsLastMaxima::ChannelsLastMaxima(const WindowGeometry& g)
    : axes_(g.size.size()),
      windows_(g.size.size() + 1, 1),
      images_(g.input[0]),
      channels_(g.input[1]),
      x_positions_(1) {
  for (std::size_t axis = axes_.size(); axis-- > 0;) {
    const int dim = static_cast<int>(axis) + 2;
    axes_[axis] = covered_places(g, axis, x_positions_);
    windows_[axis] = windows_[axis + 1] * g.output[dim];
    x_positions_ *= g.input[dim];
  }
  y_positions_ = windows_[0];
}

template <class T>
void ChannelsLastMaxima::run(const T* x, std::int64_t* y) const {
  const std::int64_t bundles = (channels_ + widest_bundle - 1) / widest_bundle;
  const std::int64_t per_row = windows_[1];
  const std::int64_t rows = per_row == 0 ? 0 : y_positions_ / per_row;
  const std::int64_t work = per_row * std::min(channels_, widest_bundle) * 8 + 1;
  const std::int64_t grain = std::max<std::int64_t>(1, runtime::pointwise_grain / work);
  runtime::parallel_for(images_ * rows * bundles, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t channel = task % bundles * widest_bundle, outer = task / bundles;
      row(x + outer / rows * x_positions_ * channels_ + channel,
          y + outer * per_row * channels_ + channel, outer % rows,
          std::min(widest_bundle, channels_ - channel));
    }
  });
}

/// The windows that are the `outer`-th along the first axis.
template <class T>
void ChannelsLastMaxima::row(const T* x, std::int64_t* y, std::int64_t outer,
                             std::int64_t width) const {
  const std::int64_t count = windows_[1];
  for (std::int64_t window = 0; window < count; ++window) {
    Best<T> best;
    cover(0, outer * count + window, x, 0, width, best);
    std::copy_n(best.place.begin(), width, y + window * channels_);
  }
}

template <class T>
void ChannelsLastMaxima::cover(std::size_t axis, std::int64_t window, const T* x,
                               std::int32_t place, std::int64_t width, Best<T>& best) const {
  if (axis == axes_.size()) {
    static const auto take = runtime::widest<challenge<T>>();
    const T* numbers = x + place * channels_;
    if (best.none) {
      std::copy_n(numbers, width, best.value.begin());
      std::fill_n(best.place.begin(), width, place);
      best.none = false;
    } else {
      take(numbers, place, width, best.value.data(), best.place.data());
    }
    return;
  }
  const CoveredPlaces& covered = axes_[axis];
  const auto at = static_cast<std::size_t>(window / windows_[axis + 1]);
  for (std::size_t i = covered.first[at]; i < covered.first[at + 1]; ++i)
    cover(axis + 1, window % windows_[axis + 1], x, place + covered.places[i], width, best);
}

template void ChannelsLastMaxima::run(const float*, std::int64_t*) const;
template void ChannelsLastMaxima::run(const double*, std::int64_t*) const;
template void ChannelsLastMaxima::run(const std::int64_t*, std::int64_t*) const;

}  // namespace palimpsest::cpu
