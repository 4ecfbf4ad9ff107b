#include "inversion/mapping.h"

#include <algorithm>
#include <cmath>
#include <iomanip>

#include "inversion/matching.h"
#include "inversion/sent.h"

namespace palimpsest::inversion {
namespace {

constexpr std::string_view export_recipe =
    "; export with torch.onnx.export(..., training=TrainingMode.TRAINING, "
    "do_constant_folding=False), which keeps names and BatchNormalization, or give a map";

/// Why a tensor can be no parameter, or nothing.
std::string unusable(const NamedTensor& tensor) {
  if (tensor.first.starts_with("__opt_state")) return "optimiser state";
  if (!is_float(tensor.second.dtype())) return "integers";
  return {};
}

/// The update without what can be no parameter; `ignored` says what went.
Update usable_part(const Update& update, std::vector<std::string>& ignored) {
  Update usable = update;
  usable.tensors.clear();
  const bool same_places = update.before.size() == update.tensors.size();
  if (same_places) usable.before.clear();
  for (std::size_t i = 0; i < update.tensors.size(); ++i) {
    const std::string reason = unusable(update.tensors[i]);
    if (!reason.empty()) {
      ignored.push_back(text(source_name(update, i), ": ", reason));
      continue;
    }
    usable.tensors.push_back(update.tensors[i]);
    if (same_places) usable.before.push_back(update.before[i]);
  }
  return usable;
}

bool is_statistic(const std::string& name) {
  for (const std::string_view ending :
       {"running_mean", "running_var", "moving_mean", "moving_variance", "num_batches_tracked"})
    if (name.ends_with(ending)) return true;
  return false;
}

/// A client that normalised by batch has statistics that a folded model has no place for.
void refuse_folded_model(const Model& model, const Update& update) {
  if (!model.batch_norms.empty()) return;
  for (const NamedTensor& tensor : update.tensors)
    if (is_statistic(tensor.first))
      throw InputError(text("mapping: the update has '", tensor.first,
                            "', but BatchNormalization was folded into the model's convolutions, "
                            "so no gradient belongs to them",
                            export_recipe));
}

Matching matched(const Model& model, const Update& update) {
  Matching matching{std::vector<std::optional<Match>>(model.parameters.size()),
                    std::vector<bool>(update.tensors.size(), false),
                    {},
                    {}};
  match_by_user(model, update, matching);
  match_by_name(model, update, MappingRule::name, matching);
  match_by_name(model, update, MappingRule::normalized_name, matching);
  match_by_value(model, update, matching);
  match_by_structure(model, update, matching);
  settle_layouts(model, update, matching);
  return matching;
}

/// Tensors and parameters that are both left over mean that the mapping is wrong or unclear;
/// parameters alone are frozen or filtered, tensors alone are strays.
void check_complete(const Model& model, const Update& update, const Matching& matching) {
  const auto parameters = matching.open_parameters();
  const auto sources = matching.open_sources();
  const bool nothing = parameters.size() == model.parameters.size();
  if (!nothing && (parameters.empty() || sources.empty())) return;
  std::string lists = " parameters without a tensor:";
  for (std::size_t i = 0; i < std::min<std::size_t>(parameters.size(), 8); ++i)
    lists += text(" '", model.parameters[parameters[i]].name, "' ",
                  model.parameters[parameters[i]].initial.shape());
  lists += "; tensors without a parameter:";
  for (std::size_t i = 0; i < std::min<std::size_t>(sources.size(), 8); ++i)
    lists += text(" '", source_name(update, sources[i]), "' ",
                  update.tensors[sources[i]].second.shape());
  throw InputError(
      text("mapping: names, values and shapes do not settle which tensor belongs to "
           "which parameter;",
           lists, export_recipe));
}

void refuse_non_finite(const std::string& name, const Literal& tensor) {
  const std::vector<double> values = tensor.doubles();
  std::size_t count = 0, first = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]) && count++ == 0) first = i;
  if (count > 0)
    throw InputError(text("update: '", name, "' ", tensor.type(), " has ", count,
                          " entries that are NaN or infinite, the first at index ", first));
}

void record_leftovers(const Model& model, const Update& update, const Matching& matching,
                      MappedUpdate& mapped) {
  for (const std::size_t parameter : matching.open_parameters())
    mapped.missing.push_back(model.parameters[parameter].name);
  for (const std::size_t source : matching.open_sources())
    mapped.ignored.push_back(text(source_name(update, source), ": no parameter takes it"));
  for (const auto& [source, name] : matching.buffers)
    mapped.buffers.emplace_back(name, update.tensors[source].second);
  if (!mapped.missing.empty())
    mapped.warnings.push_back(text(mapped.missing.size(), " of ", model.parameters.size(),
                                   " parameters have no tensor and take no part"));
}

}  // namespace

std::string_view name_of(MappingRule rule) {
  switch (rule) {
    case MappingRule::user:
      return "user";
    case MappingRule::name:
      return "name";
    case MappingRule::normalized_name:
      return "normalised name";
    case MappingRule::value:
      return "value before training";
    case MappingRule::structure:
      return "shape";
  }
  return "?";
}

MappedUpdate map_update(const Model& model, const Update& given) {
  refuse_folded_model(model, given);
  MappedUpdate mapped;
  const Update update = usable_part(given, mapped.ignored);
  const Matching matching = matched(model, update);
  check_complete(model, update, matching);
  record_leftovers(model, update, matching, mapped);
  mapped.warnings.insert(mapped.warnings.end(), matching.warnings.begin(), matching.warnings.end());
  std::vector<SentTensor> sent(model.parameters.size());
  for (std::size_t p = 0; p < model.parameters.size(); ++p) {
    const std::optional<Match>& match = matching.parameters[p];
    if (!match) continue;
    const Parameter& parameter = model.parameters[p];
    const Literal& tensor = update.tensors[match->source].second;
    refuse_non_finite(source_name(update, match->source), tensor);
    mapped.rows.push_back(
        {parameter.name, source_name(update, match->source), match->rule, match->layout});
    sent[p].value = in_parameter_layout(tensor, match->layout, parameter.initial.shape());
    if (const Literal* before = before_of(update, match->source))
      sent[p].before = in_parameter_layout(*before, match->layout, parameter.initial.shape());
  }
  observe(model, update, sent, mapped);
  return mapped;
}

std::string mapping_table(const MappedUpdate& mapped) {
  std::size_t parameter = 9, source = 6;
  for (const MappingRow& row : mapped.rows) {
    parameter = std::max(parameter, row.parameter.size());
    source = std::max(source, row.source.size());
  }
  std::ostringstream out;
  const auto line = [&](std::string_view first, std::string_view second, std::string_view third,
                        std::string_view fourth) {
    out << std::left << std::setw(static_cast<int>(parameter) + 2) << first
        << std::setw(static_cast<int>(source) + 2) << second << std::setw(23) << third << fourth
        << '\n';
  };
  line("parameter", "tensor", "matched by", "layout");
  for (const MappingRow& row : mapped.rows)
    line(row.parameter, row.source, name_of(row.rule), name_of(row.layout));
  for (const std::string& name : mapped.missing) line(name, "-", "-", "-");
  return out.str();
}

}  // namespace palimpsest::inversion
