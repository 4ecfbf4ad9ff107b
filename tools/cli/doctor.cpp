// doctor: what this machine offers, and why something that is missing cannot be used.

#include <omp.h>
#include <unistd.h>

#include <Eigen/Core>
#include <array>
#include <cmath>

#include "runtime/cuda_backend.h"
#include "tools/cli/commands.h"
#include "tools/cli/host.h"
#include "tools/cli/program_folder.h"
#include "tools/cli/version.h"

namespace palimpsest::tools {
namespace {

double physical_memory() {
  return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
}

std::string cuda_version_text(int version) {
  return text(version / 1000, '.', version % 1000 / 10);
}

/// True when the device computes relu as the CPU does.
bool device_agrees(std::span<const std::filesystem::path> folders) {
  const std::array<float, 4> input{-1.5F, 0.0F, 2.0F, -0.25F};
  const std::array<float, 4> expected{0.0F, 0.0F, 2.0F, 0.0F};
  const std::vector<float> output = runtime::cuda_self_test(folders, input);
  return std::equal(output.begin(), output.end(), expected.begin(), expected.end());
}

nlohmann::json cuda_json(const runtime::CudaStatus& status) {
  return {{"usable", status.usable},
          {"reason", status.reason},
          {"device", status.device},
          {"compute_capability", status.compute_capability},
          {"memory_bytes", status.memory_bytes},
          {"runtime_version", status.runtime_version},
          {"driver_version", status.driver_version},
          {"nvrtc_version", status.nvrtc_version},
          {"cudnn_version", status.cudnn_version}};
}

class Doctor final : public Command {
 public:
  std::string name() const override { return "doctor"; }
  std::string summary() const override {
    return "say what this machine offers and what is missing";
  }
  void add_options(CLI::App& /*app*/) override {}

  Outcome run(const Console& console) override {
    const std::array folders{program_folder()};
    runtime::CudaStatus cuda = runtime::cuda_status(folders);
    if (cuda.usable && !device_agrees(folders)) {
      cuda.usable = false;
      cuda.reason = "the device's self-test gives other results than the CPU";
    }
    console.table(
        {{"program", version_text()},
         {"cpu threads", text(omp_get_num_procs())},
         {"memory", readable_bytes(physical_memory())},
         {"oneDNN", text(onednn_version(), ", ", onednn_instructions())},
         {"Eigen", text(EIGEN_WORLD_VERSION, '.', EIGEN_MAJOR_VERSION, '.', EIGEN_MINOR_VERSION)},
         {"CUDA", cuda.usable
                      ? text(cuda.device, ", driver for CUDA ",
                             cuda_version_text(cuda.driver_version), ", cuDNN ", cuda.cudnn_version)
                      : text("not usable: ", cuda.reason)}});
    return {{{"version", version_number()},
             {"cpu_threads", omp_get_num_procs()},
             {"memory_bytes", physical_memory()},
             {"onednn", {{"version", onednn_version()}, {"isa", onednn_instructions()}}},
             {"cuda", cuda_json(cuda)}},
            ExitCode::ok};
  }
};

}  // namespace

std::unique_ptr<Command> doctor_command() { return std::make_unique<Doctor>(); }

}  // namespace palimpsest::tools
