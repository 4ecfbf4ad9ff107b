#include "inversion/matching.h"

#include <algorithm>
#include <array>

namespace palimpsest::inversion {
namespace {

const Shape& shape_of(const Model& model, std::size_t parameter) {
  return model.parameters[parameter].initial.shape();
}

void strip_prefix(std::string& name, std::string_view prefix) {
  if (name.starts_with(prefix)) name.erase(0, prefix.size());
}

void strip_suffix(std::string& name, std::string_view suffix) {
  if (name.ends_with(suffix)) name.erase(name.size() - suffix.size());
}

std::string comparable(std::string name, MappingRule rule) {
  if (rule == MappingRule::name) return name;
  std::replace(name.begin(), name.end(), '/', '.');
  for (const std::string_view prefix : std::array{"grad_", "module.", "model."})
    strip_prefix(name, prefix);
  for (const std::string_view suffix : std::array{".accumulation.buffer", ":0", "_grad", ".grad"})
    strip_suffix(name, suffix);
  return name;
}

/// Pairs a source with the named parameter or running statistic; false when there is neither.
bool pair_named(const Model& model, const std::string& name, std::size_t source, const Shape& shape,
                MappingRule rule, Matching& matching) {
  for (std::size_t p = 0; p < model.parameters.size(); ++p) {
    if (comparable(model.parameters[p].name, rule) != name || matching.parameters[p]) continue;
    const std::vector<TensorLayout> layouts = fitting_layouts(shape, shape_of(model, p));
    if (layouts.empty())
      throw InputError(text("mapping: tensor of '", model.parameters[p].name,
                            "': ", shape_of(model, p), " expected, ", shape, " came"));
    matching.pair(p, {source, rule, layouts.front()});
    return true;
  }
  for (const BatchNormSite& site : model.batch_norms)
    for (const std::string& buffer : {site.mean_name, site.variance_name})
      if (comparable(buffer, rule) == name) {
        matching.keep_buffer(source, buffer);
        return true;
      }
  return false;
}

bool equal_values(const Literal& tensor, TensorLayout layout, const Literal& parameter) {
  return in_parameter_layout(tensor, layout, parameter.shape()).doubles() == parameter.doubles();
}

/// Layouts under which the tensor before training equals the parameter.
std::vector<TensorLayout> equal_layouts(const Literal& before, const Literal& parameter) {
  std::vector<TensorLayout> layouts;
  for (const TensorLayout layout : fitting_layouts(before.shape(), parameter.shape()))
    if (equal_values(before, layout, parameter)) layouts.push_back(layout);
  return layouts;
}

}  // namespace

std::vector<std::size_t> Matching::open_parameters() const {
  std::vector<std::size_t> open;
  for (std::size_t p = 0; p < parameters.size(); ++p)
    if (!parameters[p]) open.push_back(p);
  return open;
}

std::vector<std::size_t> Matching::open_sources() const {
  std::vector<std::size_t> open;
  for (std::size_t s = 0; s < used.size(); ++s)
    if (!used[s]) open.push_back(s);
  return open;
}

void Matching::pair(std::size_t parameter, const Match& match) {
  parameters[parameter] = match;
  used[match.source] = true;
}

void Matching::keep_buffer(std::size_t source, std::string name) {
  buffers.emplace_back(source, std::move(name));
  used[source] = true;
}

std::string source_name(const Update& update, std::size_t source) {
  const std::string& name = update.tensors[source].first;
  return name.empty() ? text('#', source) : name;
}

const Literal* before_of(const Update& update, std::size_t source) {
  const std::string& name = update.tensors[source].first;
  if (name.empty()) return source < update.before.size() ? &update.before[source].second : nullptr;
  for (const NamedTensor& tensor : update.before)
    if (tensor.first == name) return &tensor.second;
  return nullptr;
}

void match_by_user(const Model& model, const Update& update, Matching& matching) {
  for (const auto& entry : update.map) {
    const std::string &parameter = entry.first, &wanted = entry.second;
    const auto p = std::find_if(model.parameters.begin(), model.parameters.end(),
                                [&](const Parameter& each) { return each.name == parameter; });
    if (p == model.parameters.end())
      throw InputError(text("map: the model has no parameter '", parameter, "'"));
    const std::vector<std::size_t> open = matching.open_sources();
    const auto s = std::find_if(open.begin(), open.end(), [&](std::size_t source) {
      return source_name(update, source) == wanted;
    });
    if (s == open.end())
      throw InputError(text("map: '", wanted, "' for '", parameter, "': no such tensor is left"));
    const Shape& shape = update.tensors[*s].second.shape();
    const std::vector<TensorLayout> layouts = fitting_layouts(shape, p->initial.shape());
    if (layouts.empty())
      throw InputError(text("map: '", wanted, "' for '", parameter, "': ", p->initial.shape(),
                            " expected, ", shape, " came"));
    matching.pair(static_cast<std::size_t>(p - model.parameters.begin()),
                  {*s, MappingRule::user, layouts.front()});
  }
}

void match_by_name(const Model& model, const Update& update, MappingRule rule, Matching& matching) {
  for (const std::size_t source : matching.open_sources()) {
    const auto& [name, tensor] = update.tensors[source];
    if (!name.empty())
      pair_named(model, comparable(name, rule), source, tensor.shape(), rule, matching);
  }
}

void match_by_value(const Model& model, const Update& update, Matching& matching) {
  for (const std::size_t source : matching.open_sources()) {
    const Literal* before = before_of(update, source);
    if (!before) continue;
    std::vector<std::pair<std::size_t, TensorLayout>> found;
    for (const std::size_t p : matching.open_parameters())
      for (const TensorLayout layout : equal_layouts(*before, model.parameters[p].initial))
        found.emplace_back(p, layout);
    // Equal initial values (zero biases) fit several parameters and prove nothing.
    if (found.size() == 1)
      matching.pair(found[0].first, {source, MappingRule::value, found[0].second});
  }
}

void settle_layouts(const Model& model, const Update& update, Matching& matching) {
  const auto layouts_of = [&](std::size_t p) {
    return fitting_layouts(update.tensors[matching.parameters[p]->source].second.shape(),
                           shape_of(model, p));
  };
  std::vector<std::optional<TensorLayout>> by_rank(Shape::max_rank + 1);
  for (std::size_t p = 0; p < matching.parameters.size(); ++p)
    if (matching.parameters[p] && layouts_of(p).size() == 1)
      by_rank[static_cast<std::size_t>(shape_of(model, p).rank())] = layouts_of(p).front();

  for (std::size_t p = 0; p < matching.parameters.size(); ++p) {
    std::optional<Match>& match = matching.parameters[p];
    if (!match || match->rule == MappingRule::value || layouts_of(p).size() == 1) continue;
    const Parameter& parameter = model.parameters[p];
    const Literal* before = before_of(update, match->source);
    const auto equal = before ? equal_layouts(*before, parameter.initial) : layouts_of(p);
    const auto others = by_rank[static_cast<std::size_t>(parameter.initial.shape().rank())];
    if (equal.size() == 1) {
      match->layout = equal.front();
    } else if (others) {
      const auto all = layouts_of(p);
      if (std::find(all.begin(), all.end(), *others) != all.end()) match->layout = *others;
    } else {
      matching.warnings.push_back(text("'", parameter.name, "' ", parameter.initial.shape(),
                                       " fits in more than one layout; taken as it is"));
    }
  }
}

}  // namespace palimpsest::inversion
