#include "inversion/audit/student.h"

#include <cmath>
#include <numbers>

#include "graph/error.h"

namespace palimpsest::inversion {
namespace {

constexpr double level = 0.95;

/// 1 + a1 c^2 + a1 a2 c^4 + ... with a_k = (first + 2 (k - 1)) / (first + 2 k - 1), `terms` of
/// them.
double series(double cosine, double first, std::int64_t terms) {
  double sum = 0, term = 1;
  for (std::int64_t k = 1; k <= terms; ++k) {
    sum += term;
    const double numerator = first + 2 * static_cast<double>(k - 1);
    term *= cosine * cosine * numerator / (numerator + 1);
  }
  return sum;
}

/// The t within which `level` of the distribution lies.
double quantile(std::int64_t degrees) {
  double low = 0, high = 16;  // that of one degree is 12.7
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (student_share(middle, degrees) < level ? low : high) = middle;
  }
  return high;
}

}  // namespace

double student_share(double t, std::int64_t degrees) {
  const double angle = std::atan(t / std::sqrt(static_cast<double>(degrees)));
  const double sine = std::sin(angle), cosine = std::cos(angle);
  if (degrees % 2 == 0) return sine * series(cosine, 1, degrees / 2);
  return 2 / std::numbers::pi * (angle + sine * cosine * series(cosine, 2, (degrees - 1) / 2));
}

double student_half_width(std::span<const double> values) {
  if (values.size() < 2)
    throw InputError(text("interval: at least 2 values expected, ", values.size(), " came"));
  const auto count = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  const double mean = sum / count;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double error = std::sqrt(squares / (count - 1) / count);
  return quantile(static_cast<std::int64_t>(values.size()) - 1) * error;
}

}  // namespace palimpsest::inversion
