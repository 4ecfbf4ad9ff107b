#include "tools/cli/commands.h"

int main(int argc, char** argv) { return palimpsest::tools::run_command_line(argc, argv); }
