// simulate: what a client would send after training on the given images.

#include "inversion/client.h"
#include "inversion/defense.h"
#include "inversion/pixels.h"
#include "inversion/statistics.h"
#include "ops/cpu_kernels.h"
#include "tools/cli/client_options.h"
#include "tools/cli/commands.h"
#include "tools/cli/image_batch.h"
#include "tools/cli/model_options.h"
#include "tools/cli/words.h"
#include "tools/io/escape.h"
#include "tools/io/npz.h"
#include "tools/io/update_reader.h"

namespace palimpsest::tools {
namespace {

using inversion::Defense;
using inversion::DefenseKind;
using inversion::SentKind;

/// "gaussian:0.1", "clip:4" or "sparsify:0.9".
Defense parse_defense(const std::string& words, std::uint64_t seed) {
  if (words.empty()) return {};
  const auto colon = std::min(words.find(':'), words.size());
  const std::string kind = words.substr(0, colon);
  const double amount = parse_number(words.substr(std::min(colon + 1, words.size())));
  if (kind == "gaussian") return {DefenseKind::gaussian_noise, amount, seed};
  if (kind == "clip") return {DefenseKind::clipping, amount, seed};
  if (kind == "sparsify") return {DefenseKind::sparsification, amount, seed};
  throw UsageError(
      text("--defense: gaussian:SIGMA, clip:NORM or sparsify:SHARE expected, '", words, "' came"));
}

void record_defense(UpdateMetadata& metadata, const Defense& defense) {
  if (defense.kind == DefenseKind::none) return;
  DefenseRecord record;
  if (defense.kind == DefenseKind::gaussian_noise) record.noise_sigma = defense.amount;
  if (defense.kind == DefenseKind::clipping) record.clip_norm = defense.amount;
  if (defense.kind == DefenseKind::sparsification) record.sparsity = defense.amount;
  metadata.defense = record;
}

/// What is sent as "weights": the model's own plus the difference.
std::vector<inversion::NamedTensor> weights_after(
    const Model& model, const std::vector<inversion::NamedTensor>& delta) {
  std::vector<inversion::NamedTensor> weights;
  for (std::size_t i = 0; i < delta.size(); ++i) {
    std::vector<double> sum = model.parameters[i].initial.doubles();
    const std::vector<double> change = delta[i].second.doubles();
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += change[k];
    weights.emplace_back(
        delta[i].first,
        Literal::of(delta[i].second.shape(), sum).converted(delta[i].second.dtype()));
  }
  return weights;
}

BatchNormRecord batch_norm_record(const Model& model) {
  const bool train = model.batch_norms.front().train;
  return {train ? BatchNormMode::train : BatchNormMode::eval, model.batch_norms.front().momentum,
          MomentumConvention::onnx};
}

class Simulate final : public Command {
 public:
  std::string name() const override { return "simulate"; }
  std::string summary() const override { return "make a client's update from images and labels"; }

  void add_options(CLI::App& app) override {
    model_.add_to(app);
    client_.add_to(app);
    app.add_option("--images", images_, "PNG, JPEG or npy files, or folders of them")->required();
    app.add_option("--labels", labels_, "class of each image, e.g. 3,1");
    app.add_option("--targets", targets_, "npy of soft or regression targets, instead of labels");
    app.add_option("--out", out_, "update file to write: .npz or .safetensors")->required();
    app.add_option("--kind", kind_, "what is sent (default: gradient for one step, else delta)")
        ->check(CLI::IsMember({"gradient", "delta", "weights"}));
    app.add_option("--defense", defense_, "gaussian:SIGMA, clip:NORM or sparsify:SHARE");
    app.add_option("--batch-statistics", statistics_,
                   "npz to write: the batch's statistics at each BatchNormalization");
    app.add_option("--seed", seed_, "of the defence's noise")->capture_default_str();
  }

