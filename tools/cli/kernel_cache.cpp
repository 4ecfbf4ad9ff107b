#include "tools/cli/kernel_cache.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "graph/error.h"
#include "tools/cli/digest.h"
#include "tools/cli/host.h"
#include "tools/cli/version.h"
#include "tools/io/kernel_choices_file.h"

namespace palimpsest::tools {
namespace {

namespace fs = std::filesystem;
using runtime::KernelChoices;

std::optional<fs::path> absolute_path_in(const char* variable) {
  const char* value = std::getenv(variable);
  if (!value || !fs::path(value).is_absolute()) return std::nullopt;
  return fs::path(value);
}

StoredChoices read_choices(const fs::path& file) {
  return parse_kernel_choices(characters(read_file(file, max_choices_bytes)), file.string());
}

/// Of the machine's file; empty when there is none or, as `complaint` then says, none of use.
StoredChoices known_choices(const fs::path& file, std::string& complaint) {
  std::error_code ignored;
  if (fs::exists(file, ignored)) {
    try {
      StoredChoices stored = read_choices(file);
      if (stored.machine == measured_machine()) return stored;
      complaint = text(file.string(), " is of another machine: ", stored.machine);
    } catch (const Error& error) {
      complaint = error.what();
    }
  }
  return {measured_machine(), {}};
}

}  // namespace

std::optional<fs::path> cache_folder() {
  if (const auto folder = absolute_path_in("XDG_CACHE_HOME")) return *folder / "palimpsest";
  if (const auto home = absolute_path_in("HOME")) return *home / ".cache" / "palimpsest";
  return std::nullopt;
}

std::string measured_machine() {
  return text(cpu_name(), ", ", onednn_instructions(), ", oneDNN ", onednn_version(), ", ",
              version_text());
}

KernelCache::KernelCache(const Console& console) : console_(console) {
  const std::optional<fs::path> folder = cache_folder();
  if (!folder) return;
  file_ = *folder / text("kernels-", sha256(byte_view(measured_machine())).substr(0, 16), ".json");
  std::string complaint;
  for (const auto& [key, algorithm] : known_choices(*file_, complaint).algorithms)
    choices_.record(key, algorithm);
  if (!complaint.empty()) console_.warning(text("kernels are measured anew: ", complaint));
}

void KernelCache::resume(const fs::path& file) {
  try {
    for (const auto& [key, algorithm] : read_choices(file).algorithms) {
      choices_.record(key, algorithm);
      choices_.use(key);  // by the run, with other threads if not now: it keeps them all
    }
  } catch (const Error& error) {
    console_.warning(text("kernels are chosen anew, so that the resumed run may round otherwise: ",
                          error.what()));
  }
}

void KernelCache::save() const {
  std::map<std::string, std::string> measured;
  for (const auto& [key, choice] : choices_.all())
    if (choice.source == KernelChoices::Source::measured) measured.emplace(key, choice.algorithm);
  if (measured.empty()) return;
  console_.note(text(measured.size(), " choices of kernels were measured"));
  if (!file_) {
    console_.warning(
        "kernels: neither XDG_CACHE_HOME nor HOME holds an absolute path to keep them");
    return;
  }
  try {
    fs::create_directories(file_->parent_path());
    // Another run may have added its own meanwhile. A damaged file is replaced.
    std::string told_before;
    StoredChoices all = known_choices(*file_, told_before);
    for (auto& [key, algorithm] : measured) all.algorithms.insert_or_assign(key, algorithm);
    write_atomically(*file_, kernel_choices_json(all));
  } catch (const Error& error) {
    console_.warning(text("kernels: the choices are not kept: ", error.what()));
  } catch (const fs::filesystem_error& error) {
    console_.warning(text("kernels: the choices are not kept: ", error.what()));
  }
}

std::string KernelCache::used_json() const {
  StoredChoices used{measured_machine(), {}};
  for (const auto& [key, choice] : choices_.all())
    if (choice.used) used.algorithms.emplace(key, choice.algorithm);
  return kernel_choices_json(used);
}

nlohmann::json KernelCache::summary() const {
  std::map<std::string, std::string> algorithms;
  std::size_t measured = 0;
  for (const auto& [key, choice] : choices_.all()) {
    if (!choice.used) continue;
    algorithms.emplace(key, choice.algorithm);
    measured += choice.source == KernelChoices::Source::measured ? 1 : 0;
  }
  return {{"cache", file_ ? nlohmann::json(file_->string()) : nlohmann::json()},
          {"recorded", algorithms.size() - measured},
          {"measured", measured},
          {"algorithms", algorithms}};
}

}  // namespace palimpsest::tools
