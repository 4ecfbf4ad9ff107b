// conform: ONNX backend test folders, as a table of passed, failed and unsupported.

#include <algorithm>
#include <map>

#include "tools/cli/commands.h"
#include "tools/cli/forward.h"
#include "tools/io/natural_order.h"

namespace palimpsest::tools {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

enum class Verdict { passed, failed, unsupported };

struct Conformance {
  Verdict verdict = Verdict::passed;
  std::string reason;
};

std::string_view word_of(Verdict verdict) {
  if (verdict == Verdict::passed) return "passed";
  return verdict == Verdict::failed ? "failed" : "unsupported";
}

Conformance conformance_of(const fs::path& folder, const Tolerance& tolerance) {
  try {
    for (const TestDataSet& data : read_test_data(folder)) {
      const ForwardResult result = forward(folder / "model.onnx", {}, data.inputs, 1);
      if (result.outputs.size() < data.outputs.size())
        return {Verdict::failed,
                text(data.outputs.size(), " outputs expected, ", result.outputs.size(), " came")};
      for (std::size_t i = 0; i < data.outputs.size(); ++i)
        if (auto wrong = difference(result.outputs[i], data.outputs[i].second, tolerance))
          return {Verdict::failed, text("output ", i, ": ", *wrong)};
    }
    return {};
  } catch (const UnsupportedError& error) {
    return {Verdict::unsupported, error.what()};
  } catch (const Error& error) {
    return {Verdict::failed, error.what()};
  }
}

/// The folder itself when it holds a model, else its sub-folders that do.
std::vector<fs::path> test_folders(const fs::path& root) {
  if (!fs::is_directory(root)) throw InputError(text(root.string(), ": is no folder"));
  if (fs::exists(root / "model.onnx")) return {root};
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(root))
    if (fs::exists(entry.path() / "model.onnx")) folders.push_back(entry.path());
  if (folders.empty()) throw InputError(text(root.string(), ": no folder with a model.onnx in it"));
  std::sort(folders.begin(), folders.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.filename().string(), b.filename().string());
  });
  return folders;
}

class Conform final : public Command {
 public:
  std::string name() const override { return "conform"; }
  std::string summary() const override { return "run ONNX backend test folders"; }

  void add_options(CLI::App& app) override {
    app.add_option("folders", roots_, "test folders, or folders of test folders")->required();
    app.add_flag("--all", all_, "also list the tests that passed");
    app.add_option("--rtol", tolerance_.relative, "relative tolerance")->capture_default_str();
    app.add_option("--atol", tolerance_.absolute, "absolute tolerance")->capture_default_str();
  }

  Outcome run(const Console& console) override {
    std::map<Verdict, int> counts;
    json tests = json::array();
    for (const std::string& root : roots_)
      for (const fs::path& folder : test_folders(root)) {
        const Conformance found = conformance_of(folder, tolerance_);
        ++counts[found.verdict];
        const std::string test = folder.filename().string();
        tests.push_back(
            {{"name", test}, {"verdict", word_of(found.verdict)}, {"reason", found.reason}});
        if (all_ || found.verdict != Verdict::passed)
          console.line(text(word_of(found.verdict), "  ", test, "  ", found.reason));
      }
    console.line(text(counts[Verdict::passed], " passed, ", counts[Verdict::failed], " failed, ",
                      counts[Verdict::unsupported], " unsupported"));
    return {{{"passed", counts[Verdict::passed]},
             {"failed", counts[Verdict::failed]},
             {"unsupported", counts[Verdict::unsupported]},
             {"tests", tests}},
            counts[Verdict::failed] > 0 ? ExitCode::verdict_failed : ExitCode::ok};
  }

 private:
  std::vector<std::string> roots_;
  bool all_ = false;
  Tolerance tolerance_;
};

}  // namespace

std::unique_ptr<Command> conform_command() { return std::make_unique<Conform>(); }

}  // namespace palimpsest::tools
