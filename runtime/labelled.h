#pragma once
// Context for errors on their way up: where in the model the failing node comes from.

#include <string>

#include "graph/error.h"

namespace palimpsest::runtime {

/// f(); an error of type E is thrown on with the label in front of its text.
template <class E, class F>
auto labelled(const std::string& label, const F& f) {
  try {
    return f();
  } catch (const E& error) {
    if (label.empty()) throw;
    throw E(text(label, ": ", error.what()));
  }
}

}  // namespace palimpsest::runtime
