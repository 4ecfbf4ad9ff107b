#include <algorithm>

#include "inversion/matching.h"

namespace palimpsest::inversion {
namespace {

/// A place in an expected list: a parameter, or a running statistic by its model name.
struct Slot {
  std::optional<std::size_t> parameter;
  std::string buffer;
  Shape shape;
};

Slot slot_of(const Model& model, std::size_t parameter) {
  return {parameter, {}, model.parameters[parameter].initial.shape()};
}

void append_statistics(const BatchNormSite& site, std::vector<Slot>& slots) {
  slots.push_back({{}, site.mean_name, site.running_mean.shape()});
  slots.push_back({{}, site.variance_name, site.running_variance.shape()});
}

std::string module_of(const std::string& name) { return name.substr(0, name.rfind('.') + 1); }

std::vector<Slot> parameters_alone(const Model& model, const std::vector<std::size_t>& open) {
  std::vector<Slot> slots;
  for (const std::size_t parameter : open) slots.push_back(slot_of(model, parameter));
  return slots;
}

/// torch's state_dict: the statistics of a module follow its last parameter.
std::vector<Slot> state_dict_order(const Model& model, const std::vector<std::size_t>& open) {
  std::vector<Slot> slots;
  for (std::size_t i = 0; i < open.size(); ++i) {
    slots.push_back(slot_of(model, open[i]));
    const std::string module = module_of(model.parameters[open[i]].name);
    const bool last =
        i + 1 == open.size() || module_of(model.parameters[open[i + 1]].name) != module;
    for (const BatchNormSite& site : model.batch_norms)
      if (last && !module.empty() && module_of(site.mean_name) == module)
        append_statistics(site, slots);
  }
  return slots;
}

/// Parameters, then all statistics (Substra).
std::vector<Slot> statistics_at_end(const Model& model, const std::vector<std::size_t>& open) {
  std::vector<Slot> slots = parameters_alone(model, open);
  for (const BatchNormSite& site : model.batch_norms) append_statistics(site, slots);
  return slots;
}

bool fit(const std::vector<Slot>& slots, const Update& update,
         const std::vector<std::size_t>& sources) {
  if (slots.size() != sources.size()) return false;
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (fitting_layouts(update.tensors[sources[i]].second.shape(), slots[i].shape).empty())
      return false;
  return true;
}

void pair_in_order(const std::vector<Slot>& slots, const Update& update,
                   const std::vector<std::size_t>& sources, Matching& matching) {
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (!slots[i].parameter) {
      matching.keep_buffer(sources[i], slots[i].buffer);
      continue;
    }
    const Shape& shape = update.tensors[sources[i]].second.shape();
    matching.pair(*slots[i].parameter, {sources[i], MappingRule::structure,
                                        fitting_layouts(shape, slots[i].shape).front()});
  }
}

/// Pairs what fits in exactly one place, seen from both sides.
void pair_unique_shapes(const Model& model, const Update& update, Matching& matching) {
  const auto layouts = [&](std::size_t source, std::size_t parameter) {
    return fitting_layouts(update.tensors[source].second.shape(),
                           model.parameters[parameter].initial.shape());
  };
  const std::vector<std::size_t> sources = matching.open_sources();
  const std::vector<std::size_t> parameters = matching.open_parameters();
  for (const std::size_t parameter : parameters) {
    std::vector<std::size_t> found;
    for (const std::size_t source : sources)
      if (!layouts(source, parameter).empty()) found.push_back(source);
    if (found.size() != 1) continue;
    const auto claims = std::count_if(parameters.begin(), parameters.end(),
                                      [&](std::size_t p) { return !layouts(found[0], p).empty(); });
    if (claims == 1)
      matching.pair(parameter,
                    {found[0], MappingRule::structure, layouts(found[0], parameter).front()});
  }
}

}  // namespace

void match_by_structure(const Model& model, const Update& update, Matching& matching) {
  const std::vector<std::size_t> sources = matching.open_sources();
  const std::vector<std::size_t> open = matching.open_parameters();
  if (sources.empty() || open.empty()) return;
  for (const auto& slots : {parameters_alone(model, open), state_dict_order(model, open),
                            statistics_at_end(model, open)}) {
    if (!fit(slots, update, sources)) continue;
    pair_in_order(slots, update, sources, matching);
    matching.warnings.push_back(
        text(open.size(), " parameters were matched by order and shape; check the table"));
    return;
  }
  pair_unique_shapes(model, update, matching);
}

}  // namespace palimpsest::inversion
