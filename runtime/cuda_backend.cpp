#include "runtime/cuda_backend.h"

#include <dlfcn.h>

#include <array>
#include <memory>

#include "graph/error.h"
#include "runtime/cuda/plugin.h"

namespace palimpsest::runtime {
namespace {

constexpr const char* plugin_name = "libpalimpsest_cuda.so";

struct Closer {
  void operator()(void* library) const { dlclose(library); }
};
using Library = std::unique_ptr<void, Closer>;

struct Opened {
  Library library;
  std::string reason;  ///< why there is no library
};

Opened open_plugin(std::span<const std::filesystem::path> folders) {
  for (const auto& folder : folders) {
    const auto file = folder / plugin_name;
    if (!std::filesystem::exists(file)) continue;
    if (void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) return {Library(library), {}};
    return {nullptr, dlerror()};
  }
  return {nullptr, text(plugin_name, " is not installed beside this program")};
}

template <class Function>
Function find(const Library& library, const char* symbol) {
  void* address = dlsym(library.get(), symbol);
  if (!address) throw DeviceError(text(plugin_name, ": has no function ", symbol));
  return reinterpret_cast<Function>(address);
}

void fill(CudaStatus& status, const PalimpsestCudaReport& report) {
  status.device = report.device_name;
  status.compute_capability = report.compute_capability;
  status.memory_bytes = report.memory_bytes;
  status.runtime_version = report.runtime_version;
  status.driver_version = report.driver_version;
  status.nvrtc_version = report.nvrtc_version;
  status.cudnn_version = report.cudnn_version;
}

}  // namespace

CudaStatus cuda_status(std::span<const std::filesystem::path> folders) {
  CudaStatus status;
  const Opened plugin = open_plugin(folders);
  if (!plugin.library) {
    status.reason = plugin.reason;
    return status;
  }
  const auto report_function =
      find<PalimpsestCudaReportFunction>(plugin.library, "palimpsest_cuda_report");
  PalimpsestCudaReport report{};
  report.struct_size = sizeof report;
  std::array<char, 512> message{};
  const int code = report_function(&report, message.data(), message.size());
  fill(status, report);
  if (code != 0)
    status.reason = message.data();
  else if (report.devices == 0)
    status.reason = "the driver reports no device";
  status.usable = status.reason.empty();
  return status;
}

std::vector<float> cuda_self_test(std::span<const std::filesystem::path> folders,
                                  std::span<const float> input) {
  const Opened plugin = open_plugin(folders);
  if (!plugin.library) throw DeviceError(plugin.reason);
  const auto self_test =
      find<PalimpsestCudaSelfTestFunction>(plugin.library, "palimpsest_cuda_self_test");
  std::vector<float> output(input.size());
  std::array<char, 512> message{};
  if (self_test(input.data(), output.data(), input.size(), message.data(), message.size()) != 0)
    throw DeviceError(text(plugin_name, ": ", message.data()));
  return output;
}

}  // namespace palimpsest::runtime
