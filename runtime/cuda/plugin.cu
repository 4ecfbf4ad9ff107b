#include "runtime/cuda/plugin.h"

#include <cuda_runtime.h>
#include <cudnn.h>
#include <nvrtc.h>

#include <cstdio>
#include <cstring>

#include "ops/pointwise/unary.h"

namespace {

int report_error(cudaError_t code, char* message, std::size_t size) {
  if (size > 0) std::snprintf(message, size, "%s", code ? cudaGetErrorString(code) : "");
  return static_cast<int>(code);
}

/// Device memory that is freed when it goes out of scope.
class DeviceFloats {
 public:
  explicit DeviceFloats(std::size_t count) { code_ = cudaMalloc(&data_, count * sizeof(float)); }
  ~DeviceFloats() { cudaFree(data_); }
  DeviceFloats(const DeviceFloats&) = delete;
  DeviceFloats& operator=(const DeviceFloats&) = delete;
  cudaError_t code() const { return code_; }
  float* data() const { return static_cast<float*>(data_); }

 private:
  void* data_ = nullptr;
  cudaError_t code_ = cudaSuccess;
};

/// One thread an element; x and y have `count` elements.
__global__ void relu_kernel(const float* x, float* y, std::size_t count) {
  const std::size_t i = blockIdx.x * std::size_t{blockDim.x} + threadIdx.x;
  if (i < count) y[i] = palimpsest::Relu::apply(x[i]);
}

cudaError_t run_relu(const float* input, float* output, std::size_t count) {
  const std::size_t bytes = count * sizeof(float);
  const DeviceFloats x(count), y(count);
  if (x.code() != cudaSuccess) return x.code();
  if (y.code() != cudaSuccess) return y.code();
  cudaError_t code = cudaMemcpy(x.data(), input, bytes, cudaMemcpyHostToDevice);
  if (code != cudaSuccess) return code;
  constexpr unsigned block = 256;
  relu_kernel<<<static_cast<unsigned>((count + block - 1) / block), block>>>(x.data(), y.data(),
                                                                             count);
  code = cudaGetLastError();
  if (code != cudaSuccess) return code;
  return cudaMemcpy(output, y.data(), bytes, cudaMemcpyDeviceToHost);
}

cudaError_t describe_device(PalimpsestCudaReport& report) {
  cudaDeviceProp properties;
  const cudaError_t code = cudaGetDeviceProperties(&properties, 0);
  if (code != cudaSuccess) return code;
  report.compute_capability = 10 * properties.major + properties.minor;
  report.memory_bytes = properties.totalGlobalMem;
  std::snprintf(report.device_name, sizeof report.device_name, "%s", properties.name);
  return cudaSuccess;
}

}  // namespace

int palimpsest_cuda_report(PalimpsestCudaReport* report, char* message, std::size_t message_size) {
  if (!report || report->struct_size != sizeof(PalimpsestCudaReport))
    return report_error(cudaErrorInvalidValue, message, message_size);
  std::memset(report, 0, sizeof *report);
  report->struct_size = sizeof *report;
  cudaRuntimeGetVersion(&report->runtime_version);
  cudaDriverGetVersion(&report->driver_version);
  report->cudnn_version = static_cast<std::int64_t>(cudnnGetVersion());
  int major = 0, minor = 0;
  nvrtcVersion(&major, &minor);
  report->nvrtc_version = 10 * major + minor;
  cudaError_t code = cudaGetDeviceCount(&report->devices);
  if (code == cudaSuccess && report->devices > 0) code = describe_device(*report);
  return report_error(code, message, message_size);
}

int palimpsest_cuda_self_test(const float* input, float* output, std::size_t count, char* message,
                              std::size_t message_size) {
  if (!input || !output || count == 0)
    return report_error(cudaErrorInvalidValue, message, message_size);
  return report_error(run_relu(input, output, count), message, message_size);
}
