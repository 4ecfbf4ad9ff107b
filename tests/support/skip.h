#pragma once
// How a test says that it cannot run on this machine. scripts/test.sh counts these lines.

#include <iostream>
#include <string>

namespace palimpsest::testing {

/// Prints "SKIPPED: <reason>" on a line of its own; the test returns after it.
inline void skip(const std::string& reason) { std::cout << "\nSKIPPED: " << reason << std::endl; }

}  // namespace palimpsest::testing
