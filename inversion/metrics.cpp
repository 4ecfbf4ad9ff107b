#include "inversion/metrics.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace palimpsest::inversion {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::span<const float> image_of(const Literal& images, std::int64_t index) {
  const auto count = static_cast<std::size_t>(images.elements() / images.shape()[0]);
  return images.values<float>().subspan(static_cast<std::size_t>(index) * count, count);
}

bool has_ssim(const Literal& images) {
  const Shape& shape = images.shape();
  return shape.rank() == 4 && shape[2] >= 11 && shape[3] >= 11;
}

/// Squared errors of all pairs: row = recovered, column = truth.
std::vector<double> pair_errors(const Literal& recovered, const Literal& truth) {
  const std::int64_t count = truth.shape()[0];
  std::vector<double> errors;
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t j = 0; j < count; ++j)
      errors.push_back(mean_squared_error(recovered, i, truth, j));
  return errors;
}

double random_pair_psnr(std::span<const double> errors, std::span<const std::int64_t> columns) {
  double sum = 0;
  std::size_t pairs = 0;
  for (std::size_t i = 0; i < columns.size(); ++i)
    for (std::size_t j = 0; j < columns.size(); ++j)
      if (std::cmp_not_equal(j, columns[i])) {
        sum += psnr(errors[i * columns.size() + j]);
        ++pairs;
      }
  return pairs == 0 ? nan : sum / static_cast<double>(pairs);
}

void add_means(ImageScores& scores) {
  const auto count = static_cast<double>(scores.images.size());
  for (const ImageScore& score : scores.images) {
    scores.mean_squared_error += score.mean_squared_error / count;
    scores.psnr += score.psnr / count;
    scores.ssim += score.ssim / count;
    scores.spectral_distance += score.spectral_distance / count;
  }
}

}  // namespace

double mean_squared_error(const Literal& a, std::int64_t i, const Literal& b, std::int64_t j) {
  const std::span<const float> x = image_of(a, i), y = image_of(b, j);
  if (x.size() != y.size())
    throw InputError(
        text("squared error: images of one size expected, ", a.type(), " and ", b.type(), " came"));
  double sum = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double difference = static_cast<double>(x[k]) - static_cast<double>(y[k]);
    sum += difference * difference;
  }
  return sum / static_cast<double>(x.size());
}

double psnr(double mean_squared_error) { return -10 * std::log10(mean_squared_error); }

ImageScores score_images(const Literal& recovered, const Literal& truth) {
  if (!(recovered.type() == truth.type()) || truth.shape().rank() < 2 || truth.elements() == 0)
    throw InputError(text("scores: recovered and true images of one type expected, ",
                          recovered.type(), " and ", truth.type(), " came"));
  const std::int64_t count = truth.shape()[0];
  const std::vector<double> errors = pair_errors(recovered, truth);
  const std::vector<std::int64_t> columns = assignment(errors, count);

  ImageScores scores;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t j = columns[static_cast<std::size_t>(i)];
    const double error = errors[static_cast<std::size_t>(i * count + j)];
    const double similarity = has_ssim(truth) ? ssim(recovered, i, truth, j) : nan;
    const double spectral =
        truth.shape().rank() == 4 ? spectral_distance(recovered, i, truth, j) : nan;
    scores.images.push_back({i, j, error, psnr(error), similarity, spectral});
  }
  std::sort(scores.images.begin(), scores.images.end(),
            [](const ImageScore& a, const ImageScore& b) { return a.truth < b.truth; });
  add_means(scores);
  scores.random_pair_psnr = random_pair_psnr(errors, columns);
  return scores;
}

Literal paired(const Literal& recovered, const ImageScores& scores) {
  const std::int64_t count = recovered.shape().rank() == 0 ? 0 : recovered.shape()[0];
  if (std::cmp_not_equal(scores.images.size(), count))
    throw InputError(text("scores: ", count, " pairs expected, ", scores.images.size(), " came"));
  const std::size_t bytes =
      recovered.type().bytes() / std::max<std::size_t>(scores.images.size(), 1);
  const std::shared_ptr<std::byte> data = Literal::allocate(recovered.type());
  for (std::size_t k = 0; k < scores.images.size(); ++k) {
    const std::int64_t from = scores.images[k].recovered;
    if (from < 0 || from >= count)
      throw InputError(text("scores: images in [0, ", count, ") expected, ", from, " came"));
    std::memcpy(data.get() + k * bytes, recovered.bytes() + static_cast<std::size_t>(from) * bytes,
                bytes);
  }
  return Literal(recovered.type(), data);
}

double label_recall(std::span<const std::int64_t> recovered, std::span<const std::int64_t> truth) {
  std::vector<std::int64_t> left(recovered.begin(), recovered.end());
  std::size_t found = 0;
  for (const std::int64_t label : truth)
    if (const auto it = std::find(left.begin(), left.end(), label); it != left.end()) {
      left.erase(it);
      ++found;
    }
  return truth.empty() ? nan : static_cast<double>(found) / static_cast<double>(truth.size());
}

UpdateAgreement agreement(std::span<const Literal> a, std::span<const Literal> b) {
  if (a.size() != b.size())
    throw InputError(text("agreement: ", b.size(), " tensors expected, ", a.size(), " came"));
  double aa = 0, bb = 0, ab = 0, difference = 0;
  std::int64_t equal_signs = 0, entries = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const std::vector<double> x = a[k].doubles(), y = b[k].doubles();
    if (x.size() != y.size())
      throw InputError(
          text("agreement: tensor ", k, ": ", b[k].type(), " expected, ", a[k].type(), " came"));
    for (std::size_t i = 0; i < x.size(); ++i) {
      aa += x[i] * x[i];
      bb += y[i] * y[i];
      ab += x[i] * y[i];
      difference += (x[i] - y[i]) * (x[i] - y[i]);
      equal_signs += (x[i] > 0) == (y[i] > 0) && (x[i] < 0) == (y[i] < 0);
    }
    entries += a[k].elements();
  }
  return {ab / std::sqrt(aa * bb), static_cast<double>(equal_signs) / static_cast<double>(entries),
          std::sqrt(difference / bb)};
}

}  // namespace palimpsest::inversion
