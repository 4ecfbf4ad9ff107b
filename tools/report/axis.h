#pragma once
// The scale of a plot's axis: where a value lies and which values are labelled.

#include <span>
#include <string>
#include <vector>

namespace palimpsest::tools {

struct Tick {
  double place = 0;  ///< 0 at the axis's low end, 1 at its high end
  std::string label;
};

struct Axis {
  double low = 0, high = 1;
  bool logarithmic = false;
  std::vector<Tick> ticks;

  /// Where a finite value within the axis lies, in [0, 1].
  double place(double value) const;
};

/// An axis from the least to the largest of the finite values, with about `ticks` of them
/// labelled, at 1, 2 or 5 times powers of ten. Without finite values it goes from 0 to 1.
Axis linear_axis(std::span<const double> values, int ticks);

/// The same, logarithmic where the positive values span more than a factor of 30 and none is
/// negative; values of 0 then lie outside.
Axis value_axis(std::span<const double> values, int ticks);

}  // namespace palimpsest::tools
