#include <algorithm>

#include "ops/cpu_kernels.h"
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

/// A run of consecutive windows along the last axis, for one place k: the windows lie at y,
/// y + 1, ..., their inputs at x, x + stride, ...
struct Run {
  std::int64_t x, y, count, stride;
};

std::int64_t rounded_up_quotient(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

Axis axis_of(const WindowGeometry& g, std::size_t axis) {
  const int dim = static_cast<int>(axis) + 2;
  const std::int64_t stride = g.stride[axis], extent = g.input[dim];
  Axis result{{}, stride, g.input.strides()[axis + 2], g.output.strides()[axis + 2]};
  for (std::int64_t k = 0; k < g.size[axis]; ++k) {
    const std::int64_t begin = k * g.dilation[axis] - g.pad_low[axis];  // in window 0
    const std::int64_t first = begin < 0 ? rounded_up_quotient(-begin, stride) : 0;
    const std::int64_t end = extent > begin ? rounded_up_quotient(extent - begin, stride) : 0;
    const std::int64_t count = std::min(end, g.output[dim]) - first;
    result.taps.push_back({first, std::max<std::int64_t>(0, count), first * stride + begin});
  }
  return result;
}

/// All pairs (window, input place in it) of one image's channel, as runs. For a fixed window
/// its places come in row-major order.
class WindowWalk {
 public:
  explicit WindowWalk(const WindowGeometry& g)
      : images_(g.input[0] * g.input[1]),
        x_elements_(images_ > 0 ? g.input.elements() / images_ : 0),
        y_elements_(images_ > 0 ? g.output.elements() / images_ : 0) {
    for (std::size_t axis = 0; axis < g.size.size(); ++axis) axes_.push_back(axis_of(g, axis));
    for (const std::int64_t size : g.size) places_ *= size;
  }

  /// For each image, in parallel: body(its first element of x, of y).
  template <class Body>
  void each_image(const Body& body) const {
    const std::int64_t work = x_elements_ + y_elements_ * places_;
    const std::int64_t grain = std::max<std::int64_t>(1, runtime::pointwise_grain / (work + 1));
    runtime::parallel_for(images_, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t image = begin; image < end; ++image)
        body(image * x_elements_, image * y_elements_);
    });
  }

  template <class Visit>
  void each_run(const Visit& visit) const {
    walk(0, 0, 0, visit);
  }

  std::int64_t x_elements() const { return x_elements_; }
  std::int64_t y_elements() const { return y_elements_; }

 private:
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
  std::int64_t images_, x_elements_, y_elements_;
  std::int64_t places_ = 1;
};

template <class T>
void sum_windows(const WindowWalk& walk, const T* x, T* y) {
  walk.each_image([&](std::int64_t x_image, std::int64_t y_image) {
    T* to = y + y_image;
    std::fill(to, to + walk.y_elements(), T{0});
    walk.each_run([&](const Run& run) {
      const T* from = x + x_image + run.x;
      for (std::int64_t i = 0; i < run.count; ++i) to[run.y + i] += from[i * run.stride];
    });
  });
}

template <class T>
void spread_windows(const WindowWalk& walk, const T* ct, T* x) {
  walk.each_image([&](std::int64_t x_image, std::int64_t y_image) {
    T* to = x + x_image;
    std::fill(to, to + walk.x_elements(), T{0});
    walk.each_run([&](const Run& run) {
      const T* from = ct + y_image + run.y;
      for (std::int64_t i = 0; i < run.count; ++i) to[run.x + i * run.stride] += from[i];
    });
  });
}

/// A number beats another when it is larger or the first NaN.
template <class T>
bool beats(T challenger, T champion) {
  return challenger > champion || (challenger != challenger && champion == champion);
}

template <class T>
void find_maxima(const WindowWalk& walk, const T* x, std::int64_t* y) {
  walk.each_image([&](std::int64_t x_image, std::int64_t y_image) {
    const T* from = x + x_image;
    std::int64_t* to = y + y_image;
    std::fill(to, to + walk.y_elements(), std::int64_t{-1});
    walk.each_run([&](const Run& run) {
      for (std::int64_t i = 0; i < run.count; ++i) {
        const std::int64_t place = run.x + i * run.stride;
        std::int64_t& best = to[run.y + i];
        if (best < 0 || beats(from[place], from[best])) best = place;
      }
    });
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
  const WindowWalk walk(request.op.as<WindowArgmax>()->geometry);
  return runtime::with_number(request.inputs[0].dtype, WindowArgmax::name, [&](auto tag) {
    using T = typename decltype(tag)::type;
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
