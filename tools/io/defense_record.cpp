#include "tools/io/defense_record.h"

namespace palimpsest::tools {
namespace {

using inversion::Clipping;
using inversion::Defense;
using inversion::DpSgd;
using inversion::GaussianNoise;
using inversion::LaplacianNoise;
using inversion::Quantization;
using inversion::Scope;
using inversion::SecureAggregation;
using inversion::SignCompression;
using inversion::Soteria;
using inversion::Sparsification;

/// One of each kind, whose parameters are read over.
constexpr std::pair<std::string_view, std::optional<Defense>> kinds[] = {
    {"gaussian", GaussianNoise{}},
    {"laplace", LaplacianNoise{}},
    {"clip", Clipping{1, Scope::all}},
    {"clip-layer", Clipping{1, Scope::tensor}},
    {"sparsify", Sparsification{0, Scope::tensor}},
    {"sparsify-global", Sparsification{0, Scope::all}},
    {"quantize", Quantization{}},
    {"sign", SignCompression{false}},
    {"scaled-sign", SignCompression{true}},
    {"soteria", Soteria{}},
    {"dp-sgd", DpSgd{}},
    {"secure-aggregation", SecureAggregation{}},
    {"other", std::nullopt}};

template <class T>
T required(const ConfigTable& table, std::string_view key, std::optional<T> value) {
  if (!value) table.fail(key, "a number", "no such key");
  return *value;
}

/// Reads the parameters that a kind has.
struct Reader {
  ConfigTable& table;

  double number(std::string_view key) const { return required(table, key, table.number(key)); }

  void operator()(GaussianNoise& defense) const { defense.sigma = number("sigma"); }
  void operator()(LaplacianNoise& defense) const { defense.scale = number("scale"); }
  void operator()(Clipping& defense) const { defense.norm = number("norm"); }
  void operator()(Sparsification& defense) const { defense.share = number("share"); }
  void operator()(Quantization& defense) const {
    defense.bits = static_cast<int>(required(table, "bits", table.integer("bits", 2, 32)));
  }
  void operator()(SignCompression&) const {}
  void operator()(Soteria& defense) const {
    defense.share = number("share");
    defense.epsilon = table.number("denominator_epsilon").value_or(defense.epsilon);
  }
  void operator()(DpSgd& defense) const {
    defense.norm = number("norm");
    defense.noise_multiplier = number("noise_multiplier");
    defense.delta = table.number("delta").value_or(defense.delta);
    defense.sampling_rate = table.number("sampling_rate").value_or(defense.sampling_rate);
  }
  void operator()(SecureAggregation&) const {}
};

struct Writer {
  ConfigWriter& out;

  void operator()(const GaussianNoise& defense) const { out.value("sigma", defense.sigma); }
  void operator()(const LaplacianNoise& defense) const { out.value("scale", defense.scale); }
  void operator()(const Clipping& defense) const { out.value("norm", defense.norm); }
  void operator()(const Sparsification& defense) const { out.value("share", defense.share); }
  void operator()(const Quantization& defense) const {
    out.value("bits", std::int64_t{defense.bits});
  }
  void operator()(const SignCompression&) const {}
  void operator()(const Soteria& defense) const {
    out.value("share", defense.share);
    out.value("denominator_epsilon", defense.epsilon);
  }
  void operator()(const DpSgd& defense) const {
    out.value("norm", defense.norm);
    out.value("noise_multiplier", defense.noise_multiplier);
    out.value("delta", defense.delta);
    out.value("sampling_rate", defense.sampling_rate);
  }
  void operator()(const SecureAggregation&) const {}
};

}  // namespace

DefenseRecord read_defense(ConfigTable table) {
  DefenseRecord record;
  const auto kind = table.choice("kind", kinds);
  if (!kind) table.fail("kind", "the name of a defence", "no such key");
  record.defense = *kind;
  if (record.defense) {
    std::visit(Reader{table}, *record.defense);
    if (std::holds_alternative<DpSgd>(*record.defense))
      record.epsilon = table.number("epsilon", 0, 1e30);
  } else {
    record.mechanism = table.string("mechanism").value_or("");
  }
  table.refuse_unknown_keys();
  if (!record.defense) return record;
  try {
    inversion::check(*record.defense);
  } catch (const InputError& error) {
    table.fail("kind", "parameters in range", error.what());
  }
  return record;
}

void write_defense(ConfigWriter& out, const DefenseRecord& record) {
  out.element("defense");
  if (!record.defense) {
    out.value("kind", "other");
    out.value("mechanism", record.mechanism);
    return;
  }
  out.value("kind", inversion::name_of(*record.defense));
  std::visit(Writer{out}, *record.defense);
  out.value("epsilon", record.epsilon);
}

}  // namespace palimpsest::tools
