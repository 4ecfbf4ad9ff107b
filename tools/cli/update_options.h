#pragma once
// The options that say which update to read and what it is, and the way from its file to one
// observed tensor per parameter.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <optional>
#include <string>
#include <vector>

#include "inversion/mapping.h"
#include "tools/cli/console.h"
#include "tools/io/update_reader.h"

namespace palimpsest::tools {

struct UpdateOptions {
  std::string path, before;
  std::optional<std::string> kind, sign;
  std::optional<double> scale;
  std::vector<std::string> map;  ///< parameter=tensor

  void add_to(CLI::App& app);
  /// Reads the file (and that of --before) and says its warnings.
  UpdateFile read(const Console& console) const;
  /// Brings the tensors to the model's parameters; says warnings. Throws InputError.
  inversion::MappedUpdate mapped(const Model& model, const UpdateFile& file,
                                 const Console& console) const;
};

}  // namespace palimpsest::tools
