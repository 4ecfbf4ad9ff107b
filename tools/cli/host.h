#pragma once
// What is known of the machine and of this process.

#include <string>

namespace palimpsest::tools {

/// The processor's name as the system gives it; "unknown" when it does not.
std::string cpu_name();
/// oneDNN as it is loaded, "2.6.3", and the instructions that it uses here, "AVX-512 BF16".
std::string onednn_version();
std::string onednn_instructions();
/// The most memory this process has had in use so far.
double peak_resident_bytes();
/// Processor time of all threads of this process so far.
double process_cpu_seconds();

}  // namespace palimpsest::tools
