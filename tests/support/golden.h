#pragma once
// Golden values of whole models (tests/golden/README.md) and how far the engine is from them.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "graph/model.h"
#include "inversion/objective.h"

namespace palimpsest::test {

struct Golden {
  Literal x, y, x_star, y_star, logits, matching_cosine, matching_l2;
  std::vector<inversion::NamedTensor> gradients;  ///< by parameter
};

/// A model of the golden folder in f32, as torch's older exporter writes it.
Model golden_model(const std::string& name);

/// (images, parameters...) -> the derivative of the distance with respect to the images, before
/// any pass; `targets` are rows as the loss takes them.
Function matching_function(const inversion::Problem& problem, const inversion::ObjectiveSpec& spec,
                           const Literal& targets);

/// What a search compiles, against a made-up update: images -> that derivative, with the
/// parameters bound, optimised.
Function matching_iteration(const Model& model, const inversion::ObjectiveSpec& spec);

/// Throws InputError when the file lacks a member.
Golden load_golden(const std::filesystem::path& npz);

/// Relative errors |value - golden| / |golden| in the Euclidean norm, `gradients` over all
/// tensors as one vector.
struct GoldenErrors {
  double logits = 0, gradients = 0, matching_cosine = 0, matching_l2 = 0;
  std::size_t parameters = 0;  ///< golden gradients with a parameter of their name and shape
  /// For f32: branches (signs before ReLU, comparisons, positions of maxima) that the forward
  /// pass takes otherwise than in f64, at x or x_star.
  std::optional<std::int64_t> mask_flips;
};

/// Evaluates the model in the given precision. Throws what import, compile and run throw.
GoldenErrors golden_errors(const std::filesystem::path& model, const Golden& golden, DType dtype,
                           inversion::Route route = inversion::Route::automatic);

}  // namespace palimpsest::test
