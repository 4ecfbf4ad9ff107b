// eval: a reconstruction against the truth, by every measure that was asked for.

#include <nlohmann/json.hpp>

#include "ops/cpu_kernels.h"
#include "tools/cli/attacked_model.h"
#include "tools/cli/commands.h"
#include "tools/cli/eval_figures.h"
#include "tools/cli/image_batch.h"
#include "tools/cli/reconstruction.h"
#include "tools/cli/words.h"

namespace palimpsest::tools {
namespace {

using nlohmann::json;

constexpr const char* match_convention =
    "the update that the client would have sent for the reconstruction as found, not clamped, "
    "against the observed one, over all entries: whether it explains the update, not what leaked";

constexpr const char* recall_convention =
    "share of the true labels found, duplicates counted: sum over classes of min(recovered, true) "
    "/ labels";

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
    app.add_option("--truth-labels", truth_labels_, "true classes, e.g. 3,1");
    app.add_option("--fail-if-psnr-above", threshold_, "exit 1 when the mean PSNR is higher");
    app.add_flag("--write", write_, "write grid.png and metrics.csv into the run folder");
    app.add_flag("--registered", registered_, "also PSNR after registration to the truth");
    app.add_option("--pool", pool_,
                   "other images among which the originals are looked for (repeatable)");
    app.add_option("--lpips", perceptual_.path, "ONNX network of two images, for LPIPS");
    app.add_option("--lpips-range", perceptual_.range, "what pixels 0 and 1 are to that network")
        ->capture_default_str();
    attacked_.add_to(app);
  }

  Outcome run(const Console& console) override {
    check_options();
    const SavedReconstruction saved = read_reconstruction(path_);
    const Shape& shape = saved.images.shape();
    const ImageExtents extents{shape[1], shape[2], shape[3]};
    const Literal truth = read_image_batch(truth_, extents);
    const inversion::ImageScores scores = inversion::score_images(saved.images, truth);
    const Pairs pairs{inversion::paired(saved.images, scores), truth};
    Found found;
    if (registered_) found.figures = registered_figures(pairs);
    if (!perceptual_.path.empty()) add_perceptual(pairs, found);
    const std::optional<Literal> pool = read_pool(extents, truth, console);
    if (!pool_.empty()) add(pixel_identification(pairs, pool), "pixels", found);
    if (attacked_.has_model()) see_through_model(saved, pairs, pool, console, found);
    if (!truth_labels_.empty()) found.recall = label_recall(saved);

    say(console, scores, found);
    if (write_)
      write_comparison(RunFolder(path_, Existing::resume), truth, saved.images, scores,
                       found.figures);
    const bool failed = threshold_ && scores.psnr > *threshold_;
    if (failed)
      console.line(
          text("verdict: mean PSNR ", readable_number(scores.psnr), " is above ", *threshold_));
    return {data_of(scores, found), failed ? ExitCode::verdict_failed : ExitCode::ok};
  }

 private:
  /// What was asked for beyond the basic scores.
  struct Found {
    std::vector<Figure> figures;
    json identification = json::object();
    std::optional<inversion::UpdateAgreement> match;
    std::optional<double> recall;
  };

  void check_options() const {
    if (write_ && !std::filesystem::is_directory(path_))
      throw UsageError(text("--write: a run folder expected, '", path_, "' came"));
    if (attacked_.has_update() && !attacked_.has_model())
      throw UsageError("--update: the attacked model is needed too, by --model");
  }

  void add_perceptual(const Pairs& pairs, Found& found) const {
    PerceptualOptions options = perceptual_;
    options.threads = attacked_.model.threads;
    found.figures.push_back(perceptual_figure(pairs, options));
  }

  static void add(const IdentificationFigure& identified, const char* space, Found& found) {
    found.figures.push_back(identified.figure);
    found.identification[space] = identification_json(identified.found);
  }

  /// The distractors: nothing when there is no pool, or none but originals in it.
  std::optional<Literal> read_pool(const ImageExtents& extents, const Literal& truth,
                                   const Console& console) const {
    if (pool_.empty()) return std::nullopt;
    const Literal all = read_image_batch(pool_, extents);
    std::optional<Literal> pool = inversion::without_originals(all, truth);
    const std::int64_t left = pool ? pool->shape()[0] : 0;
    if (left < all.shape()[0])
      console.note(text("--pool: ", all.shape()[0] - left, " of ", all.shape()[0],
                        " images are true ones and count once"));
    if (!pool) throw InputError("--pool: at least one image that is no true one expected");
    return pool;
  }

  void see_through_model(const SavedReconstruction& saved, const Pairs& pairs,
                         const std::optional<Literal>& pool, const Console& console,
                         Found& found) const {
    const AttackedModel attacked = attacked_.resolve(saved.images.shape()[0], console);
    if (const auto seen =
            representations_of(pairs, pool, attacked.evaluation_problem(), attacked.threads)) {
      found.figures.push_back(representation_figure(*seen));
      if (pool) add(representation_identification(*seen), "representation", found);
    } else {
      console.warning("the model has no fully connected last layer: no MSE-R, no IIP by it");
    }
    if (attacked_.has_update()) found.match = match_of(saved, attacked);
  }

  static inversion::UpdateAgreement match_of(const SavedReconstruction& saved,
                                             const AttackedModel& attacked) {
    std::optional<Literal> targets = attacked.given_targets;
    if (!targets) targets = saved.targets;
    if (!targets) targets = attacked.recorded_targets;
    if (!targets)
      throw UsageError("--update: the targets of the recovered images are needed, by --labels");
    return inversion::update_match(attacked.problem, saved.raw.value_or(saved.images), *targets,
                                   all_cpu_kernels(), attacked.threads);
  }

  double label_recall(const SavedReconstruction& saved) const {
    if (!saved.labels)
      throw InputError(text("--truth-labels: ", path_, " has no recovered labels"));
    return inversion::label_recall(saved.labels->integers(), parse_integers(truth_labels_));
  }

  static void say(const Console& console, const inversion::ImageScores& scores,
                  const Found& found) {
    console.table(scores_table(scores, found.figures));
    if (scores.images.size() > 1)
      console.line(text("a wrong pair scores ", readable_number(scores.random_pair_psnr), " dB"));
    if (found.recall) console.line(text("label instance recall: ", readable_number(*found.recall)));
    if (found.match)
      console.line(text("update match: cosine ", readable_number(found.match->cosine),
                        ", equal signs ", readable_number(found.match->sign_match),
                        ", relative error ", readable_number(found.match->relative_error)));
    for (const std::string& line : convention_lines(scores, found.figures)) console.line(line);
    if (found.recall) console.line(text("label instance recall: ", recall_convention));
    if (found.match) console.line(text("update match: ", match_convention));
  }

  static json data_of(const inversion::ImageScores& scores, const Found& found) {
    json data = scores_json(scores, found.figures);
    if (!found.identification.empty()) data["identification"] = found.identification;
    if (found.match) {
      data["update_match"] = update_match_json(*found.match);
      data["conventions"]["update_match"] = match_convention;
    }
    if (found.recall) {
      data["label_instance_recall"] = *found.recall;
      data["conventions"]["label_instance_recall"] = recall_convention;
    }
    return data;
  }

  std::string path_, truth_labels_;
  std::vector<std::string> truth_, pool_;
  std::optional<double> threshold_;
  bool write_ = false, registered_ = false;
  PerceptualOptions perceptual_;
  AttackedModelOptions attacked_;
};

}  // namespace

std::unique_ptr<Command> eval_command() { return std::make_unique<Eval>(); }

}  // namespace palimpsest::tools
