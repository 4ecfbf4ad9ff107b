#pragma once
// What label rules and losses need to know of a classifier: where its logits are and which
// layer makes them.

#include "onnx_import/session.h"

namespace palimpsest::onnx_import {

/// Sets model.logits, output_kind and the head from the first output of the model's graph, whose
/// nodes are lowered. Steps behind a final Softmax or LogSoftmax and over nodes that only
/// rename or reshape. No head is no error.
void find_classifier(Session& session, Body& body, const wire::Graph& graph);

}  // namespace palimpsest::onnx_import
