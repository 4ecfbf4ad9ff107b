#pragma once
// The folder of one run: created or resumed, locked against a second run, and written so
// that a crash leaves either the old or the new version of a file.

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace palimpsest::tools {

enum class Existing {
  refuse,
  overwrite,  ///< files of a former run are removed
  resume      ///< everything stays
};

class RunFolder {
 public:
  /// Makes the folder. Throws IoError when it is not empty (unless overwriting or resuming),
  /// when another run holds its lock, or when it cannot be written.
  RunFolder(std::filesystem::path path, Existing existing);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(const std::string& name) const { return path_ / name; }
  /// Path of a file in a subfolder, which is made when missing.
  std::filesystem::path file(const std::string& folder, const std::string& name) const;

  void write(const std::string& name, const std::string& content) const;
  void write(const std::string& name, const nlohmann::json& content) const;
  /// Adds one line of JSON to a file that grows (progress.jsonl).
  void append(const std::string& name, const nlohmann::json& line) const;

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace palimpsest::tools
