// The units below the verbs: words of the command line, recipes, checkpoints and run folders.

#include <doctest/doctest.h>

#include <fstream>
#include <limits>

#include "tests/tools/io_support.h"
#include "tools/cli/checkpoint.h"
#include "tools/cli/conformance.h"
#include "tools/cli/console.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/recipe.h"
#include "tools/cli/words.h"

namespace palimpsest::tools {
namespace {

namespace fs = std::filesystem;

using testing::ScratchFolder;

std::vector<inversion::NamedTensor> state_of(double value) {
  return {{"iteration", Literal::scalar(std::int64_t{3})}, {"x", Literal::scalar(value)}};
}

double value_of(const std::vector<inversion::NamedTensor>& state) {
  for (const auto& [name, tensor] : state)
    if (name == "x") return tensor.doubles().front();
  return -1;
}

template <class E, class Work>
std::string message_of(Work work) {
  try {
    work();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing was thrown";
}

void damage(const fs::path& file) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(-1, std::ios::end);
  stream.put('\x55');
}

}  // namespace

TEST_CASE("Sizes, durations and shapes are read as people write them, all else is refused") {
  CHECK(parse_bytes("512M") == 512U << 20);
  CHECK(parse_bytes("7") == 7);
  CHECK(parse_duration("5m") == 300);
  CHECK(parse_duration("1.5") == 1.5);
  CHECK(parse_shape("1x3x32x32") == Shape{1, 3, 32, 32});
  CHECK(parse_pair("a=b=c") == std::pair<std::string, std::string>("a=b", "c"));
  for (const char* words : {"", "M", "-1", "1Q", "99999999T"})
    CHECK_THROWS_AS(parse_bytes(words), UsageError);
  for (const char* words : {"", "-1s", "soon", "inf", "nan"})
    CHECK_THROWS_AS(parse_duration(words), UsageError);
  CHECK_THROWS_AS(parse_integers("1,x"), UsageError);
  CHECK_THROWS_AS(parse_pair("=b"), UsageError);
}

TEST_CASE("A message of several lines is printed as one") {
  CHECK(one_line("these are wrong:\n  a: 1\n  b: 2\n") == "these are wrong: a: 1; b: 2");
  CHECK(one_line("a\033[2Jb").find('\033') == std::string::npos);
}

TEST_CASE("Every bundled recipe resolves to TOML that gives the same attack again") {
  const ScratchFolder folder;
  for (const BundledRecipe& bundled : bundled_recipes()) {
    CAPTURE(bundled.name);
    const std::string toml = recipe_toml(load_recipe(bundled.name, {}));
    const fs::path file = folder.path() / "config.toml";
    std::ofstream(file) << toml;
    CHECK(recipe_toml(load_recipe(file.string(), {})) == toml);
  }
}

TEST_CASE("The bundled recipes are the attacks of the library") {
  for (const inversion::AttackSpec& spec :
       {inversion::dlg(), inversion::idlg(), inversion::inverting_gradients(), inversion::modern(),
        inversion::grad_inversion(), inversion::deep_inversion(), inversion::latent_projection(),
        inversion::gias(), inversion::surrogate_extension(),
        inversion::generative_gradient_leakage(),
        inversion::generative_gradient_leakage(inversion::ImageOptimizer::turbo),
        inversion::generative_gradient_leakage(inversion::ImageOptimizer::adam)}) {
    const Recipe bundled = load_recipe(spec.name, {});
    Recipe library = bundled;
    library.spec = spec;
    CHECK(recipe_toml(bundled) == recipe_toml(library));
  }
}

TEST_CASE("Overrides of a recipe are typed, and unknown keys are refused with a suggestion") {
  CHECK(load_recipe("dlg", {"search.iterations=7"}).spec.iterations == 7);
  CHECK(load_recipe("dlg", {"search.box=clip"}).spec.box == inversion::Box::clip);
  const std::string message =
      message_of<UsageError>([] { load_recipe("dlg", {"search.iteration=7"}); });
  CHECK(message.find("did you mean 'iterations'") != std::string::npos);
  CHECK_THROWS_AS(load_recipe("dlg", {"search.iterations=many"}), UsageError);
  CHECK_THROWS_AS(load_recipe("dlg", {"search"}), UsageError);
  CHECK_THROWS_AS(load_recipe("no-such-recipe", {}), UsageError);
}

TEST_CASE("A checkpoint comes back, and a damaged one falls back to the one before it") {
  const ScratchFolder parent;
  const RunFolder folder(parent.path() / "run", Existing::refuse);
  const Identity identity{{"model", "m"}, {"settings", "[search]\nrate = 0.1\nseed = 1\n"}};
  CHECK_THROWS_AS(load_checkpoint(folder, identity), IoError);
  save_checkpoint(folder, identity, state_of(1));
  save_checkpoint(folder, identity, state_of(2));
  save_checkpoint(folder, identity, state_of(3));
  CHECK(value_of(load_checkpoint(folder, identity)) == 3);
  damage(folder.file("checkpoint", "a.safetensors"));
  CHECK(value_of(load_checkpoint(folder, identity)) == 2);
  damage(folder.file("checkpoint", "b.safetensors"));
  CHECK_THROWS_AS(load_checkpoint(folder, identity), IoError);
}

TEST_CASE("A checkpoint is intact whatever the order of its tensors without elements") {
  const ScratchFolder parent;
  const RunFolder folder(parent.path() / "run", Existing::refuse);
  const Literal nothing = Literal::of<float>({0}, std::vector<float>{});
  save_checkpoint(folder, {},
                  {{"b", nothing}, {"a", nothing}, {"c", Literal::scalar(1.0)}, {"0", nothing}});
  CHECK(load_checkpoint(folder, {}).size() == 4);
}

TEST_CASE("A checkpoint of another run is refused by the field and the line that differ") {
  const ScratchFolder parent;
  const RunFolder folder(parent.path() / "run", Existing::refuse);
  save_checkpoint(folder, {{"settings", "rate = 0.1\nseed = 1\n"}}, state_of(1));
  const std::string message = message_of<InputError>([&] {
    load_checkpoint(folder, {{"settings", "rate = 0.1\nseed = 2\n"}});
  });
  CHECK(message.find("settings: 'seed = 2' expected, 'seed = 1' came") != std::string::npos);
}

TEST_CASE("A run folder is not shared, not written over unasked, and emptied only of results") {
  const ScratchFolder parent;
  const fs::path path = parent.path() / "run";
  {
    const RunFolder first(path, Existing::refuse);
    first.write("result.json", std::string("{}"));
    first.write("notes.txt", std::string("mine"));
    CHECK_THROWS_AS(RunFolder(path, Existing::overwrite), IoError);
  }
  CHECK_THROWS_AS(RunFolder(path, Existing::refuse), IoError);
  CHECK_NOTHROW(RunFolder(path, Existing::resume));
  CHECK(fs::exists(path / "result.json"));
  CHECK_NOTHROW(RunFolder(path, Existing::overwrite));
  CHECK_FALSE(fs::exists(path / "result.json"));
  CHECK(fs::exists(path / "notes.txt"));
  CHECK_THROWS_AS(RunFolder(parent.path() / "missing", Existing::resume), IoError);
}

TEST_CASE("Outputs are compared with a tolerance for floats and exactly for integers") {
  const auto floats = [](std::vector<double> values) {
    return Literal::of(Shape{static_cast<std::int64_t>(values.size())}, values);
  };
  const auto integer = [](std::int64_t value) { return Literal::scalar(value); };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK_FALSE(difference(floats({1.0005, nan, infinity}), floats({1, nan, infinity}), {}));
  CHECK(difference(floats({1.01}), floats({1}), {}));
  CHECK(difference(floats({nan}), floats({1}), {}));
  CHECK(difference(floats({1}), floats({nan}), {}));
  CHECK(difference(floats({1e300}), floats({infinity}), {}));
  CHECK(difference(floats({1}), floats({1, 1}), {}));
  CHECK(difference(integer(1'000'001), integer(1'000'000), {}));
  CHECK(difference(Literal::scalar(1.0), integer(1), {}));
}

}  // namespace palimpsest::tools
