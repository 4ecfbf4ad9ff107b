#include "tools/cli/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "graph/error.h"
#include "tools/io/files.h"

namespace palimpsest::tools {
namespace {

namespace fs = std::filesystem;

constexpr const char* lock_name = ".lock";

bool holds_results(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename() != lock_name) return true;
  return false;
}

/// What a former run left, by the names that runs use. Nothing else is touched.
void remove_results(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const char* name :
       {"config.toml", "kernels.json", "result.json", "progress.jsonl", "metrics.csv", "recon.npz",
        "truth.npz", "grid.png", "checkpoint/a.safetensors", "checkpoint/b.safetensors"})
    files.push_back(folder / name);
  if (fs::is_directory(folder / "recon"))
    for (const auto& entry : fs::directory_iterator(folder / "recon"))
      if (entry.path().filename().string().starts_with("recon_")) files.push_back(entry.path());
  for (const fs::path& file : files) fs::remove(file);
}

void make_folder(const fs::path& folder) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) throw IoError(text(folder.string(), ": cannot be made: ", code.message()));
}

int lock_folder(const fs::path& folder) {
  const fs::path file = folder / lock_name;
  const int lock = open(file.c_str(), O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (lock < 0) throw IoError(text(file.string(), ": ", std::strerror(errno)));
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    close(lock);
    throw IoError(text(folder.string(), ": another run is using this folder"));
  }
  return lock;
}

}  // namespace

RunFolder::RunFolder(fs::path path, Existing existing) : path_(std::move(path)) {
  if (existing == Existing::resume && !fs::is_directory(path_))
    throw IoError(text(path_.string(), ": there is no run to resume"));
  make_folder(path_);
  lock_ = lock_folder(path_);
  if (existing == Existing::refuse && holds_results(path_)) {
    close(lock_);
    throw IoError(
        text(path_.string(), ": is not empty; give another --out, or --overwrite, or --resume"));
  }
  if (existing == Existing::overwrite) remove_results(path_);
}

RunFolder::~RunFolder() { close(lock_); }

fs::path RunFolder::file(const std::string& folder, const std::string& name) const {
  make_folder(path_ / folder);
  return path_ / folder / name;
}

void RunFolder::write(const std::string& name, const std::string& content) const {
  write_atomically(file(name), content);
}

void RunFolder::write(const std::string& name, const nlohmann::json& content) const {
  write(name, content.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).append("\n"));
}

void RunFolder::append(const std::string& name, const nlohmann::json& line) const {
  std::ofstream out(file(name), std::ios::app);
  out << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  if (!out.flush()) throw IoError(text(file(name).string(), ": cannot be written"));
}

}  // namespace palimpsest::tools
