#pragma once
// The attacked model, and the update that the attack was given, as `eval` takes them: both are
// optional there.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <optional>
#include <string>

#include "tools/cli/client_options.h"
#include "tools/cli/console.h"
#include "tools/cli/model_options.h"
#include "tools/cli/update_options.h"

namespace palimpsest::tools {

struct AttackedModel {
  std::unique_ptr<Model> model;
  /// The same with BatchNormalization in evaluation mode; null when `model` is that.
  std::unique_ptr<Model> evaluated;
  /// Points into `model`; its observed tensors are there when an update was given.
  inversion::Problem problem;
  std::optional<Literal> given_targets;     ///< by --labels or --targets
  std::optional<Literal> recorded_targets;  ///< the labels of the update's metadata
  int threads = 1;

  /// For what the model makes of an image by itself.
  inversion::Problem evaluation_problem() const;
};

struct AttackedModelOptions {
  ModelOptions model;
  UpdateOptions update;
  ClientOptions client;
  std::string labels, targets;

  void add_to(CLI::App& app);
  bool has_model() const { return !model.path.empty(); }
  bool has_update() const { return !update.path.empty(); }
  /// Reads both for `examples` recovered images. They are the batch of a model that leaves it
  /// open, unless --batch or the update's metadata say otherwise. Needs a model.
  AttackedModel resolve(std::int64_t examples, const Console& console) const;
};

}  // namespace palimpsest::tools
