// recipes: the attacks that come with the program.

#include "tools/cli/commands.h"
#include "tools/cli/recipe.h"

namespace palimpsest::tools {
namespace {

class Recipes final : public Command {
 public:
  std::string name() const override { return "recipes"; }
  std::string summary() const override { return "list the attacks, or show one as TOML"; }

  void add_options(CLI::App& app) override {
    app.require_subcommand(1);
    list_ = app.add_subcommand("list", "names, titles and citations");
    show_ = app.add_subcommand("show", "one recipe, resolved");
    show_->add_option("name", name_, "recipe name or TOML file")->required();
    show_->add_option("--set", overrides_, "key=value (repeatable)");
  }

  Outcome run(const Console& console) override {
    return show_->parsed() ? show(console) : list(console);
  }

 private:
  static Outcome list(const Console& console) {
    std::vector<std::vector<std::string>> rows{{"NAME", "TITLE", "CITATION"}};
    Outcome outcome;
    outcome.data["recipes"] = nlohmann::json::array();
    for (const BundledRecipe& bundled : bundled_recipes()) {
      const Recipe recipe = load_recipe(bundled.name, {});
      rows.push_back({recipe.name, recipe.title, recipe.citation});
      outcome.data["recipes"].push_back({{"name", recipe.name},
                                         {"title", recipe.title},
                                         {"citation", recipe.citation},
                                         {"needs", recipe.needs}});
    }
    console.table(rows);
    return outcome;
  }

  Outcome show(const Console& console) const {
    for (const BundledRecipe& bundled : bundled_recipes())
      if (bundled.name == name_ && overrides_.empty()) {
        console.text(bundled.toml);
        return {{{"name", name_}, {"toml", bundled.toml}}, ExitCode::ok};
      }
    const std::string toml = recipe_toml(load_recipe(name_, overrides_));
    console.text(toml);
    return {{{"name", name_}, {"toml", toml}}, ExitCode::ok};
  }

  CLI::App* list_ = nullptr;
  CLI::App* show_ = nullptr;
  std::string name_;
  std::vector<std::string> overrides_;
};

}  // namespace

std::unique_ptr<Command> recipes_command() { return std::make_unique<Recipes>(); }

}  // namespace palimpsest::tools
