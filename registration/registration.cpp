#include "registration/registration.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "graph/error.h"
#include "registration/phase.h"

namespace palimpsest::registration {
namespace {

using Index = Eigen::Index;
using Matrix3 = Eigen::Matrix3d;

/// Fine structure without the finest, in which noise lies.
Plane band(const Plane& plane) {
  const double side = static_cast<double>(std::min(plane.rows(), plane.cols()));
  return smoothed(plane, 1) - smoothed(plane, std::clamp(side / 16, 2.0, 6.0));
}

/// Both images as the steps see them.
struct Pair {
  Plane moving, fixed;  ///< lightly smoothed means of the channels
  Plane moving_band, fixed_band;

  Index rows() const { return fixed.rows(); }
  Index columns() const { return fixed.cols(); }

  /// How well a map explains the fixed image, over what it keeps inside; 0 when that is less than
  /// half.
  double score(const Field& at) const {
    const Plane mask = inside(at, rows(), columns());
    if (mask.sum() < 0.5 * static_cast<double>(mask.size())) return 0;
    return std::max(0.0, correlation(sampled(moving_band, at), fixed_band, mask));
  }
  double score(const Matrix3& h) const { return score(places(h, rows(), columns())); }
};

struct Scored {
  Matrix3 homography = Matrix3::Identity();
  double score = 0;
};

/// The identity, and what the phases say.
std::vector<Scored> starts(const Pair& pair) {
  const Shift shift = phase_correlation(pair.moving, pair.fixed);
  std::vector<Scored> result;
  for (const Matrix3& h : {Matrix3(Matrix3::Identity()), translation(shift.x, shift.y),
                           spectral_similarity(pair.moving, pair.fixed, false),
                           spectral_similarity(pair.moving, pair.fixed, true)})
    result.push_back({h, pair.score(h)});
  std::stable_sort(result.begin(), result.end(),
                   [](const Scored& a, const Scored& b) { return a.score > b.score; });
  return result;
}

/// The best of the two likeliest starts, before and after refinement.
Scored best_homography(const Pair& pair, Motion motion) {
  const std::vector<Scored> all = starts(pair);
  Scored best = all.front();
  for (const Scored& start : {all[0], all[1]}) {
    const Matrix3 h = aligned_coarse_to_fine(pair.moving, pair.fixed, start.homography, motion);
    if (const double score = pair.score(h); score > best.score) best = {h, score};
  }
  return best;
}

Field plus(const Field& a, const Field& b) { return {a.x + b.x, a.y + b.y}; }

Literal literal(const Plane& plane) {
  const Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> values =
      plane.cast<float>();
  return Literal::of<float>(
      {plane.rows(), plane.cols()},
      std::span<const float>(values.data(), static_cast<std::size_t>(values.size())));
}

}  // namespace

Registration register_image(const Literal& moving, const Literal& fixed,
                            const RegistrationSettings& settings) {
  if (!(moving.type() == fixed.type()))
    throw InputError(text("registration: images of one type expected, ", moving.type(), " and ",
                          fixed.type(), " came"));
  const Plane a = mean_of(planes(moving)), b = mean_of(planes(fixed));
  const Pair pair{smoothed(a, 0.7), smoothed(b, 0.7), band(a), band(b)};
  const Scored best = best_homography(pair, settings.motion);
  Registration result;
  const Plane none = Plane::Zero(pair.rows(), pair.columns());
  result.flow = {none, none};
  result.confidence = best.score;
  result.found = best.score >= settings.least_confidence;
  if (!result.found) return result;
  result.homography = best.homography;
  if (!settings.dense) return result;
  Field flow = smooth_flow(pair.moving, pair.fixed, best.homography, settings.flow);
  const double score = pair.score(plus(places(best.homography, pair.rows(), pair.columns()), flow));
  if (score <= best.score || least_expansion(flow) <= 0) return result;
  result.flow = std::move(flow);
  result.confidence = score;
  return result;
}

Warped warped(const Literal& moving, const Registration& registration) {
  const std::vector<Plane> channels = planes(moving);
  const Index rows = channels.front().rows(), columns = channels.front().cols();
  if (registration.flow.x.rows() != rows || registration.flow.x.cols() != columns)
    throw InputError(text("registration: an image of ", registration.flow.x.rows(), "x",
                          registration.flow.x.cols(), " expected, ", moving.type(), " came"));
  const Field at = plus(places(registration.homography, rows, columns), registration.flow);
  std::vector<float> values;
  for (const Plane& channel : channels) {
    const Plane seen = sampled(channel, at);
    for (Index i = 0; i < seen.size(); ++i) values.push_back(static_cast<float>(seen.data()[i]));
  }
  return {Literal::of<float>(moving.shape(), values), literal(inside(at, rows, columns))};
}

}  // namespace palimpsest::registration
