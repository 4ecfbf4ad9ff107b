#pragma once
// Opens the CUDA plug-in, when there is one, and asks what it finds. Never throws for a
// machine without CUDA: it says why CUDA cannot be used.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace palimpsest::runtime {

struct CudaStatus {
  bool usable = false;
  std::string reason;  ///< why not usable; empty when usable
  std::string device;
  int compute_capability = 0;  ///< 10 * major + minor
  std::uint64_t memory_bytes = 0;
  int runtime_version = 0, driver_version = 0, nvrtc_version = 0;
  std::int64_t cudnn_version = 0;
};

/// Looks for libpalimpsest_cuda.so in the given folders, in order.
CudaStatus cuda_status(std::span<const std::filesystem::path> folders);

/// relu of the input on device 0 through the plug-in's self-test. Throws DeviceError.
std::vector<float> cuda_self_test(std::span<const std::filesystem::path> folders,
                                  std::span<const float> input);

}  // namespace palimpsest::runtime
