// simulate: what a client would send after training on the given images.

#include "inversion/defense/defense.h"
#include "inversion/pixels.h"
#include "inversion/statistics.h"
#include "ops/cpu_kernels.h"
#include "tools/cli/client_options.h"
#include "tools/cli/commands.h"
#include "tools/cli/defense_words.h"
#include "tools/cli/image_batch.h"
#include "tools/cli/model_options.h"
#include "tools/cli/words.h"
#include "tools/io/escape.h"
#include "tools/io/image.h"
#include "tools/io/npz.h"
#include "tools/io/update_reader.h"

namespace palimpsest::tools {
namespace {

using inversion::Defense;
using inversion::SentKind;

/// Class labels of `count` images. Throws UsageError, naming the option, for another number.
Literal labels_for(const std::string& words, std::int64_t count, std::string_view option) {
  const std::vector<std::int64_t> labels = parse_integers(words);
  if (std::cmp_not_equal(labels.size(), count))
    throw UsageError(
        text(option, ": one for each of ", count, " images expected, ", labels.size(), " came"));
  return Literal::of(Shape{count}, labels);
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

/// The mean over clients of one local step is that of one client with all their examples, times
/// 1 / clients where the loss is a sum (which the sidecar can say of gradients and deltas only).
void record_clients(UpdateMetadata& metadata, std::int64_t clients) {
  const bool one_step =
      metadata.local_steps.value_or(1) == 1 && metadata.num_examples == metadata.batch_size;
  const bool sum = metadata.reduction == nn::Reduction::sum;
  metadata.clients_aggregated = clients;
  metadata.num_examples = *metadata.num_examples * clients;
  if (!one_step || (sum && metadata.kind == SentKind::weights)) return;
  metadata.batch_size = *metadata.batch_size * clients;
  if (sum) metadata.scale = 1.0 / static_cast<double>(clients);
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
    app.add_option("--defense", defense_,
                   "what the client does before sending: " + defense_forms());
    app.add_option("--batch-statistics", statistics_,
                   "npz to write: the batch's statistics at each BatchNormalization");
    app.add_option("--seed", seed_, "of the defences' random numbers")->capture_default_str();
    app.add_option("--other-images", other_images_,
                   "of the other clients of a secure aggregation, as many for each");
    app.add_option("--other-labels", other_labels_, "class of each of them");
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
    const runtime::KernelTable kernels = all_cpu_kernels();
    const inversion::DefenseRequest request = request_for(problem, pixels, kernels);
    inversion::SimulatedUpdate update = inversion::simulate(
        problem, request.data.images, request.data.targets, kernels, request.threads);
    if (!statistics_.empty())
      write_atomically(statistics_,
                       npz_bytes(inversion::revealed_statistics(problem, request.data.images,
                                                                request.data.targets, kernels)));
    const double loss = update.loss;
    inversion::DefendedUpdate defended =
        inversion::defended(std::move(update), parse_defenses(defense_), request);
    std::vector<inversion::NamedTensor>& sent = defended.update.tensors;
    if (kind == SentKind::weights) sent = weights_after(model, sent);
    const std::vector<inversion::NamedTensor>& buffers = defended.update.buffers;
    sent.insert(sent.end(), buffers.begin(), buffers.end());
    write_update(out_, sent, metadata(problem, kind, defended, request.others.size() + 1));

    console.line(text("loss of the first batch: ", loss));
    Outcome outcome{{{"out", out_},
                     {"tensors", sent.size()},
                     {"loss", loss},
                     {"defenses", nlohmann::json::array()}},
                    ExitCode::ok};
    for (const inversion::DefenseReport& report : defended.reports) {
      console.line(text(report.words, "; relative change ", readable_number(report.change)));
      outcome.data["defenses"].push_back(defense_json(report));
    }
    console.line(text("wrote ", out_, ": ", sent.size(), " tensors"));
    return outcome;
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
    const std::vector<Defense> defenses = parse_defenses(defense_);
    const bool aggregated =
        std::any_of(defenses.begin(), defenses.end(), [](const Defense& defense) {
          return std::holds_alternative<inversion::SecureAggregation>(defense);
        });
    if (aggregated == other_images_.empty())
      throw UsageError("--other-images: expected with secure-aggregation, and only then");
  }

  SentKind sent_kind() const {
    if (kind_.empty()) return client_.steps.value_or(1) == 1 ? SentKind::gradient : SentKind::delta;
    if (kind_ == "weights") return SentKind::weights;
    return kind_ == "delta" ? SentKind::delta : SentKind::gradient;
  }

  Literal read_targets(std::int64_t count) const {
    if (!targets_.empty()) return read_tensor(targets_);
    return labels_for(labels_, count, "--labels");
  }

  inversion::DefenseRequest request_for(const inversion::Problem& problem, const Literal& pixels,
                                        const runtime::KernelTable& kernels) const {
    inversion::DefenseRequest request;
    request.problem = &problem;
    request.data = {inversion::images_of(problem, pixels), read_targets(problem.examples)};
    request.kernels = &kernels;
    request.threads = model_.thread_count(*problem.model);
    request.seed = seed_;
    if (!other_images_.empty()) request.others = other_clients(problem);
    return request;
  }

  /// The other clients' data: as many images for each as this client has.
  std::vector<inversion::ClientData> other_clients(const inversion::Problem& problem) const {
    const Literal pixels = read_image_batch(other_images_, *problem.model);
    const std::int64_t count = pixels.shape()[0], each = problem.examples;
    if (count % each != 0)
      throw UsageError(text("--other-images: a multiple of the client's ", each,
                            " images expected, ", count, " came"));
    const std::vector<Literal> images = unstacked(pixels);
    const Literal labels = labels_for(other_labels_, count, "--other-labels");
    std::vector<inversion::ClientData> clients;
    for (std::int64_t first = 0; first < count; first += each) {
      const auto own = images.begin() + first;
      const auto classes = labels.values<std::int64_t>().subspan(static_cast<std::size_t>(first),
                                                                 static_cast<std::size_t>(each));
      clients.push_back({inversion::images_of(problem, stacked({own, own + each})),
                         Literal::of(Shape{each}, classes)});
    }
    return clients;
  }

  UpdateMetadata metadata(const inversion::Problem& problem, SentKind kind,
                          const inversion::DefendedUpdate& defended, std::size_t clients) const {
    const Model& model = *problem.model;
    UpdateMetadata metadata;
    metadata.kind = kind;
    if (kind == SentKind::delta) metadata.sign = inversion::Sign::new_minus_old;
    client_.record(metadata);
    metadata.num_examples = client_.examples;
    metadata.batch_size = inversion::batch_size(model);
    if (clients > 1) record_clients(metadata, static_cast<std::int64_t>(clients));
    if (!model.batch_norms.empty()) metadata.bn = batch_norm_record(model);
    metadata.buffers_included = !defended.update.buffers.empty();
    metadata.framework = "palimpsest";
    for (const inversion::DefenseReport& report : defended.reports)
      metadata.defenses.push_back(record_of(report));
    return metadata;
  }

  ModelOptions model_;
  ClientOptions client_;
  std::vector<std::string> images_, other_images_;
  std::string labels_, targets_, other_labels_, out_, kind_, defense_, statistics_;
  std::uint64_t seed_ = 0;
};

}  // namespace

std::unique_ptr<Command> simulate_command() { return std::make_unique<Simulate>(); }

}  // namespace palimpsest::tools
