#include "passes/pipeline.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "graph/verify.h"
#include "passes/channels_last.h"
#include "passes/dead_code.h"
#include "passes/filter_blocks.h"
#include "passes/fold.h"
#include "passes/fuse.h"
#include "passes/simplify.h"
#include "passes/turn_products.h"

namespace palimpsest::passes {
namespace {

/// Rewrites open the way for others. Sweeps end when nothing changes any more, or here.
constexpr int max_sweeps = 8;

std::size_t reachable_nodes(const Function& function) {
  const std::vector<bool> marked = reachable(function);
  return static_cast<std::size_t>(std::count(marked.begin(), marked.end(), true));
}

bool same_types(const std::vector<Value>& a, const std::vector<Value>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](Value x, Value y) { return x.type() == y.type(); });
}

/// Node for node the same graph.
bool same(const Function& a, const Function& b) {
  if (a.graph->size() != b.graph->size()) return false;
  for (std::uint32_t index = 0; index < a.graph->size(); ++index) {
    const Node &x = a.graph->node(index), &y = b.graph->node(index);
    const auto same_index = [](Value v, Value w) { return v.index() == w.index(); };
    if (!std::equal(x.inputs.begin(), x.inputs.end(), y.inputs.begin(), y.inputs.end(),
                    same_index) ||
        !(x.op == y.op))
      return false;
  }
  return true;
}

void check(const std::string& name, const Function& before, const Function& after) {
  try {
    verify(after);
  } catch (const std::logic_error& error) {
    throw std::logic_error(text("pass ", name, ": ", error.what()));
  }
  if (!same_types(before.inputs, after.inputs) || !same_types(before.outputs, after.outputs))
    throw std::logic_error(text("pass ", name, ": the types of inputs or outputs changed"));
}

}  // namespace

Function run(std::string name, const Pass& pass, const Function& source, PassLog& log) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  Function result = pass(source);
  const std::chrono::duration<double, std::milli> elapsed = Clock::now() - start;
  check(name, source, result);
  log.push_back(
      {std::move(name), elapsed.count(), reachable_nodes(source), reachable_nodes(result)});
  return result;
}

namespace {

/// Sweeps of algebra until nothing changes.
Function simplified(Function f, const Evaluator& evaluate, PassLog& log) {
  const Pass fold = [&](const Function& g) { return fold_constants(g, evaluate); };
  for (int sweep = 0; sweep < max_sweeps; ++sweep) {
    Function next = run("simplify", simplify, f, log);
    next = run("fold_constants", fold, next, log);
    next = run("without_dead_nodes", without_dead_nodes, next, log);
    std::swap(f, next);
    if (same(f, next)) break;
  }
  return f;
}

}  // namespace

Function optimize(const Function& source, const Evaluator& evaluate, PassLog& log) {
  Function f = run("without_dead_nodes", without_dead_nodes, source, log);
  f = simplified(std::move(f), evaluate, log);
  f = run("turn_products", turn_products, f, log);
  f = run("channels_last", channels_last, f, log);
  f = simplified(run("filters_in_blocks", filters_in_blocks, f, log), evaluate, log);
  f = run(
      "fuse", [](const Function& g) { return fuse(g); }, f, log);
  return run("without_dead_nodes", without_dead_nodes, f, log);
}

}  // namespace palimpsest::passes
