#pragma once
// Student's t (1908): intervals of a mean over a handful of values, where resampling them would
// give intervals that are too short.

#include <cstdint>
#include <span>

namespace palimpsest::inversion {

/// The share of Student's distribution between -t and t, for t >= 0 and at least one degree of
/// freedom; by the finite series of Abramowitz and Stegun (1964), 26.7.3 and 26.7.4.
double student_share(double t, std::int64_t degrees);

/// Half the width of the 95 % interval of the mean of at least two values that do not depend on
/// each other. Throws InputError for fewer.
double student_half_width(std::span<const double> values);

}  // namespace palimpsest::inversion
