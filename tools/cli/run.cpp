// run: the forward pass of a model, compared with expected outputs when there are any.

#include <algorithm>

#include "tools/cli/commands.h"
#include "tools/cli/conformance.h"
#include "tools/cli/forward.h"
#include "tools/cli/model_options.h"
#include "tools/cli/words.h"
#include "tools/io/npz.h"
#include "tools/io/update_reader.h"

namespace palimpsest::tools {
namespace {

using nlohmann::json;

std::string head_of(const Literal& tensor) {
  constexpr std::size_t shown = 8;
  const std::vector<double> values = tensor.doubles();
  std::string words;
  for (std::size_t i = 0; i < std::min(values.size(), shown); ++i)
    words += text(i ? ", " : "", readable_number(values[i], 6));
  return words + (values.size() > shown ? ", ..." : "");
}

class Run final : public Command {
 public:
  std::string name() const override { return "run"; }
  std::string summary() const override { return "run a model forward and compare its outputs"; }

  void add_options(CLI::App& app) override {
    model_.add_to(app);
    app.add_option("--input", inputs_, "name=file.npy, or a file of named tensors (repeatable)");
    app.add_option("--data", data_, "an ONNX test_data_set folder: inputs and expected outputs");
    app.add_option("--expect", expect_, "file of expected outputs by name");
    app.add_option("--out", out_, "npz to write the outputs to");
    app.add_option("--rtol", tolerance_.relative, "relative tolerance")->capture_default_str();
    app.add_option("--atol", tolerance_.absolute, "absolute tolerance")->capture_default_str();
  }

  Outcome run(const Console& console) override {
    TestDataSet data = data_.empty() ? TestDataSet{} : read_test_data_set(data_);
    for (const std::string& input : inputs_) add_input(input, data.inputs);
    if (!expect_.empty()) data.outputs = read_update(expect_).tensors;
    const ForwardResult result =
        forward(model_.path, model_.import_options(), data.inputs, std::max(model_.threads, 1));

    Outcome outcome;
    outcome.data["outputs"] = json::array();
    std::vector<NamedTensor> named;
    for (std::size_t i = 0; i < result.outputs.size(); ++i) {
      named.emplace_back(result.names[i], result.outputs[i]);
      console.line(
          text(result.names[i], " ", result.outputs[i].type(), ": ", head_of(result.outputs[i])));
      outcome.data["outputs"].push_back(
          {{"name", result.names[i]}, {"type", text(result.outputs[i].type())}});
    }
    if (!out_.empty()) write_atomically(out_, npz_bytes(named));
    compare(console, result, data.outputs, outcome);
    return outcome;
  }

 private:
  static void add_input(const std::string& words, std::vector<NamedTensor>& inputs) {
    if (words.find('=') == std::string::npos) {
      for (NamedTensor& tensor : read_update(words).tensors) inputs.push_back(std::move(tensor));
      return;
    }
    const auto [name, file] = parse_pair(words);
    inputs.emplace_back(name, read_tensor(file));
  }

  /// By name; by position when the file gives none.
  static std::size_t output_of(const std::string& name, std::size_t position,
                               const ForwardResult& result) {
    const auto found = std::find(result.names.begin(), result.names.end(), name);
    if (!name.empty() && found != result.names.end())
      return static_cast<std::size_t>(found - result.names.begin());
    if (name.empty() && position < result.names.size()) return position;
    throw InputError(text("expected output '", name, "': the model has no such output"));
  }

  void compare(const Console& console, const ForwardResult& result,
               const std::vector<NamedTensor>& expected, Outcome& outcome) const {
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const std::size_t output = output_of(expected[i].first, i, result);
      const auto wrong = difference(result.outputs[output], expected[i].second, tolerance_);
      console.line(text(result.names[output], ": ", wrong ? *wrong : "as expected"));
      if (wrong) outcome.exit_code = ExitCode::verdict_failed;
    }
    if (!expected.empty()) outcome.data["as_expected"] = outcome.exit_code == ExitCode::ok;
  }

  ModelOptions model_;
  std::vector<std::string> inputs_;
  std::string data_, expect_, out_;
  Tolerance tolerance_;
};

}  // namespace

std::unique_ptr<Command> run_command() { return std::make_unique<Run>(); }

}  // namespace palimpsest::tools
