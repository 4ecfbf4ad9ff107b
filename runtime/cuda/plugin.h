#pragma once
// The C interface of the CUDA plug-in (libpalimpsest_cuda.so). The plug-in is opened on
// demand, so a machine without a driver or cuDNN runs the same binary. Every struct begins
// with its size, so that an older plug-in can be told from a newer one.

#include <cstddef>
#include <cstdint>

extern "C" {

/// What the plug-in was built with, what the driver offers, and the first device.
struct PalimpsestCudaReport {
  std::uint32_t struct_size;
  std::int32_t runtime_version;  ///< CUDA runtime, 1000 * major + 10 * minor
  std::int32_t driver_version;   ///< newest CUDA version that the driver supports, 0: no driver
  std::int32_t nvrtc_version;    ///< 10 * major + minor
  std::int64_t cudnn_version;    ///< as cudnnGetVersion
  std::int32_t devices;
  std::int32_t compute_capability;  ///< of device 0, 10 * major + minor
  std::uint64_t memory_bytes;       ///< of device 0
  char device_name[256];            ///< of device 0
};

/// Fills the report. Returns 0, or a CUDA error code with its text in `message` (always
/// terminated). A machine without a driver or device gives code and text, not a crash.
using PalimpsestCudaReportFunction = int (*)(PalimpsestCudaReport* report, char* message,
                                             std::size_t message_size);
int palimpsest_cuda_report(PalimpsestCudaReport* report, char* message, std::size_t message_size);

/// Runs relu on the device with the functor that the CPU uses, from host memory to host
/// memory: a self-test of compilation, launch and copies. Returns as above.
using PalimpsestCudaSelfTestFunction = int (*)(const float* input, float* output, std::size_t count,
                                               char* message, std::size_t message_size);
int palimpsest_cuda_self_test(const float* input, float* output, std::size_t count, char* message,
                              std::size_t message_size);
}
