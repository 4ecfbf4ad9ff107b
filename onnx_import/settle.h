#pragma once
// The last step of an import: the graph as it was lowered becomes the function of the model.

#include "onnx_import/parameters.h"

namespace palimpsest::onnx_import {

/// Replaces model.function, whose outputs are values of the draft, by a function that holds only
/// what outputs and sites need: data inputs first, then one input for each parameter that a
/// derivative can reach from an output, sorted by `rank`. The other parameters become constants.
/// All values of the model move to the new graph.
void settle(Model& model, const std::vector<Value>& data, const Parameters& parameters,
            const std::map<std::string, std::size_t>& rank);

}  // namespace palimpsest::onnx_import
