#pragma once
// Recipes: attacks as TOML files with a title and a citation. The published ones are part of
// the program; a user's own are read from files; single keys are overridden by --set.

#include <string>
#include <vector>

#include "inversion/attack.h"

namespace palimpsest::tools {

struct Recipe {
  std::string name, title, citation, needs;
  inversion::AttackSpec spec;
};

/// A recipe file of the program, as it was written.
struct BundledRecipe {
  std::string name, toml;
};
const std::vector<BundledRecipe>& bundled_recipes();

/// A recipe by bundled name, or by path when the word ends in ".toml", with "key=value"
/// overrides in the order given. Throws UsageError for unknown names, keys and values.
Recipe load_recipe(const std::string& word, const std::vector<std::string>& overrides);

/// Every field of the attack, as a recipe file that gives the same attack again.
std::string recipe_toml(const Recipe& recipe);

}  // namespace palimpsest::tools
