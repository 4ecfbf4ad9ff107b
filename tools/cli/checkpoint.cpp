#include "tools/cli/checkpoint.h"

#include <algorithm>
#include <array>
#include <sstream>

#include "graph/error.h"
#include "tools/cli/digest.h"
#include "tools/io/files.h"
#include "tools/io/safetensors.h"

namespace palimpsest::tools {
namespace {

namespace fs = std::filesystem;

constexpr const char* format = "1";
constexpr std::array names{"a.safetensors", "b.safetensors"};

fs::path path_of(const RunFolder& folder, const char* name) {
  return folder.file("checkpoint", name);
}

/// Digest over metadata and tensors: a damaged file does not match. In the order of names, because
/// a file does not keep the order of tensors without elements.
std::string digest_of(std::map<std::string, std::string> metadata,
                      std::vector<inversion::NamedTensor> state) {
  metadata.erase("digest");
  std::ranges::sort(state, {}, &inversion::NamedTensor::first);
  std::string all = sha256(state);
  for (const auto& [field, value] : metadata) all += text('\n', field, '=', value);
  return sha256(byte_view(all));
}

/// What differs between two values: the first differing line when they are TOML.
std::string difference_of(const std::string& expected, const std::string& came) {
  std::istringstream left(expected), right(came);
  std::string a, b;
  bool more = true;
  while (more && a == b) {
    a.clear(), b.clear();
    more = static_cast<bool>(std::getline(left, a));
    more = static_cast<bool>(std::getline(right, b)) || more;
  }
  return text("'", a, "' expected, '", b, "' came");
}

struct Checkpoint {
  std::vector<inversion::NamedTensor> state;
  std::map<std::string, std::string> metadata;
  std::int64_t number = 0;  ///< how many were saved before it
};

/// The checkpoint of a file, or nothing when the file is missing or damaged.
std::optional<Checkpoint> read_checkpoint(const fs::path& path) {
  if (!fs::exists(path)) return std::nullopt;
  try {
    Safetensors file = parse_safetensors(read_file(path), path.string());
    if (file.metadata["format"] != format ||
        file.metadata["digest"] != digest_of(file.metadata, file.tensors))
      return std::nullopt;
    const std::int64_t number = std::stoll(file.metadata["number"]);
    return Checkpoint{std::move(file.tensors), std::move(file.metadata), number};
  } catch (const InputError&) {
    return std::nullopt;
  }
}

struct Found {
  Checkpoint checkpoint;
  std::size_t slot;
};

std::optional<Found> newest(const RunFolder& folder) {
  std::optional<Found> best;
  for (std::size_t slot = 0; slot < names.size(); ++slot) {
    std::optional<Checkpoint> found = read_checkpoint(path_of(folder, names[slot]));
    if (found && (!best || found->number > best->checkpoint.number))
      best = Found{std::move(*found), slot};
  }
  return best;
}

}  // namespace

void save_checkpoint(const RunFolder& folder, const Identity& identity,
                     const std::vector<inversion::NamedTensor>& state) {
  const std::optional<Found> last = newest(folder);
  std::map<std::string, std::string> metadata(identity.begin(), identity.end());
  metadata.insert_or_assign("format", std::string(format));
  metadata["number"] = std::to_string(last ? last->checkpoint.number + 1 : 0);
  metadata["digest"] = digest_of(metadata, state);
  const std::size_t slot = last ? 1 - last->slot : 0;
  write_atomically(path_of(folder, names[slot]), safetensors_bytes(state, metadata));
}

std::vector<inversion::NamedTensor> load_checkpoint(const RunFolder& folder,
                                                    const Identity& identity) {
  std::optional<Found> found = newest(folder);
  if (!found)
    throw IoError(text(folder.path().string(), ": there is no intact checkpoint to resume from"));
  for (const auto& [field, value] : identity)
    if (found->checkpoint.metadata[field] != value)
      throw InputError(text(folder.path().string(), ": the checkpoint differs in its ", field, ": ",
                            difference_of(value, found->checkpoint.metadata[field])));
  return std::move(found->checkpoint.state);
}

}  // namespace palimpsest::tools
