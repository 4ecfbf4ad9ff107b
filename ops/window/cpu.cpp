#include <algorithm>

#include "ops/cpu_kernels.h"
#include "ops/window/cpu_argmax.h"
#include "ops/window/window.h"
#include "runtime/cpu/dispatch.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

using runtime::Kernel;
using runtime::KernelRequest;
using runtime::Launch;

/// For one place k of the window along one axis: the windows [window, window + count) in which
/// it lies inside the input; in the first of them it is input place `place`.
struct Tap {
  std::int64_t window, count, place;
};

struct Axis {
  std::vector<Tap> taps;  ///< one per place of the window
  std::int64_t stride, x_step, y_step;
};

/// A run of consecutive windows along the last axis, for one place k: the windows are y,
/// y + 1, ..., their inputs x, x + stride, ..., counted in spatial positions.
struct Run {
  std::int64_t x, y, count, stride;
};

std::int64_t rounded_up_quotient(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

Axis axis_of(const WindowGeometry& g, std::size_t axis) {
  const int dim = static_cast<int>(axis) + 2;
  const std::int64_t stride = g.stride[axis], extent = g.input[dim];
  const Shape x(g.input.extents().subspan(2)), y(g.output.extents().subspan(2));
  Axis result{{}, stride, x.strides()[axis], y.strides()[axis]};
  for (std::int64_t k = 0; k < g.size[axis]; ++k) {
    const std::int64_t begin = k * g.dilation[axis] - g.pad_low[axis];  // in window 0
    const std::int64_t first = begin < 0 ? rounded_up_quotient(-begin, stride) : 0;
    const std::int64_t end = extent > begin ? rounded_up_quotient(extent - begin, stride) : 0;
    const std::int64_t count = std::min(end, g.output[dim]) - first;
    result.taps.push_back({first, std::max<std::int64_t>(0, count), first * stride + begin});
  }
  return result;
}

/// Channels of an image that are walked together: `width` neighbours when they lie last, else one.
struct Bundle {
  std::int64_t x, y;   ///< its first element of x, of y
  std::int64_t step;   ///< elements between spatial positions
  std::int64_t width;  ///< channels
};

/// Calls visit(place of x, place of y) for all elements of a run, counted within the bundle.
template <class Visit>
void each_pair(const Run& run, const Bundle& bundle, const Visit& visit) {
  if (bundle.step == 1) {
    for (std::int64_t i = 0; i < run.count; ++i) visit(run.x + i * run.stride, run.y + i);
    return;
  }
  for (std::int64_t i = 0; i < run.count; ++i) {
    const std::int64_t x = (run.x + i * run.stride) * bundle.step;
    const std::int64_t y = (run.y + i) * bundle.step;
    for (std::int64_t c = 0; c < bundle.width; ++c) visit(x + c, y + c);
  }
}

template <class T>
void fill(T* first, std::int64_t positions, const Bundle& bundle, T value) {
  for (std::int64_t p = 0; p < positions; ++p)
    std::fill_n(first + p * bundle.step, bundle.width, value);
}

/// All pairs (window, input place in it) of one bundle, as runs. For a fixed window its places
/// come in row-major order.
class WindowWalk {
 public:
  explicit WindowWalk(const WindowGeometry& g)
      : images_(g.channels_last ? g.input[0] : g.input[0] * g.input[1]),
        channels_(g.channels_last ? g.input[1] : 1) {
    const std::int64_t planes = images_ * channels_;
    x_positions_ = planes > 0 ? g.input.elements() / planes : 0;
    y_positions_ = planes > 0 ? g.output.elements() / planes : 0;
    for (std::size_t axis = 0; axis < g.size.size(); ++axis) axes_.push_back(axis_of(g, axis));
    for (const std::int64_t size : g.size) places_ *= size;
  }

  /// Calls body(bundle) for all of them, in parallel.
  template <class Body>
  void each_bundle(const Body& body) const {
    const std::int64_t blocks = (channels_ + widest - 1) / widest;
    const std::int64_t work =
        (x_positions_ + y_positions_ * places_) * std::min(channels_, widest) + 1;
    const std::int64_t grain = std::max<std::int64_t>(1, runtime::pointwise_grain / work);
    runtime::parallel_for(images_ * blocks, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t task = begin; task < end; ++task) {
        const std::int64_t image = task / blocks, channel = task % blocks * widest;
        body(Bundle{image * x_positions_ * channels_ + channel,
                    image * y_positions_ * channels_ + channel, channels_,
                    std::min(widest, channels_ - channel)});
      }
    });
  }

  template <class Visit>
  void each_run(const Visit& visit) const {
    walk(0, 0, 0, visit);
  }

  std::int64_t x_positions() const { return x_positions_; }
  std::int64_t y_positions() const { return y_positions_; }

 private:
  /// Channels of a bundle at most: some cache lines of each position.
  static constexpr std::int64_t widest = 64;

  template <class Visit>
  void walk(std::size_t index, std::int64_t x, std::int64_t y, const Visit& visit) const {
    const Axis& axis = axes_[index];
    const bool last = index + 1 == axes_.size();
    for (const Tap& tap : axis.taps) {
      const std::int64_t x_tap = x + tap.place * axis.x_step, y_tap = y + tap.window * axis.y_step;
      if (last)
        visit(Run{x_tap, y_tap, tap.count, axis.stride});
      else
        for (std::int64_t i = 0; i < tap.count; ++i)
          walk(index + 1, x_tap + i * axis.stride * axis.x_step, y_tap + i * axis.y_step, visit);
    }
  }

  std::vector<Axis> axes_;
  std::int64_t images_, channels_;
  std::int64_t x_positions_ = 0, y_positions_ = 0;
  std::int64_t places_ = 1;
};

