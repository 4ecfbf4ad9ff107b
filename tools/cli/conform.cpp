// conform: ONNX backend test folders, as a table of passed, failed and unsupported.

#include <map>

#include "tools/cli/commands.h"
#include "tools/cli/conformance.h"

namespace palimpsest::tools {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

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
    std::vector<std::vector<std::string>> rows{{"VERDICT", "TEST", "REASON"}};
    for (const std::string& root : roots_)
      for (const fs::path& folder : test_folders(root)) {
        const Conformance found = conformance_of(folder, tolerance_);
        ++counts[found.verdict];
        const std::string test = folder.filename().string();
        tests.push_back(
            {{"name", test}, {"verdict", name_of(found.verdict)}, {"reason", found.reason}});
        if (all_ || found.verdict != Verdict::passed)
          rows.push_back({std::string(name_of(found.verdict)), test, one_line(found.reason)});
      }
    if (rows.size() > 1) console.table(rows);
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