  Outcome run(const Console& console) override {
    check_options();
    const Model model = model_.load();
    const Literal pixels = read_image_batch(images_, model);
    if (client_.examples.value_or(pixels.shape()[0]) != pixels.shape()[0])
      throw UsageError(
          text("--examples: ", *client_.examples, " given, --images holds ", pixels.shape()[0]));
    if (pixels.shape()[0] % inversion::batch_size(model) != 0)
      throw UsageError(text("--images: a multiple of the model's batch of ",
                            inversion::batch_size(model), " expected, ", pixels.shape()[0],
                            " came; see --batch"));
    client_.examples = pixels.shape()[0];
    inversion::Problem problem = client_.problem(model);
    const SentKind kind = sent_kind();
    problem.observed.kind =
        kind == SentKind::gradient ? inversion::UpdateKind::gradient : inversion::UpdateKind::delta;
    const Literal images = inversion::images_of(problem, pixels);
    const Literal targets = read_targets(pixels.shape()[0]);
    const runtime::KernelTable kernels = all_cpu_kernels();
    const inversion::SimulatedUpdate update =
        inversion::simulate(problem, images, targets, kernels, model_.thread_count(model));
    if (!statistics_.empty())
      write_atomically(statistics_, npz_bytes(inversion::revealed_statistics(problem, images,
                                                                             targets, kernels)));

    const Defense defense = parse_defense(defense_, seed_);
    inversion::DefendedUpdate sent = inversion::defended(update.tensors, defense);
    if (kind == SentKind::weights) sent.tensors = weights_after(model, sent.tensors);
    sent.tensors.insert(sent.tensors.end(), update.buffers.begin(), update.buffers.end());
    write_update(out_, sent.tensors, metadata(model, kind, defense, update));

    console.line(text("loss of the first batch: ", update.loss));
    if (defense.kind != DefenseKind::none) console.line(sent.record);
    console.line(text("wrote ", out_, ": ", sent.tensors.size(), " tensors"));
    return {{{"out", out_},
             {"tensors", sent.tensors.size()},
             {"loss", update.loss},
             {"defense", sent.record}},
            ExitCode::ok};
  }

 private:
  /// What can be refused before any work is done.
  void check_options() const {
    const bool gradient = sent_kind() == SentKind::gradient;
    if (gradient && client_.steps.value_or(1) > 1)
      throw UsageError("--kind: several local steps make a delta or weights, not a gradient");
    if (!gradient && !client_.rate)
      throw UsageError("--lr: the learning rate of local training is needed");
    const std::filesystem::path extension = std::filesystem::path(out_).extension();
    if (extension != ".npz" && extension != ".safetensors")
      throw UsageError(text("--out: a name ending in .npz or .safetensors expected, ",
                            quoted_name(out_), " came"));
    parse_defense(defense_, seed_);
  }

  SentKind sent_kind() const {
    if (kind_.empty()) return client_.steps.value_or(1) == 1 ? SentKind::gradient : SentKind::delta;
    if (kind_ == "weights") return SentKind::weights;
    return kind_ == "delta" ? SentKind::delta : SentKind::gradient;
  }

  Literal read_targets(std::int64_t count) const {
    if (!targets_.empty()) return read_tensor(targets_);
    const std::vector<std::int64_t> labels = parse_integers(labels_);
    if (std::cmp_not_equal(labels.size(), count))
      throw UsageError(
          text("--labels: one for each of ", count, " images expected, ", labels.size(), " came"));
    return Literal::of(Shape{count}, labels);
  }

  UpdateMetadata metadata(const Model& model, SentKind kind, const Defense& defense,
                          const inversion::SimulatedUpdate& update) const {
    UpdateMetadata metadata;
    metadata.kind = kind;
    if (kind == SentKind::delta) metadata.sign = inversion::Sign::new_minus_old;
    client_.record(metadata);
    metadata.num_examples = client_.examples;
    metadata.batch_size = inversion::batch_size(model);
    if (!model.batch_norms.empty()) metadata.bn = batch_norm_record(model);
    metadata.buffers_included = !update.buffers.empty();
    metadata.framework = "palimpsest";
    record_defense(metadata, defense);
    return metadata;
  }

  ModelOptions model_;
  ClientOptions client_;
  std::vector<std::string> images_;
  std::string labels_, targets_, out_, kind_, defense_, statistics_;
  std::uint64_t seed_ = 0;
};

}  // namespace

std::unique_ptr<Command> simulate_command() { return std::make_unique<Simulate>(); }

}  // namespace palimpsest::tools
