// map: which tensor of an update belongs to which parameter of a model.

#include "tools/cli/client_options.h"
#include "tools/cli/commands.h"
#include "tools/cli/model_options.h"
#include "tools/cli/update_options.h"

namespace palimpsest::tools {
namespace {

using nlohmann::json;

json rows_json(const inversion::MappedUpdate& mapped) {
  json rows = json::array();
  for (const inversion::MappingRow& row : mapped.rows)
    rows.push_back({{"parameter", row.parameter},
                    {"source", row.source},
                    {"rule", inversion::name_of(row.rule)},
                    {"layout", inversion::name_of(row.layout)}});
  return rows;
}

std::string_view kind_word(inversion::SentKind kind) {
  if (kind == inversion::SentKind::gradient) return "gradient";
  return kind == inversion::SentKind::delta ? "delta" : "weights";
}

class Map final : public Command {
 public:
  std::string name() const override { return "map"; }
  std::string summary() const override {
    return "show which tensor of an update is which parameter";
  }
  void add_options(CLI::App& app) override {
    model_.add_to(app);
    update_.add_to(app);
    client_.add_to(app);
  }

  Outcome run(const Console& console) override {
    const Model model = model_.load();
    const UpdateFile file = update_.read(console);
    const inversion::MappedUpdate mapped = update_.mapped(model, file, console);
    client_.complete(file.metadata);
    const inversion::LossSpec loss = client_.problem(model).loss;
    const std::vector<std::string> lints = inversion::lint(model, mapped.observed, loss);

    console.line(text(update_.path, ": ", file.format, ", ", kind_word(mapped.kind), ", ",
                      file.tensors.size(), " tensors"));
    console.text(inversion::mapping_table(mapped));
    for (const std::string& parameter : mapped.missing)
      console.line(text("missing: ", parameter, " takes no part in the matching"));
    for (const std::string& ignored : mapped.ignored) console.line(text("ignored: ", ignored));
    for (const std::string& lint : lints) console.warning(lint);
    return {{{"format", file.format},
             {"kind", kind_word(mapped.kind)},
             {"rows", rows_json(mapped)},
             {"missing", mapped.missing},
             {"ignored", mapped.ignored},
             {"warnings", mapped.warnings},
             {"lints", lints}},
            ExitCode::ok};
  }

 private:
  ModelOptions model_;
  UpdateOptions update_;
  ClientOptions client_;
};

}  // namespace

std::unique_ptr<Command> map_command() { return std::make_unique<Map>(); }

}  // namespace palimpsest::tools
