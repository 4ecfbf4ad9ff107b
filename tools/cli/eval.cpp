// eval: a reconstruction against the truth.

#include <nlohmann/json.hpp>

#include "tools/cli/attack_results.h"
#include "tools/cli/commands.h"
#include "tools/cli/image_batch.h"
#include "tools/io/image.h"
#include "tools/io/npz.h"

namespace palimpsest::tools {
namespace {

/// A run folder's recon.npz, or images by themselves.
Literal read_reconstruction(const std::string& path) {
  const auto file = std::filesystem::path(path) / "recon.npz";
  if (!std::filesystem::exists(file)) {
    std::vector<Literal> images;
    for (NamedImage& named : read_images(path)) images.push_back(std::move(named.image));
    return stacked(images);
  }
  for (const auto& [name, tensor] : parse_npz(read_file(file), file.string()).tensors)
    if (name == "images") return tensor;
  throw InputError(text(file.string(), ": has no member 'images'"));
}

class Eval final : public Command {
 public:
  std::string name() const override { return "eval"; }
  std::string summary() const override { return "compare a reconstruction with the truth"; }

  void add_options(CLI::App& app) override {
    app.add_option("reconstruction", path_, "run folder, image file or folder of images")
        ->required();
    app.add_option("--truth", truth_,
                   "true images, cropped and scaled like the recovered ones (repeatable)")
        ->required();
    app.add_option("--fail-if-psnr-above", threshold_, "exit 1 when the mean PSNR is higher");
    app.add_flag("--write", write_, "write grid.png and metrics.csv into the run folder");
  }

  Outcome run(const Console& console) override {
    if (write_ && !std::filesystem::is_directory(path_))
      throw UsageError(text("--write: a run folder expected, '", path_, "' came"));
    const Literal images = read_reconstruction(path_);
    const Shape& shape = images.shape();
    if (shape.rank() != 4) throw InputError(text(path_, ": images expected, ", shape, " came"));
    const Literal truth = read_image_batch(truth_, {shape[1], shape[2], shape[3]});
    const inversion::ImageScores scores = inversion::score_images(images, truth);
    console.table(scores_table(scores));
    console.line("pixels in [0,1], peak 1; SSIM Gaussian 11x11 sigma 1.5; optimal assignment");
    if (truth.shape()[0] > 1)
      console.line(text("a wrong pair scores ", readable_number(scores.random_pair_psnr), " dB"));
    if (write_) write_comparison(RunFolder(path_, Existing::resume), truth, images, scores);
    const bool failed = threshold_ && scores.psnr > *threshold_;
    if (failed)
      console.line(
          text("verdict: mean PSNR ", readable_number(scores.psnr), " is above ", *threshold_));
    return {scores_json(scores), failed ? ExitCode::verdict_failed : ExitCode::ok};
  }

 private:
  std::string path_;
  std::vector<std::string> truth_;
  std::optional<double> threshold_;
  bool write_ = false;
};

}  // namespace

std::unique_ptr<Command> eval_command() { return std::make_unique<Eval>(); }

}  // namespace palimpsest::tools
