#pragma once
// A look at the nodes before anything is built: which of them matter, and whether all of them
// can be lowered.

#include "onnx_import/session.h"

namespace palimpsest::onnx_import {

/// The nodes that the outputs need, in file order.
struct Live {
  std::vector<const wire::Node*> nodes;
  std::map<std::string, std::int64_t> uses;  ///< by name: uses by these nodes and as output
};
Live live_nodes(const google::protobuf::RepeatedPtrField<wire::Node>& nodes,
                const std::vector<std::string>& outputs);

/// Throws one UnsupportedError that names every operator without a lowering, in these nodes and
/// the functions they call: how often, the first node, the reason. Bodies of If are left out:
/// only the branch that is taken matters. `counts` receives the operators by name.
void survey(const Session& session, const Opsets& opsets,
            const std::vector<const wire::Node*>& nodes,
            std::map<std::string, std::int64_t>& counts);

}  // namespace palimpsest::onnx_import
