#pragma once
// What a client may do to its update before sending it. Defences are applied one after the other;
// each is a function of the update, its parameters and a seed, and says what it did. Formulas,
// sources and conventions: docs/defenses.md.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "inversion/client.h"

namespace palimpsest::inversion {

/// Adds N(0, sigma^2) to every entry.
struct GaussianNoise {
  double sigma = 0;
  bool operator==(const GaussianNoise&) const = default;
};

/// Adds noise of density exp(-|v| / scale) / (2 scale) to every entry; its deviation is
/// sqrt(2) scale.
struct LaplacianNoise {
  double scale = 0;
  bool operator==(const LaplacianNoise&) const = default;
};

/// Which entries a bound or a share refers to.
enum class Scope {
  all,    ///< all tensors together
  tensor  ///< each tensor by itself
};

/// Scales down what is longer than `norm`, in the l2 sense.
struct Clipping {
  double norm = 1;
  Scope scope = Scope::all;
  bool operator==(const Clipping&) const = default;
};

/// Sets the smallest entries by magnitude to zero: floor(share * entries) of them.
struct Sparsification {
  double share = 0;  ///< in [0, 1)
  Scope scope = Scope::tensor;
  bool operator==(const Sparsification&) const = default;
};

/// Rounds each entry at random, without bias, to one of 2^bits - 1 levels between plus and minus
/// the tensor's largest magnitude (Alistarh et al. 2017; with two bits Wen et al. 2017).
struct Quantization {
  int bits = 8;  ///< in [2, 32]
  bool operator==(const Quantization&) const = default;
};

/// Keeps the sign of each entry (Bernstein et al. 2018), times the mean magnitude of its tensor
/// when `scaled` (Karimireddy et al. 2019).
struct SignCompression {
  bool scaled = false;
  bool operator==(const SignCompression&) const = default;
};

/// Removes the gradient of the last layer's weight for the share of its inputs through which the
/// data show most per unit of activation lost (Sun et al. 2021).
struct Soteria {
  double share = 0;        ///< in [0, 1): floor(share * units) are pruned
  double epsilon = 1e-10;  ///< added to |r_i| in the score
  bool operator==(const Soteria&) const = default;
};

/// Clips the gradient of each example, averages, and adds noise of deviation
/// noise_multiplier * norm / batch (Abadi et al. 2016), in every local step.
struct DpSgd {
  double norm = 1;
  double noise_multiplier = 1;
  double delta = 1e-5;       ///< for the epsilon that is reported
  double sampling_rate = 1;  ///< Poisson rate for the epsilon; 1: every step sees every example
  bool operator==(const DpSgd&) const = default;
};

/// What is sent is the mean of this client's update and those of others (Bonawitz et al. 2017).
struct SecureAggregation {
  bool operator==(const SecureAggregation&) const = default;
};

using Defense = std::variant<GaussianNoise, LaplacianNoise, Clipping, Sparsification, Quantization,
                             SignCompression, Soteria, DpSgd, SecureAggregation>;

/// "gaussian", "laplace", "clip", "clip-layer", "sparsify", "sparsify-global", "quantize", "sign",
/// "scaled-sign", "soteria", "dp-sgd" or "secure-aggregation".
std::string_view name_of(const Defense& defense);

/// Throws InputError (name, expected, came) for parameters out of range.
void check(const Defense& defense);

/// Normalised images [examples, ...] and their targets (labels or rows), as `simulate` takes them.
struct ClientData {
  Literal images, targets;
};

/// What defences need besides the update.
struct DefenseRequest {
  const Problem* problem = nullptr;  ///< `observed` is read only for its kind
  ClientData data;                   ///< of this client
  std::vector<ClientData> others;    ///< the other clients of a secure aggregation
  const runtime::KernelTable* kernels = nullptr;
  int threads = 1;
  std::uint64_t seed = 0;
};

/// What one defence did.
struct DefenseReport {
  Defense defense;
  std::string words;  ///< with its numbers: "clip: norm 3.2 -> 1"
  double change = 0;  ///< |after - before| / |before| over all tensors; infinity from zero
  std::optional<double> epsilon;  ///< of DP-SGD with noise, at its delta
};

struct DefendedUpdate {
  SimulatedUpdate update;
  std::vector<DefenseReport> reports;  ///< one per defence, in order
};

/// Applies the defences in order. Those before a secure aggregation are applied by every client.
/// Running statistics are averaged by an aggregation and otherwise sent as they are.
///
/// Throws InputError for parameters out of range, DP-SGD not at the beginning, aggregation without
/// others or before DP-SGD, Soteria or another one; UnsupportedError for DP-SGD and Soteria where
/// examples are not independent (train-mode BatchNormalization), Soteria without a linear last
/// layer, DP-SGD of Adam clients; NumericError for an update that holds NaN or infinity.
DefendedUpdate defended(SimulatedUpdate update, std::span<const Defense> defenses,
                        const DefenseRequest& request);

}  // namespace palimpsest::inversion
