#include "graph/print.h"

namespace palimpsest {
namespace {

void print_node(std::ostringstream& out, const Graph& graph, std::uint32_t index) {
  const Node& node = graph.node(index);
  out << '%' << index << " = " << node.op.name() << '(';
  for (std::size_t i = 0; i < node.inputs.size(); ++i)
    out << (i ? ", " : "") << '%' << node.inputs[i].index();
  out << ')';
  if (const std::string fields = node.op.attributes(); !fields.empty())
    out << " {" << fields << '}';
  out << " : " << node.type;
  if (const std::string& label = graph.label(node); !label.empty()) out << "  # " << label;
  out << '\n';
}

}  // namespace

std::string print(const Function& function) {
  std::ostringstream out;
  const std::vector<bool> marked = reachable(function);
  for (std::uint32_t index = 0; index < function.graph->size(); ++index)
    if (marked[index]) print_node(out, *function.graph, index);
  out << "return";
  for (const Value output : function.outputs) out << " %" << output.index();
  out << '\n';
  return out.str();
}

}  // namespace palimpsest
