#pragma once
// What is known about an update besides its tensors: the sidecar "<file>.toml", or the entry
// "palimpsest" of a safetensors file's metadata. Every key is described in docs/formats.md.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inversion/mapping.h"
#include "tools/io/defense_record.h"

namespace palimpsest::tools {

struct OptimizerRecord {
  std::string name = "sgd";
  std::optional<double> lr, momentum, weight_decay, beta1, beta2, epsilon;
  std::optional<bool> nesterov;
  std::optional<std::string> schedule;
};

enum class BatchNormMode { train, eval };
/// Which side of the running average `momentum` weighs: torch's the batch, ONNX's the old value.
enum class MomentumConvention { onnx, torch };

struct BatchNormRecord {
  std::optional<BatchNormMode> mode;
  std::optional<double> momentum;
  MomentumConvention convention = MomentumConvention::onnx;
};

struct UpdateMetadata {
  std::optional<inversion::SentKind> kind;  ///< absent only when there was no sidecar
  std::optional<inversion::Sign> sign;      ///< of a delta
  std::optional<double> scale;
  std::optional<inversion::LossKind> loss;
  std::optional<nn::Reduction> reduction;
  std::optional<std::int64_t> num_examples, batch_size, local_steps, local_epochs;
  std::optional<OptimizerRecord> optimizer;
  std::optional<double> prox_mu;
  std::optional<std::vector<std::int64_t>> labels;        ///< one class per example
  std::optional<std::vector<std::int64_t>> label_counts;  ///< examples per class
  std::optional<BatchNormRecord> bn;
  std::optional<inversion::Normalization> normalization;
  std::vector<DefenseRecord> defenses;  ///< that the client applied, in order
  std::optional<bool> buffers_included;
  std::optional<std::string> dtype_on_wire;
  std::optional<std::int64_t> clients_aggregated, round;
  std::optional<std::string> framework, source_sha256;
};

/// Throws InputError (source, line, key) for a missing kind, an unknown key (with a suggestion),
/// a value out of range, and keys that contradict each other.
UpdateMetadata parse_update_metadata(std::string_view toml, std::string source);

/// The TOML that parse_update_metadata reads back. Needs a kind; throws InputError without.
std::string update_metadata_text(const UpdateMetadata& metadata);

}  // namespace palimpsest::tools