template <class T>
void sum_windows(const WindowWalk& walk, const T* x, T* y) {
  walk.each_bundle([&](const Bundle& bundle) {
    const T* from = x + bundle.x;
    T* to = y + bundle.y;
    fill(to, walk.y_positions(), bundle, T{0});
    walk.each_run([&](const Run& run) {
      each_pair(run, bundle, [=](std::int64_t i, std::int64_t j) { to[j] += from[i]; });
    });
  });
}

template <class T>
void spread_windows(const WindowWalk& walk, const T* ct, T* x) {
  walk.each_bundle([&](const Bundle& bundle) {
    const T* from = ct + bundle.y;
    T* to = x + bundle.x;
    fill(to, walk.x_positions(), bundle, T{0});
    walk.each_run([&](const Run& run) {
      each_pair(run, bundle, [=](std::int64_t i, std::int64_t j) { to[i] += from[j]; });
    });
  });
}

/// A number beats another when it is larger or the first NaN.
template <class T>
bool beats(T challenger, T champion) {
  return challenger > champion || (challenger != challenger && champion == champion);
}

/// Keeps the place of the best element so far, as offset in its bundle, until the end.
template <class T>
void find_maxima(const WindowWalk& walk, const T* x, std::int64_t* y) {
  walk.each_bundle([&](const Bundle& bundle) {
    const T* from = x + bundle.x;
    std::int64_t* to = y + bundle.y;
    fill(to, walk.y_positions(), bundle, std::int64_t{-1});
    walk.each_run([&](const Run& run) {
      each_pair(run, bundle, [=](std::int64_t i, std::int64_t j) {
        std::int64_t& best = to[j];
        if (best < 0 || beats(from[i], from[best])) best = i;
      });
    });
    if (bundle.step > 1)
      for (std::int64_t p = 0; p < walk.y_positions(); ++p)
        for (std::int64_t c = 0; c < bundle.width; ++c) to[p * bundle.step + c] /= bundle.step;
  });
}

std::unique_ptr<Kernel> prepare_sum(const KernelRequest& request) {
  const WindowWalk walk(request.op.as<WindowSum>()->geometry);
  return runtime::with_float(request.output.dtype, WindowSum::name, [&](auto tag) {
    using T = typename decltype(tag)::type;
    return runtime::make_kernel([walk](const Launch& launch) {
      sum_windows(walk, launch.input<T>(0), launch.result<T>());
    });
  });
}

std::unique_ptr<Kernel> prepare_spread(const KernelRequest& request) {
  const WindowWalk walk(request.op.as<WindowSpread>()->geometry);
  return runtime::with_float(request.output.dtype, WindowSpread::name, [&](auto tag) {
    using T = typename decltype(tag)::type;
    return runtime::make_kernel([walk](const Launch& launch) {
      spread_windows(walk, launch.input<T>(0), launch.result<T>());
    });
  });
}

std::unique_ptr<Kernel> prepare_argmax(const KernelRequest& request) {
  const WindowGeometry& geometry = request.op.as<WindowArgmax>()->geometry;
  return runtime::with_number(request.inputs[0].dtype, WindowArgmax::name, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if (cpu::ChannelsLastMaxima::fits(geometry))
      return runtime::make_kernel(
          [maxima = cpu::ChannelsLastMaxima(geometry)](const Launch& launch) {
            maxima.run(launch.input<T>(0), launch.result<std::int64_t>());
          });
    const WindowWalk walk(geometry);
    return runtime::make_kernel([walk](const Launch& launch) {
      find_maxima(walk, launch.input<T>(0), launch.result<std::int64_t>());
    });
  });
}

}  // namespace

void add_window_kernels(runtime::KernelTable& table) {
  table.add<WindowSum>(prepare_sum);
  table.add<WindowSpread>(prepare_spread);
  table.add<WindowArgmax>(prepare_argmax);
}

}  // namespace palimpsest
