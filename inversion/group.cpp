#include "inversion/group.h"

#include "inversion/pixels.h"
#include "registration/registration.h"

namespace palimpsest::inversion {
namespace {

Literal mean_of(const std::vector<Literal>& seeds) {
  std::vector<double> sum(static_cast<std::size_t>(seeds.front().shape().elements()), 0.0);
  for (const Literal& seed : seeds) {
    const std::vector<double> values = seed.doubles();
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += values[i];
  }
  for (double& value : sum) value /= static_cast<double>(seeds.size());
  return Literal::of<double>(seeds.front().shape(), sum).converted(seeds.front().dtype());
}

/// Image n of pixels [N, C, H, W] as [C, H, W].
Literal image_of(const Literal& pixels, std::int64_t n) {
  const Shape& shape = pixels.shape();
  const auto count = static_cast<std::size_t>(shape.elements() / shape[0]);
  return Literal::of<float>(
      {shape[1], shape[2], shape[3]},
      pixels.values<float>().subspan(static_cast<std::size_t>(n) * count, count));
}

/// Adds the seed's image brought onto the target, and counts it when it could be brought there.
void add_registered(const Literal& seed, const Literal& target, std::span<double> sum,
                    std::int64_t& registered) {
  const registration::Registration found = registration::register_image(seed, target);
  const Literal image = found.found ? registration::warped(seed, found).image : seed;
  const std::span<const float> values = image.values<float>();
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += double{values[i]};
  if (found.found) ++registered;
}

/// Registration works on pixels in [0, 1], as what is shown of a candidate.
Consensus registered_mean(const Problem& problem, const std::vector<Literal>& seeds) {
  const Literal target = clamped(pixels_of(problem, mean_of(seeds)));
  std::vector<Literal> pixels;
  for (const Literal& seed : seeds) pixels.push_back(clamped(pixels_of(problem, seed)));
  std::vector<double> sum(static_cast<std::size_t>(target.shape().elements()), 0.0);
  const std::int64_t images = target.shape()[0];
  const std::size_t each = sum.size() / static_cast<std::size_t>(images);
  Consensus result;
  for (std::int64_t n = 0; n < images; ++n)
    for (const Literal& seed : pixels)
      add_registered(image_of(seed, n), image_of(target, n),
                     std::span(sum).subspan(static_cast<std::size_t>(n) * each, each),
                     result.registered);
  for (double& value : sum) value /= static_cast<double>(seeds.size());
  result.images =
      images_of(problem, Literal::of<double>(target.shape(), sum).converted(DType::f32));
  return result;
}

}  // namespace

bool is_consensus_due(const GroupSpec& spec, std::int64_t iterations_done) {
  return spec.form != GroupForm::none && iterations_done >= spec.start &&
         (iterations_done - spec.start) % spec.period == 0;
}

Consensus consensus(const Problem& problem, GroupForm form, const std::vector<Literal>& seeds) {
  if (form == GroupForm::registered) return registered_mean(problem, seeds);
  return {mean_of(seeds), 0};
}

}  // namespace palimpsest::inversion
