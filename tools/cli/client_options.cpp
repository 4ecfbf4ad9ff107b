#include "tools/cli/client_options.h"

#include "tools/cli/exit_code.h"
#include "tools/cli/words.h"
#include "tools/io/escape.h"

namespace palimpsest::tools {
namespace {

using inversion::LocalOptimizer;
using inversion::LossKind;

LossKind parse_loss(const std::string& word) {
  if (word == "bce") return LossKind::binary_cross_entropy;
  if (word == "mse") return LossKind::squared_error;
  return LossKind::cross_entropy;
}

std::string loss_word(LossKind kind) {
  if (kind == LossKind::binary_cross_entropy) return "bce";
  return kind == LossKind::squared_error ? "mse" : "ce";
}

template <class T>
void complete_field(std::optional<T>& field, const std::optional<T>& recorded) {
  if (!field) field = recorded;
}

void complete_optimizer(ClientOptions& options, const OptimizerRecord& record) {
  if (record.nesterov.value_or(false))
    throw InputError("update metadata: optimizer.nesterov is not supported; plain momentum is");
  if (record.schedule && *record.schedule != "constant")
    throw InputError("update metadata: optimizer.schedule: only 'constant' is supported");
  if (record.name != "sgd" && record.name != "adam")
    throw InputError(text("update metadata: optimizer.name: 'sgd' or 'adam' expected, ",
                          quoted_name(record.name), " came"));
  complete_field(options.optimizer, std::optional(record.name));
  complete_field(options.rate, record.lr);
  complete_field(options.momentum, record.momentum);
  complete_field(options.weight_decay, record.weight_decay);
  complete_field(options.beta1, record.beta1);
  complete_field(options.beta2, record.beta2);
  complete_field(options.epsilon, record.epsilon);
}

std::string joined(const std::vector<double>& numbers) {
  std::string words;
  for (const double number : numbers) words += text(words.empty() ? "" : ",", number);
  return words;
}

}  // namespace

void ClientOptions::add_to(CLI::App& app) {
  const std::string group = "What the client did";
  const auto option = [&](const char* name, auto& field, const char* help) {
    return app.add_option(name, field, help)->group(group);
  };
  option("--loss", loss, "ce, bce or mse (default: ce)")
      ->check(CLI::IsMember({"ce", "bce", "mse"}));
  option("--reduction", reduction, "mean or sum of the loss (default: mean)")
      ->check(CLI::IsMember({"mean", "sum"}));
  option("--examples", examples, "examples behind the update (default: the model's batch)")
      ->check(CLI::PositiveNumber);
  option("--steps", steps, "local steps (default: 1)")->check(CLI::PositiveNumber);
  option("--optimizer", optimizer, "of the local steps: sgd or adam (default: sgd)")
      ->check(CLI::IsMember({"sgd", "adam"}));
  option("--lr", rate, "local learning rate")->check(CLI::PositiveNumber);
  option("--momentum", momentum, "of local SGD")->check(CLI::Range(0.0, 1.0));
  option("--weight-decay", weight_decay, "of local SGD")->check(CLI::NonNegativeNumber);
  option("--mean", mean, "per-channel mean taken off the pixels, e.g. 0.485,0.456,0.406");
  option("--std", deviation, "per-channel deviation the pixels are divided by");
  option("--order", order, "examples of each local batch in turn, e.g. 0,1,2,3");
}

void ClientOptions::complete(const UpdateMetadata& metadata) {
  if (!loss && metadata.loss) loss = loss_word(*metadata.loss);
  if (!reduction && metadata.reduction)
    reduction = *metadata.reduction == nn::Reduction::sum ? "sum" : "mean";
  complete_field(examples, metadata.num_examples);
  complete_field(steps, metadata.local_steps);
  complete_field(batch, metadata.batch_size);
  if (metadata.prox_mu.value_or(0) != 0)
    throw InputError("update metadata: prox_mu: a proximal term is not supported");
  if (metadata.optimizer) complete_optimizer(*this, *metadata.optimizer);
  if (mean.empty() && deviation.empty() && metadata.normalization) {
    mean = joined(metadata.normalization->mean);
    deviation = joined(metadata.normalization->deviation);
  }
}

inversion::Problem ClientOptions::problem(const Model& model) const {
  if (model.data.size() != 1)
    throw UnsupportedError(text("one data input expected, the model has ", model.data.size()));
  inversion::Problem problem;
  problem.model = &model;
  problem.loss.kind = parse_loss(loss.value_or("ce"));
  problem.loss.reduction = reduction == "sum" ? nn::Reduction::sum : nn::Reduction::mean;
  const std::int64_t imported = inversion::batch_size(model);
  if (batch && *batch != imported)
    throw InputError(text("update metadata: batch_size: ", *batch, " recorded, the model takes ",
                          imported, "; give --batch ", *batch, " or export it with that batch"));
  problem.examples = examples.value_or(imported);
  problem.training.steps = steps.value_or(1);
  problem.training.optimizer = optimizer == "adam" ? LocalOptimizer::adam : LocalOptimizer::sgd;
  if (rate) problem.training.sgd.rate = problem.training.adam_rate = *rate;
  problem.training.sgd.momentum = momentum.value_or(0);
  problem.training.sgd.weight_decay = weight_decay.value_or(0);
  optimizers::AdamSettings& adam = problem.training.adam;
  adam = {beta1.value_or(adam.beta1), beta2.value_or(adam.beta2), epsilon.value_or(adam.epsilon)};
  problem.training.order = parse_integers(order);
  problem.normalization = {parse_numbers(mean), parse_numbers(deviation)};
  return problem;
}

void ClientOptions::record(UpdateMetadata& metadata) const {
  metadata.loss = parse_loss(loss.value_or("ce"));
  metadata.reduction = reduction == "sum" ? nn::Reduction::sum : nn::Reduction::mean;
  if (!mean.empty() || !deviation.empty())
    metadata.normalization =
        inversion::Normalization{parse_numbers(mean), parse_numbers(deviation)};
  if (metadata.kind == inversion::SentKind::gradient) return;
  metadata.local_steps = steps.value_or(1);
  OptimizerRecord sent;
  sent.name = optimizer.value_or("sgd");
  sent.lr = rate;
  sent.momentum = momentum;
  sent.weight_decay = weight_decay;
  sent.beta1 = beta1;
  sent.beta2 = beta2;
  sent.epsilon = epsilon;
  metadata.optimizer = sent;
}

std::string ClientOptions::facts(inversion::UpdateKind kind) const {
  UpdateMetadata metadata;
  const bool gradient = kind == inversion::UpdateKind::gradient;
  metadata.kind = gradient ? inversion::SentKind::gradient : inversion::SentKind::delta;
  metadata.num_examples = examples;
  record(metadata);
  return update_metadata_text(metadata) + text("order = [", order, "]\n");
}

}  // namespace palimpsest::tools
