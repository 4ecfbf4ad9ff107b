#include "inversion/defense/defense.h"

#include <cmath>
#include <limits>

#include "inversion/defense/stage.h"

namespace palimpsest::inversion {
namespace {

template <class T>
bool is(const Defense& defense) {
  return std::holds_alternative<T>(defense);
}

/// Refuses a parameter that is not a finite number, or for which `fits` does not hold.
void demand(bool fits, double value, std::string_view name, std::string_view expected) {
  if (!fits || !std::isfinite(value))
    throw InputError(text(name, ": ", expected, " expected, ", value, " came"));
}

void check_noise(double size, std::string_view name) {
  demand(size >= 0, size, name, "a size of the noise of at least 0");
}

void check_share(double share, std::string_view name) {
  demand(share >= 0 && share < 1, share, name, "a share in [0, 1)");
}

struct Checker {
  std::string_view name;

  void operator()(const GaussianNoise& defense) const { check_noise(defense.sigma, name); }
  void operator()(const LaplacianNoise& defense) const { check_noise(defense.scale, name); }
  void operator()(const Clipping& defense) const {
    demand(defense.norm > 0, defense.norm, name, "a norm above 0");
  }
  void operator()(const Sparsification& defense) const { check_share(defense.share, name); }
  void operator()(const Quantization& defense) const {
    demand(defense.bits >= 2 && defense.bits <= 32, defense.bits, name, "2 to 32 bits");
  }
  void operator()(const SignCompression&) const {}
  void operator()(const Soteria& defense) const {
    check_share(defense.share, name);
    demand(defense.epsilon > 0, defense.epsilon, name, "an epsilon above 0");
  }
  void operator()(const DpSgd& defense) const {
    demand(defense.norm > 0, defense.norm, name, "a norm above 0");
    check_noise(defense.noise_multiplier, name);
    demand(defense.delta > 0 && defense.delta < 1, defense.delta, name, "a delta in (0, 1)");
    demand(defense.sampling_rate > 0 && defense.sampling_rate <= 1, defense.sampling_rate, name,
           "a sampling rate in (0, 1]");
  }
  void operator()(const SecureAggregation&) const {}
};

/// Only each client itself has the data and the per-example gradients.
void check_order(std::span<const Defense> defenses, const DefenseRequest& request) {
  bool aggregated = false;
  for (std::size_t i = 0; i < defenses.size(); ++i) {
    const Defense& defense = defenses[i];
    if (is<DpSgd>(defense) && i > 0)
      throw InputError(text("dp-sgd: it makes the gradient and comes first, '",
                            name_of(defenses[i - 1]), "' came before it"));
    const bool of_client = is<Soteria>(defense) || is<SecureAggregation>(defense);
    if (aggregated && of_client)
      throw InputError(text(name_of(defense),
                            ": expected before secure-aggregation, whose result is a mean of "
                            "several clients; it came after"));
    aggregated |= is<SecureAggregation>(defense);
  }
  if (aggregated && request.others.empty())
    throw InputError("secure-aggregation: data of at least one other client expected, none came");
}

void check_finite(std::span<const NamedTensor> tensors) {
  for (const auto& [name, tensor] : tensors)
    for (const double value : tensor.doubles())
      if (!std::isfinite(value))
        throw NumericError(text("defence: finite numbers expected, '", name, "' holds ", value));
}

/// A client of the aggregation: 0 is the one that is attacked.
struct Client {
  const DefenseRequest& request;
  std::uint64_t number = 0;
};

DefendedUpdate run(SimulatedUpdate update, std::span<const Defense> defenses, const Client& client);

void add_to(std::vector<NamedTensor>& sums, const std::vector<NamedTensor>& terms, double factor) {
  for (std::size_t k = 0; k < sums.size(); ++k) {
    const std::vector<double> term = terms[k].second.doubles();
    sums[k].second = changed(sums[k].second,
                             [&](double value, std::size_t i) { return value + factor * term[i]; });
  }
}

/// The mean of all clients' updates, each with the defences before this one. Sums are kept in f64.
void aggregate(std::span<const Defense> before, Stage& stage) {
  const DefenseRequest& request = stage.request;
  const double share = 1.0 / static_cast<double>(request.others.size() + 1);
  SimulatedUpdate mean = stage.update;
  for (auto* tensors : {&mean.tensors, &mean.buffers})
    for (NamedTensor& tensor : *tensors)
      tensor.second = changed(tensor.second.converted(DType::f64),
                              [&](double value, std::size_t) { return value * share; });
  for (std::size_t k = 0; k < request.others.size(); ++k) {
    DefenseRequest theirs = request;
    theirs.data = request.others[k];
    theirs.others.clear();
    SimulatedUpdate sent = simulate(*request.problem, theirs.data.images, theirs.data.targets,
                                    *request.kernels, request.threads);
    sent = run(std::move(sent), before, {theirs, k + 1}).update;
    add_to(mean.tensors, sent.tensors, share);
    add_to(mean.buffers, sent.buffers, share);
  }
  const auto convert = [](std::vector<NamedTensor>& to, const std::vector<NamedTensor>& from) {
    for (std::size_t k = 0; k < to.size(); ++k)
      to[k].second = from[k].second.converted(to[k].second.dtype());
  };
  convert(stage.update.tensors, mean.tensors);
  convert(stage.update.buffers, mean.buffers);
  stage.report.words =
      text("secure-aggregation: the mean of ", request.others.size() + 1, " clients");
}

double change_of(std::span<const NamedTensor> before, std::span<const NamedTensor> after) {
  double difference = 0;
  for (std::size_t k = 0; k < before.size(); ++k) {
    const std::vector<double> a = before[k].second.doubles(), b = after[k].second.doubles();
    for (std::size_t i = 0; i < a.size(); ++i) difference += (b[i] - a[i]) * (b[i] - a[i]);
  }
  if (difference == 0) return 0;
  const double norm = norm_of(before);
  return norm == 0 ? std::numeric_limits<double>::infinity() : std::sqrt(difference) / norm;
}

DefendedUpdate run(SimulatedUpdate update, std::span<const Defense> defenses,
                   const Client& client) {
  check_finite(update.tensors);
  DefendedUpdate result{std::move(update), {}};
  for (std::size_t i = 0; i < defenses.size(); ++i) {
    DefenseReport& report = result.reports.emplace_back(DefenseReport{defenses[i], {}, 0, {}});
    const std::vector<NamedTensor> before = result.update.tensors;
    Stage stage{result.update, client.request, {client.request.seed, client.number, i}, report};
    std::visit(
        [&](const auto& defense) {
          if constexpr (std::is_same_v<std::decay_t<decltype(defense)>, SecureAggregation>)
            aggregate(defenses.first(i), stage);
          else
            apply(defense, stage);
        },
        defenses[i]);
    report.change = change_of(before, result.update.tensors);
  }
  return result;
}

}  // namespace

double norm_of(std::span<const NamedTensor> tensors) {
  double sum = 0;
  for (const NamedTensor& tensor : tensors)
    for (const double value : tensor.second.doubles()) sum += value * value;
  return std::sqrt(sum);
}

std::string_view name_of(const Defense& defense) {
  if (const auto* clipping = std::get_if<Clipping>(&defense))
    return clipping->scope == Scope::all ? "clip" : "clip-layer";
  if (const auto* sparsification = std::get_if<Sparsification>(&defense))
    return sparsification->scope == Scope::all ? "sparsify-global" : "sparsify";
  if (const auto* sign = std::get_if<SignCompression>(&defense))
    return sign->scaled ? "scaled-sign" : "sign";
  if (is<GaussianNoise>(defense)) return "gaussian";
  if (is<LaplacianNoise>(defense)) return "laplace";
  if (is<Quantization>(defense)) return "quantize";
  if (is<Soteria>(defense)) return "soteria";
  return is<DpSgd>(defense) ? "dp-sgd" : "secure-aggregation";
}

void check(const Defense& defense) { std::visit(Checker{name_of(defense)}, defense); }

DefendedUpdate defended(SimulatedUpdate update, std::span<const Defense> defenses,
                        const DefenseRequest& request) {
  for (const Defense& defense : defenses) check(defense);
  check_order(defenses, request);
  return run(std::move(update), defenses, {request, 0});
}

}  // namespace palimpsest::inversion
