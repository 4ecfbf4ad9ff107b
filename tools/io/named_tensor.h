#pragma once
// A tensor of an update file and the name that the file gives it, if any.

#include <optional>
#include <string>
#include <vector>

#include "graph/literal.h"

namespace palimpsest::tools {

struct NamedTensor {
  std::optional<std::string> name;  ///< absent in positional containers (arr_0, 0.npy)
  Literal value;
};

/// The tensors of a container in its meaningful order, and what was left out of it.
struct TensorList {
  std::vector<NamedTensor> tensors;
  std::vector<std::string> warnings;
};

}  // namespace palimpsest::tools
