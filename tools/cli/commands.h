#pragma once
// The list of verbs, in the order of the help text.

#include <memory>
#include <vector>

#include "tools/cli/command.h"

namespace palimpsest::tools {

std::unique_ptr<Command> inspect_command();
std::unique_ptr<Command> run_command();
std::unique_ptr<Command> conform_command();
std::unique_ptr<Command> check_command();
std::unique_ptr<Command> simulate_command();
std::unique_ptr<Command> map_command();
std::unique_ptr<Command> labels_command();
std::unique_ptr<Command> closed_form_command();
std::unique_ptr<Command> invert_command();
std::unique_ptr<Command> eval_command();
std::unique_ptr<Command> audit_command();
std::unique_ptr<Command> report_command();
std::unique_ptr<Command> recipes_command();
std::unique_ptr<Command> bench_command();
std::unique_ptr<Command> doctor_command();

std::vector<std::unique_ptr<Command>> all_commands();

/// Parses the command line, runs one verb, prints its envelope or error, returns the exit code.
int run_command_line(int argc, const char* const* argv);

}  // namespace palimpsest::tools
