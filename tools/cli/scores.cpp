#include "tools/cli/scores.h"

#include <nlohmann/json.hpp>

#include "tools/cli/console.h"
#include "tools/io/files.h"
#include "tools/io/image.h"
#include "tools/io/image_grid.h"
#include "tools/io/npz.h"
#include "tools/io/png.h"

namespace palimpsest::tools {
namespace {

using inversion::ImageScore;
using inversion::ImageScores;
using nlohmann::json;

constexpr const char* pairs_convention =
    "one to one, so that the total squared error is least; random_pair_psnr is the mean over all "
    "other pairs";

Figure basic_figure(const ImageScores& scores, double ImageScore::*value, const char* key,
                    const char* heading, const char* convention) {
  Figure figure{key, heading, convention, {}};
  for (const ImageScore& score : scores.images) figure.values.push_back(score.*value);
  return figure;
}

/// The basic figures, then the others.
std::vector<Figure> all_figures(const ImageScores& scores, const std::vector<Figure>& more) {
  std::vector<Figure> figures{
      basic_figure(scores, &ImageScore::mean_squared_error, "mse", "MSE",
                   "mean squared difference of pixels in [0,1]"),
      basic_figure(scores, &ImageScore::psnr, "psnr", "PSNR",
                   "10 log10(1 / MSE) in dB, peak 1; the mean is of PSNRs"),
      basic_figure(scores, &ImageScore::ssim, "ssim", "SSIM",
                   "Gaussian 11x11, sigma 1.5, windows wholly inside, mean over channels"),
      basic_figure(scores, &ImageScore::spectral_distance, "fft2d", "FFT2D",
                   "root mean squared difference of the magnitudes of 2-D Fourier transforms "
                   "scaled by 1 / sqrt(H W); at most the root of the MSE")};
  figures.insert(figures.end(), more.begin(), more.end());
  return figures;
}

std::string csv(const ImageScores& scores, const std::vector<Figure>& figures) {
  std::string lines = "truth,recovered";
  for (const Figure& figure : figures) lines += "," + figure.key;
  for (std::size_t k = 0; k < scores.images.size(); ++k) {
    lines += text('\n', scores.images[k].truth, ',', scores.images[k].recovered);
    for (const Figure& figure : figures) lines += text(',', figure.values[k]);
  }
  return lines + '\n';
}

}  // namespace

double Figure::mean() const {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

json scores_json(const ImageScores& scores, const std::vector<Figure>& more) {
  const std::vector<Figure> figures = all_figures(scores, more);
  json data{{"images", json::array()},
            {"random_pair_psnr", scores.random_pair_psnr},
            {"conventions", {{"pairs", pairs_convention}}}};
  for (std::size_t k = 0; k < scores.images.size(); ++k) {
    json image{{"truth", scores.images[k].truth}, {"recovered", scores.images[k].recovered}};
    for (const Figure& figure : figures) image[figure.key] = figure.values[k];
    data["images"].push_back(std::move(image));
  }
  for (const Figure& figure : figures) {
    data[figure.key] = figure.mean();
    data["conventions"][figure.key] = figure.convention;
  }
  return data;
}

std::vector<std::vector<std::string>> scores_table(const ImageScores& scores,
                                                   const std::vector<Figure>& more) {
  const std::vector<Figure> figures = all_figures(scores, more);
  std::vector<std::vector<std::string>> rows{{"TRUTH", "RECOVERED"}};
  for (const ImageScore& score : scores.images)
    rows.push_back({text(score.truth), text(score.recovered)});
  rows.push_back({"mean", ""});
  for (const Figure& figure : figures) {
    rows.front().push_back(figure.heading);
    for (std::size_t k = 0; k < figure.values.size(); ++k)
      rows[k + 1].push_back(readable_number(figure.values[k]));
    rows.back().push_back(readable_number(figure.mean()));
  }
  return rows;
}

std::vector<std::string> convention_lines(const ImageScores& scores,
                                          const std::vector<Figure>& more) {
  std::vector<std::string> lines;
  for (const Figure& figure : all_figures(scores, more))
    lines.push_back(figure.heading + ": " + figure.convention);
  lines.push_back(text("pairs: ", pairs_convention));
  return lines;
}

void write_comparison(const RunFolder& folder, const Literal& truth, const Literal& images,
                      const ImageScores& scores, const std::vector<Figure>& more) {
  write_atomically(
      folder.file("grid.png"),
      encode_png(comparison_grid(unstacked(truth), unstacked(inversion::paired(images, scores)))));
  folder.write("metrics.csv", csv(scores, all_figures(scores, more)));
  write_atomically(folder.file("truth.npz"), npz_bytes({{"images", truth}}));
}

}  // namespace palimpsest::tools
