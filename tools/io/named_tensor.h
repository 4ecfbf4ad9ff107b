#pragma once
// What every reader of tensor files yields.

#include <string>
#include <utility>
#include <vector>

#include "graph/literal.h"

namespace palimpsest::tools {

/// A tensor and the name that its file gives it; empty in positional containers (arr_0, 0.npy).
/// The same type as inversion's and the importer's.
using NamedTensor = std::pair<std::string, Literal>;

/// The tensors of a container in its meaningful order, and what was left out of it.
struct TensorList {
  std::vector<NamedTensor> tensors;
  std::vector<std::string> warnings;
};

}  // namespace palimpsest::tools
