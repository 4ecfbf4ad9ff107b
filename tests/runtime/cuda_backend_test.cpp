#include "runtime/cuda_backend.h"

#include <doctest/doctest.h>

#include <array>

#include "graph/error.h"
#include "tests/support/skip.h"

namespace palimpsest::testing {
namespace {

const std::array<std::filesystem::path, 1> plugin_folder{
    std::filesystem::path(PALIMPSEST_BINARY_DIR) / "tools"};

}  // namespace

TEST_CASE("a machine without the CUDA plug-in is told so") {
  const std::array<std::filesystem::path, 1> nowhere{"/nonexistent"};
  const runtime::CudaStatus status = runtime::cuda_status(nowhere);
  CHECK_FALSE(status.usable);
  CHECK(status.reason.find("libpalimpsest_cuda.so is not installed") != std::string::npos);
  CHECK_THROWS_AS(runtime::cuda_self_test(nowhere, std::array{1.0F}), DeviceError);
}

TEST_CASE("the CUDA device computes relu as the CPU does") {
  const runtime::CudaStatus status = runtime::cuda_status(plugin_folder);
  if (!status.usable) {
    skip("CUDA: " + status.reason);
    return;
  }
  const std::array input{-1.5F, 0.0F, 2.0F, -0.25F};
  CHECK(runtime::cuda_self_test(plugin_folder, input) == std::vector<float>{0, 0, 2, 0});
}

}  // namespace palimpsest::testing
