#include "onnx_import/survey.h"

#include <algorithm>

#include "graph/error.h"

namespace palimpsest::onnx_import {
namespace {

struct Refusal {
  std::int64_t count = 0;
  std::string first, reason;
};

class Surveyor {
 public:
  explicit Surveyor(const Session& session) : session_(session) {}

  void look_at(const wire::Node& node, const Opsets& opsets, std::int64_t times) {
    const bool standard = is_default_domain(node.domain());
    if (const wire::Function* function = session_.functions.find(node)) {
      called[function] += times;
      return;
    }
    const std::string name = standard ? node.op_type() : node.domain() + "." + node.op_type();
    counts[name] += times;
    const std::int64_t version = opsets.version(node.domain());
    if (standard && session_.table.find(node.op_type(), version)) return;
    Refusal& refusal = refusals[name];
    if (refusal.count == 0) {
      refusal.first = node.name().empty() && node.output_size() > 0 ? node.output(0) : node.name();
      refusal.reason = standard ? session_.table.reason(node.op_type(), version)
                                : "the operators of this domain are not lowered";
    }
    refusal.count += times;
  }

  std::map<const wire::Function*, std::int64_t> called;
  std::map<std::string, std::int64_t> counts;
  std::map<std::string, Refusal> refusals;

 private:
  const Session& session_;
};

/// All names that a node reads, those of its subgraphs among them.
template <class F>
void for_each_read(const wire::Node& node, F f) {
  for (const std::string& name : node.input()) f(name);
  for (const wire::Attribute& attribute : node.attribute()) {
    if (!attribute.has_g()) continue;
    for (const wire::ValueInfo& output : attribute.g().output()) f(output.name());
    for_each_node(attribute.g().node(), [&](const wire::Node& inner) {
      for (const std::string& name : inner.input()) f(name);
      for (const wire::Attribute& nested : inner.attribute())
        for (const wire::ValueInfo& output : nested.g().output()) f(output.name());
    });
  }
}

std::string worded(const std::map<std::string, Refusal>& refusals) {
  std::string words =
      text("the model uses ", refusals.size(),
           refusals.size() == 1 ? " operator that is" : " operators that are", " not supported:");
  for (const auto& [name, refusal] : refusals)
    words += text("\n  ", name, " (", refusal.count, refusal.count == 1 ? " node" : " nodes",
                  ", first '", refusal.first, "'): ", refusal.reason);
  return words;
}

}  // namespace

Live live_nodes(const google::protobuf::RepeatedPtrField<wire::Node>& nodes,
                const std::vector<std::string>& outputs) {
  Live live;
  for (const std::string& name : outputs) ++live.uses[name];
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
    const bool needed = std::any_of(
        node->output().begin(), node->output().end(),
        [&](const std::string& name) { return !name.empty() && live.uses.contains(name); });
    if (!needed) continue;
    live.nodes.push_back(&*node);
    for_each_read(*node, [&](const std::string& name) { ++live.uses[name]; });
  }
  std::reverse(live.nodes.begin(), live.nodes.end());
  return live;
}

void survey(const Session& session, const Opsets& opsets,
            const std::vector<const wire::Node*>& nodes,
            std::map<std::string, std::int64_t>& counts) {
  Surveyor surveyor(session);
  for (const wire::Node* node : nodes) surveyor.look_at(*node, opsets, 1);
  for (const wire::Function* function : session.functions.ordered()) {
    const auto times = surveyor.called.find(function);
    if (times == surveyor.called.end()) continue;
    const Opsets own = Opsets::of(function->opset_import(), function->name());
    for (const wire::Node& node : function->node()) surveyor.look_at(node, own, times->second);
  }
  if (!surveyor.refusals.empty()) throw UnsupportedError(worded(surveyor.refusals));
  for (const auto& [name, count] : surveyor.counts) counts[name] += count;
}

}  // namespace palimpsest::onnx_import
