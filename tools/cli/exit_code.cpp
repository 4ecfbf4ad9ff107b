#include "tools/cli/exit_code.h"

#include <filesystem>
#include <new>

namespace palimpsest::tools {
namespace {

template <class E>
bool matches(const std::exception& error) {
  return dynamic_cast<const E*>(&error) != nullptr;
}

}  // namespace

Failure failure_of(const std::exception& error) {
  const auto as = [&](ExitCode exit_code, std::string code) {
    return Failure{exit_code, std::move(code), error.what()};
  };
  if (matches<UsageError>(error)) return as(ExitCode::usage, "UsageError");
  if (matches<InputError>(error)) return as(ExitCode::bad_input, "InputError");
  if (matches<ImportError>(error)) return as(ExitCode::bad_input, "ImportError");
  if (matches<ShapeError>(error)) return as(ExitCode::bad_input, "ShapeError");
  if (matches<UnsupportedError>(error)) return as(ExitCode::unsupported, "UnsupportedError");
  if (matches<DeviceError>(error)) return as(ExitCode::unsupported, "DeviceError");
  if (matches<IoError>(error) || matches<std::filesystem::filesystem_error>(error))
    return as(ExitCode::io, "IoError");
  if (matches<NumericError>(error)) return as(ExitCode::numeric, "NumericError");
  if (matches<ResourceError>(error)) return as(ExitCode::resources, "ResourceError");
  if (matches<std::bad_alloc>(error))
    return Failure{ExitCode::resources, "ResourceError", "out of memory"};
  return as(ExitCode::internal, "InternalError");
}

}  // namespace palimpsest::tools
