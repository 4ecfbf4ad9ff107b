#include "inversion/derivative.h"

#include <algorithm>

#include "inversion/search.h"
#include "inversion/start.h"
#include "inversion/variables.h"

namespace palimpsest::inversion {

Derivative derivative_at_start(const Problem& problem, const AttackSpec& spec,
                               const Resources& resources) {
  check(problem);
  const Problem taken = attacked(problem, spec);
  if (!resources.kernels) throw InputError("attack: a kernel table is missing");
  Derivative result;
  result.variables = start_variables(taken, spec, 0);
  LanedProgram program = objective_program(
      {taken, spec, resources, known_targets(problem, spec).rows}, WithGradient::yes);
  for (std::size_t k = 0; k < result.variables.size(); ++k) program.set(0, k, result.variables[k]);
  program.run();
  result.objective = program.number(0, 0);
  const std::vector<std::string_view> terms = term_names(spec.objective);
  const auto matching = std::ranges::find(terms, "matching");
  if (matching != terms.end())
    result.matching = program.number(0, 1 + static_cast<std::size_t>(matching - terms.begin()));
  for (std::size_t k = 0; k < result.variables.size(); ++k)
    result.gradient.push_back(program.program().get(1 + terms.size() + k));
  return result;
}

}  // namespace palimpsest::inversion
