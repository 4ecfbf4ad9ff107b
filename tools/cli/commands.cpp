#include "tools/cli/commands.h"

#include <algorithm>
#include <iostream>

#include "tools/cli/version.h"
#include "tools/io/escape.h"
#include "tools/io/suggestion.h"

namespace palimpsest::tools {
namespace {

using nlohmann::json;

constexpr int schema_version = 1;

void print_envelope(const json& envelope) {
  std::cout << envelope.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
}

std::string_view status_word(ExitCode code) {
  if (code == ExitCode::ok) return "ok";
  const bool stopped = code == ExitCode::interrupted || code == ExitCode::terminated;
  return stopped ? "interrupted" : "failed";
}

int report_success(const Console& console, const std::string& verb, const Outcome& outcome) {
  const int code = static_cast<int>(outcome.exit_code);
  if (console.format() == Format::json)
    print_envelope({{"schema_version", schema_version},
                    {"command", verb},
                    {"status", status_word(outcome.exit_code)},
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
  console.error(failure.message);
  return code;
}

int run_guarded(Command& command, const Console& console) {
  try {
    const Outcome outcome = command.run(console);
    const int code = report_success(console, command.name(), outcome);
    if (std::cout.flush()) return code;
    console.error("standard output cannot be written");
    return static_cast<int>(ExitCode::io);
  } catch (const std::exception& error) {
    return report_failure(console, command.name(), failure_of(error));
  }
}

/// --json must hold for errors of the command line too, when no option has its value yet.
Format format_of(int argc, const char* const* argv) {
  const auto* const end = argv + argc;
  const bool as_json =
      std::any_of(argv, end, [](std::string_view word) { return word == "--json"; });
  return as_json ? Format::json : Format::text;
}

Failure no_verb(int argc, const char* const* argv,
                const std::vector<std::unique_ptr<Command>>& commands) {
  std::vector<std::string> names;
  for (const auto& command : commands) names.push_back(command->name());
  const auto* const end = argv + argc;
  const auto* const word = std::find_if(std::min(argv + 1, end), end,
                                        [](const char* candidate) { return *candidate != '-'; });
  const std::string message =
      word == end ? "a command is required; palimpsest --help lists them"
                  : text("there is no command ", quoted_name(*word), did_you_mean(*word, names));
  return {ExitCode::usage, "UsageError", message};
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
  commands.push_back(closed_form_command());
  commands.push_back(invert_command());
  commands.push_back(eval_command());
  commands.push_back(audit_command());
  commands.push_back(report_command());
  commands.push_back(recipes_command());
  commands.push_back(bench_command());
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
  app.add_flag("--json")->description("print one JSON envelope on standard output");
  const Console console(format_of(argc, argv));

  const auto commands = all_commands();
  std::vector<CLI::App*> verbs;
  for (const auto& command : commands) {
    verbs.push_back(app.add_subcommand(command->name(), command->summary()));
    command->add_options(*verbs.back());
  }
  const auto chosen = [&] {  // index of the verb, or their count
    const auto verb =
        std::find_if(verbs.begin(), verbs.end(), [](const CLI::App* app) { return app->parsed(); });
    return static_cast<std::size_t>(verb - verbs.begin());
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help, --version
    return app.exit(request);
  } catch (const CLI::ParseError& error) {
    if (chosen() == commands.size())
      return report_failure(console, "", no_verb(argc, argv, commands));
    const std::string verb = chosen() < commands.size() ? commands[chosen()]->name() : "";
    return report_failure(console, verb, Failure{ExitCode::usage, "UsageError", error.what()});
  }
  return run_guarded(*commands[chosen()], console);
}

}  // namespace palimpsest::tools
