#include "tools/report/axis.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tools/cli/console.h"

namespace palimpsest::tools {
namespace {

constexpr double log_worth = 30;  // a linear axis would hide what lies below a thirtieth

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  bool empty() const { return low > high; }
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

/// 1, 2 or 5 times a power of ten: the least that cuts the width into at most `parts`.
double round_step(double width, int parts) {
  const double least = width / parts;
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

/// 10⁻⁴
std::string power_of_ten(int exponent) {
  constexpr const char* digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string label = exponent < 0 ? "10⁻" : "10";
  for (const char digit : std::to_string(std::abs(exponent))) label += digits[digit - '0'];
  return label;
}

void add_linear_ticks(Axis& axis, int ticks) {
  const double step = round_step(axis.high - axis.low, ticks);
  const double first = std::ceil(axis.low / step - 1e-9);
  for (int i = 0; first * step + i * step <= axis.high + 1e-9 * step; ++i) {
    const double value = (first + i) * step;
    axis.ticks.push_back({axis.place(value), readable_number(value, 6)});
  }
}

/// Powers of ten, every second or third where there are many, with 2 and 5 between them where
/// there are few.
void add_decades(Axis& axis, int ticks) {
  const int first = static_cast<int>(std::floor(std::log10(axis.low) + 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(axis.high) + 1e-9));
  const int step = std::max(1, (last - first + ticks) / ticks);
  for (int exponent = first; exponent <= last; exponent += step)
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (factor > 1 && last - first > 2) continue;
      const double value = factor * std::pow(10, exponent);
      if (value < axis.low * (1 - 1e-9) || value > axis.high * (1 + 1e-9)) continue;
      axis.ticks.push_back({axis.place(value), factor == 1 && last - first > 2
                                                   ? power_of_ten(exponent)
                                                   : readable_number(value)});
    }
}

}  // namespace

double Axis::place(double value) const {
  const double share =
      logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  return std::clamp(share, 0.0, 1.0);
}

Axis linear_axis(std::span<const double> values, int ticks) {
  Range range;
  for (const double value : values)
    if (std::isfinite(value)) range.add(value);
  Axis axis;
  if (!range.empty()) axis.low = range.low, axis.high = range.high;
  if (axis.high - axis.low <= 1e-12 * std::abs(axis.high)) {  // one value: give it room
    const double room = axis.high == 0 ? 1 : std::abs(axis.high) / 2;
    axis.low -= room, axis.high += room;
  }
  add_linear_ticks(axis, ticks);
  return axis;
}

Axis value_axis(std::span<const double> values, int ticks) {
  Range positive;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    if (value < 0) return linear_axis(values, ticks);
    if (value > 0) positive.add(value);
  }
  if (positive.empty() || positive.high < log_worth * positive.low)
    return linear_axis(values, ticks);
  Axis axis{positive.low, positive.high, true, {}};
  add_decades(axis, ticks);
  return axis;
}

}  // namespace palimpsest::tools
