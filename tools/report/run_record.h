#pragma once
// A run folder as the report reads it: every file is untrusted, sizes are limited, and what is
// missing is left out.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "graph/literal.h"
#include "tools/io/files.h"
#include "tools/report/chart.h"

namespace palimpsest::tools {

/// One term of the objective over the iterations, a series a restart.
struct Curve {
  std::string term;
  std::vector<Series> restarts;
};

// nlohmann::json says that moving it throws nothing; the check looks into it and doubts that.
// NOLINTNEXTLINE(bugprone-exception-escape)
struct RunRecord {
  std::string name;                    ///< the folder's own name
  nlohmann::json result;               ///< result.json, an object
  std::string settings;                ///< config.toml as it stands
  std::string title, citation, needs;  ///< of the recipe
  std::vector<Curve> curves;           ///< "objective" first
  std::optional<Literal> truth;        ///< f32 [N, C, H, W] in [0, 1]
  std::optional<Literal> images;       ///< likewise; absent where the data are no images
  std::string images_digest;           ///< SHA-256 of recon.npz
};

/// Throws IoError when result.json cannot be read, InputError for files that are damaged.
RunRecord read_run(const std::filesystem::path& folder);

/// The most that is read of an archive of images.
inline constexpr std::uint64_t most_archive_bytes = std::uint64_t{2} << 30;

/// The member "images" of an archive; nothing when it has none, or none of grey or colour images.
std::optional<Literal> images_in(ByteView archive, const std::string& place);

/// The word of a JSON object's key when it is a string, else the other one.
std::string string_or(const nlohmann::json& object, const char* key, const std::string& other);
/// The number of a JSON object's key; NaN when it is none.
double number_or_nan(const nlohmann::json& object, const char* key);
/// The object or array under a key; an empty object when there is none.
const nlohmann::json& member(const nlohmann::json& object, const char* key);

}  // namespace palimpsest::tools
