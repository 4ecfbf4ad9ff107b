#include "tools/io/update_metadata.h"

#include <limits>
#include <numeric>

#include "graph/error.h"
#include "tools/io/config.h"

namespace palimpsest::tools {
namespace {

constexpr std::int64_t most = std::int64_t{1} << 40;
constexpr double huge = 1e30;

template <class T>
using Names = std::pair<std::string_view, T>;

constexpr Names<inversion::SentKind> kinds[] = {{"gradient", inversion::SentKind::gradient},
                                                {"delta", inversion::SentKind::delta},
                                                {"weights", inversion::SentKind::weights}};
constexpr Names<inversion::Sign> signs[] = {{"new_minus_old", inversion::Sign::new_minus_old},
                                            {"old_minus_new", inversion::Sign::old_minus_new}};
constexpr Names<inversion::LossKind> losses[] = {
    {"cross_entropy", inversion::LossKind::cross_entropy},
    {"binary_cross_entropy", inversion::LossKind::binary_cross_entropy},
    {"squared_error", inversion::LossKind::squared_error}};
constexpr Names<nn::Reduction> reductions[] = {{"mean", nn::Reduction::mean},
                                               {"sum", nn::Reduction::sum}};
constexpr Names<BatchNormMode> modes[] = {{"train", BatchNormMode::train},
                                          {"eval", BatchNormMode::eval}};
constexpr Names<MomentumConvention> conventions[] = {{"onnx", MomentumConvention::onnx},
                                                     {"torch", MomentumConvention::torch}};

OptimizerRecord read_optimizer(ConfigTable table) {
  OptimizerRecord record;
  record.name = table.string("name").value_or(record.name);
  record.lr = table.number("lr", 0, huge);
  record.momentum = table.number("momentum", 0, 1);
  record.nesterov = table.boolean("nesterov");
  record.weight_decay = table.number("weight_decay", 0, huge);
  record.beta1 = table.number("beta1", 0, 1);
  record.beta2 = table.number("beta2", 0, 1);
  record.epsilon = table.number("epsilon", 0, huge);
  record.schedule = table.string("schedule");
  table.refuse_unknown_keys();
  return record;
}

BatchNormRecord read_batch_norm(ConfigTable table) {
  BatchNormRecord record;
  record.mode = table.choice("mode", modes);
  record.momentum = table.number("momentum", 0, 1);
  record.convention = table.choice("convention", conventions).value_or(record.convention);
  table.refuse_unknown_keys();
  return record;
}

inversion::Normalization read_normalization(ConfigTable table) {
  inversion::Normalization record;
  record.mean = table.numbers("mean").value_or(record.mean);
  record.deviation = table.numbers("deviation").value_or(record.deviation);
  table.refuse_unknown_keys();
  if (record.mean.empty() || record.mean.size() != record.deviation.size())
    table.fail("deviation", "mean and deviation with one number per channel each",
               text(record.mean.size(), " and ", record.deviation.size()));
  for (const double deviation : record.deviation)
    if (deviation <= 0) table.fail("deviation", "positive numbers", text(deviation));
  return record;
}

/// Natural numbers whose count (labels) or sum (label_counts) must be num_examples if given.
std::optional<std::vector<std::int64_t>> read_labels(ConfigTable& table, std::string_view key) {
  auto values = table.integers(key);
  if (!values) return values;
  for (const std::int64_t value : *values)
    if (value < 0 || value > most)
      table.fail(key, text("integers in [0, ", most, "]"), text(value));
  return values;
}

void check_labels(const ConfigTable& table, const UpdateMetadata& metadata) {
  if (metadata.labels && metadata.label_counts)
    table.fail("label_counts", "either labels or label_counts", "both");
  if (!metadata.num_examples) return;
  const auto refuse_other = [&](std::string_view key, std::int64_t count) {
    if (count != *metadata.num_examples)
      table.fail(key, text(*metadata.num_examples, " labels (num_examples)"), text(count));
  };
  if (metadata.labels) refuse_other("labels", static_cast<std::int64_t>(metadata.labels->size()));
  if (metadata.label_counts)
    refuse_other("label_counts", std::accumulate(metadata.label_counts->begin(),
                                                 metadata.label_counts->end(), std::int64_t{0}));
}

void read_training(ConfigTable& table, UpdateMetadata& metadata) {
  metadata.loss = table.choice("loss", losses);
  metadata.reduction = table.choice("reduction", reductions);
  metadata.num_examples = table.integer("num_examples", 1, most);
  metadata.batch_size = table.integer("batch_size", 1, most);
  metadata.local_steps = table.integer("local_steps", 1, most);
  metadata.local_epochs = table.integer("local_epochs", 1, most);
  if (auto below = table.table("optimizer")) metadata.optimizer = read_optimizer(std::move(*below));
  metadata.prox_mu = table.number("prox_mu", 0, huge);
  metadata.labels = read_labels(table, "labels");
  metadata.label_counts = read_labels(table, "label_counts");
  if (auto below = table.table("bn")) metadata.bn = read_batch_norm(std::move(*below));
  if (auto below = table.table("normalization"))
    metadata.normalization = read_normalization(std::move(*below));
}

void read_origin(ConfigTable& table, UpdateMetadata& metadata) {
  if (auto elements = table.tables("defense"))
    for (ConfigTable& element : *elements)
      metadata.defenses.push_back(read_defense(std::move(element)));
  metadata.buffers_included = table.boolean("buffers_included");
  metadata.dtype_on_wire = table.string("dtype_on_wire");
  metadata.clients_aggregated = table.integer("clients_aggregated", 1, most);
  metadata.round = table.integer("round", 0, most);
  metadata.framework = table.string("framework");
  metadata.source_sha256 = table.string("source_sha256");
}

template <class T, std::size_t N>
std::optional<std::string_view> name_in(const Names<T> (&names)[N], const std::optional<T>& value) {
  for (const auto& [name, candidate] : names)
    if (value == candidate) return name;
  return std::nullopt;
}

void write_training(ConfigWriter& out, const UpdateMetadata& metadata) {
  out.value("loss", name_in(losses, metadata.loss));
  out.value("reduction", name_in(reductions, metadata.reduction));
  out.value("num_examples", metadata.num_examples);
  out.value("batch_size", metadata.batch_size);
  out.value("local_steps", metadata.local_steps);
  out.value("local_epochs", metadata.local_epochs);
  out.value("prox_mu", metadata.prox_mu);
  out.value("labels", metadata.labels);
  out.value("label_counts", metadata.label_counts);
}

void write_origin(ConfigWriter& out, const UpdateMetadata& metadata) {
  out.value("buffers_included", metadata.buffers_included);
  out.value("dtype_on_wire", metadata.dtype_on_wire);
  out.value("clients_aggregated", metadata.clients_aggregated);
  out.value("round", metadata.round);
  out.value("framework", metadata.framework);
  out.value("source_sha256", metadata.source_sha256);
}

void write_table(ConfigWriter& out, const OptimizerRecord& record) {
  out.table("optimizer");
  out.value("name", record.name);
  out.value("lr", record.lr);
  out.value("momentum", record.momentum);
  out.value("nesterov", record.nesterov);
  out.value("weight_decay", record.weight_decay);
  out.value("beta1", record.beta1);
  out.value("beta2", record.beta2);
  out.value("epsilon", record.epsilon);
  out.value("schedule", record.schedule);
}

void write_table(ConfigWriter& out, const BatchNormRecord& record) {
  out.table("bn");
  out.value("mode", name_in(modes, record.mode));
  out.value("momentum", record.momentum);
  out.value("convention", name_in(conventions, std::optional(record.convention)));
}

void write_table(ConfigWriter& out, const inversion::Normalization& record) {
  out.table("normalization");
  out.value("mean", record.mean);
  out.value("deviation", record.deviation);
}

}  // namespace

UpdateMetadata parse_update_metadata(std::string_view toml, std::string source) {
  ConfigTable table = Config::parse(toml, std::move(source)).root();
  UpdateMetadata metadata;
  metadata.kind = table.choice("kind", kinds);
  metadata.sign = table.choice("sign", signs);
  metadata.scale = table.number("scale", std::numeric_limits<double>::min(), huge);
  read_training(table, metadata);
  read_origin(table, metadata);
  table.refuse_unknown_keys();
  if (!metadata.kind) table.fail("kind", "'gradient', 'delta' or 'weights'", "no such key");
  if (metadata.sign && *metadata.kind != inversion::SentKind::delta)
    table.fail("sign", "a sign only with kind = 'delta'", "another kind");
  check_labels(table, metadata);
  return metadata;
}

std::string update_metadata_text(const UpdateMetadata& metadata) {
  if (!metadata.kind) throw InputError("update metadata: a kind expected, none came");
  ConfigWriter out;
  out.value("kind", name_in(kinds, metadata.kind));
  out.value("sign", name_in(signs, metadata.sign));
  out.value("scale", metadata.scale);
  write_training(out, metadata);
  write_origin(out, metadata);
  if (metadata.optimizer) write_table(out, *metadata.optimizer);
  if (metadata.bn) write_table(out, *metadata.bn);
  if (metadata.normalization) write_table(out, *metadata.normalization);
  for (const DefenseRecord& record : metadata.defenses) write_defense(out, record);
  return out.text();
}

}  // namespace palimpsest::tools
