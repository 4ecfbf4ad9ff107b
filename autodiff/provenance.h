#pragma once
// Which sweep of differentiation a node comes from. vjp and jvp write it behind the label of the
// node that they derive from, where every pass that keeps labels keeps it too:
// "conv1 (Conv)", "conv1 (Conv), cotangent", "conv1 (Conv), cotangent, tangent". A node that two
// sweeps would add is one node, and belongs to the first.

#include <string>
#include <string_view>

namespace palimpsest::autodiff {

struct Provenance {
  std::string_view source;  ///< the label of what was differentiated; a part of the text given
  int reverse = 0;          ///< order of the last reverse sweep: 2 for a derivative of cotangents
  int forward = 0;          ///< number of forward sweeps
};

/// Reads it off a label.
Provenance provenance(std::string_view label);

/// The labels of what a sweep adds for a node of that label; `order` is that of the sweep.
std::string cotangent_label(std::string_view label, int order);
std::string tangent_label(std::string_view label);

}  // namespace palimpsest::autodiff
