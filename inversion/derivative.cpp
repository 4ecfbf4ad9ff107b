#include "inversion/derivative.h"

#include "inversion/search.h"
#include "inversion/start.h"

namespace palimpsest::inversion {

Derivative derivative_at_start(const Problem& problem, const AttackSpec& spec,
                               const Resources& resources) {
  check(problem);
  if (!resources.kernels) throw InputError("attack: a kernel table is missing");
  Derivative result;
  result.variables = start_variables(problem, spec, 0);
  LanedProgram program =
      objective_program({problem, spec, resources, known_targets(problem, spec).rows});
  for (std::size_t k = 0; k < result.variables.size(); ++k) program.set(0, k, result.variables[k]);
  program.run();
  result.objective = program.number(0, 0);
  result.matching = program.number(0, 1);
  for (std::size_t k = 0; k < result.variables.size(); ++k)
    result.gradient.push_back(program.program().get(objective_terms + k));
  return result;
}

}  // namespace palimpsest::inversion
