#pragma once
// The inputs of a model's graph: which are data, and of what type they are in this import.

#include "onnx_import/session.h"

namespace palimpsest::onnx_import {

/// Binds every input that is no initializer to a new input of the graph, or to the constant that
/// the options fix it to; fills model.data. Throws ImportError for a shape that the file leaves
/// open and the options do not give, InputError for options that contradict the file.
std::vector<Value> define_inputs(Session& session, Body& body, const wire::Graph& graph);

}  // namespace palimpsest::onnx_import
