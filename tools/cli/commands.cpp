#include "tools/cli/commands.h"

#include <iostream>

#include "tools/cli/version.h"

namespace palimpsest::tools {
namespace {

using nlohmann::json;

constexpr int schema_version = 1;

void print_envelope(const json& envelope) {
  std::cout << envelope.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
}

int report_success(const Console& console, const std::string& verb, const Outcome& outcome) {
  const int code = static_cast<int>(outcome.exit_code);
  if (console.format() == Format::json)
    print_envelope({{"schema_version", schema_version},
                    {"command", verb},
                    {"status", outcome.exit_code == ExitCode::ok ? "ok" : "failed"},
                    {"exit_code", code},
                    {"data", outcome.data}});
  return code;
}

int report_failure(const Console& console, const std::string& verb, const Failure& failure) {
  const int code = static_cast<int>(failure.exit_code);
  if (console.format() == Format::json)
    print_envelope({{"schema_version", schema_version},
                    {"command", verb},
                    {"status", "error"},
                    {"exit_code", code},
                    {"error", {{"code", failure.code}, {"message", failure.message}}}});
  else
    console.error(failure.message);
  return code;
}

int run_guarded(Command& command, const Console& console) {
  try {
    return report_success(console, command.name(), command.run(console));
  } catch (const std::exception& error) {
    return report_failure(console, command.name(), failure_of(error));
  }
}

}  // namespace

std::vector<std::unique_ptr<Command>> all_commands() {
  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(inspect_command());
  commands.push_back(run_command());
  commands.push_back(conform_command());
  commands.push_back(check_command());
  commands.push_back(simulate_command());
  commands.push_back(map_command());
  commands.push_back(labels_command());
  commands.push_back(invert_command());
  commands.push_back(eval_command());
  commands.push_back(recipes_command());
  commands.push_back(doctor_command());
  return commands;
}

int run_command_line(int argc, const char* const* argv) {
  CLI::App app{
      "Measures what a shared gradient gives away.\n"
      "Audit only updates that you are authorised to hold."};
  app.name("palimpsest");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.fallthrough();
  bool as_json = false;
  app.add_flag("--json", as_json, "print one JSON envelope on standard output");

  const auto commands = all_commands();
  std::vector<CLI::App*> verbs;
  for (const auto& command : commands) {
    verbs.push_back(app.add_subcommand(command->name(), command->summary()));
    command->add_options(*verbs.back());
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help, --version
    return app.exit(request);
  } catch (const CLI::ParseError& error) {
    return report_failure(Console(as_json ? Format::json : Format::text), "",
                          Failure{ExitCode::usage, "UsageError", error.what()});
  }
  const Console console(as_json ? Format::json : Format::text);
  for (std::size_t i = 0; i < commands.size(); ++i)
    if (verbs[i]->parsed()) return run_guarded(*commands[i], console);
  return static_cast<int>(ExitCode::usage);
}

}  // namespace palimpsest::tools
