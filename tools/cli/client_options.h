#pragma once
// The options that say what the client did: loss, local training, preprocessing, labels. What
// the command line leaves open comes from the update's metadata, then from the defaults.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <optional>
#include <string>

#include "inversion/problem.h"
#include "tools/io/update_metadata.h"

namespace palimpsest::tools {

struct ClientOptions {
  std::optional<std::string> loss, reduction, optimizer;
  std::optional<std::int64_t> examples, steps;
  std::optional<double> rate, momentum, weight_decay;
  std::optional<double> beta1, beta2, epsilon;  ///< of local Adam; only from metadata
  std::optional<std::int64_t> batch;            ///< of a local step; only from metadata
  std::string mean, deviation, order;

  void add_to(CLI::App& app);
  /// Fills what was not given from the metadata. Throws InputError for what is recorded there
  /// but cannot be followed (a learning-rate schedule, Nesterov momentum, a proximal term).
  void complete(const UpdateMetadata& metadata);
  /// A problem for this model, without observed update and targets. Throws InputError when the
  /// model was imported with another batch than the metadata records.
  inversion::Problem problem(const Model& model) const;
  /// The same facts as metadata, for an update that is written.
  void record(UpdateMetadata& metadata) const;
  /// All of them, as TOML.
  std::string facts(inversion::UpdateKind kind) const;
};

}  // namespace palimpsest::tools
