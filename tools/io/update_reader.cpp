#include "tools/io/update_reader.h"

#include <cstring>

#include "graph/error.h"
#include "onnx_import/import.h"
#include "tools/io/escape.h"
#include "tools/io/npy.h"
#include "tools/io/npz.h"
#include "tools/io/safetensors.h"
#include "tools/io/update_folder.h"

namespace palimpsest::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view metadata_key = "palimpsest";
constexpr std::uint64_t max_sidecar_bytes = std::uint64_t{1} << 20;

fs::path sidecar_of(const fs::path& path) {
  fs::path sidecar = path;
  sidecar += ".toml";
  return sidecar;
}

bool looks_like_safetensors(ByteView bytes) {
  std::uint64_t header = 0;
  if (bytes.size() < 9) return false;
  std::memcpy(&header, bytes.data(), sizeof(header));
  return bytes[8] == std::byte{'{'} && header <= bytes.size() - 8;
}

/// Pickles execute code when they are read, so they are named and refused.
[[noreturn]] void refuse_pickle(const std::string& place) {
  throw InputError(text(place,
                        ": tensors as plain data expected, a Python pickle (torch.save?) came; "
                        "convert it with safetensors.torch.save_file(state_dict, path)"));
}

UpdateFile from_npz(ByteView bytes, const std::string& place, std::uint64_t max_bytes) {
  for (const ZipMember& member : parse_zip(bytes, place))
    if (member.name.ends_with("data.pkl")) refuse_pickle(place);
  TensorList list = parse_npz(bytes, place, max_bytes);
  return {std::move(list.tensors), {}, std::move(list.warnings), "npz"};
}

UpdateFile from_safetensors(ByteView bytes, const std::string& place, std::uint64_t max_bytes) {
  Safetensors file = parse_safetensors(bytes, place, max_bytes);
  UpdateFile update{std::move(file.tensors), {}, {}, "safetensors"};
  if (const auto own = file.metadata.find(std::string(metadata_key)); own != file.metadata.end())
    update.metadata = parse_update_metadata(own->second, place + " metadata");
  else if (file.metadata.contains("kind"))
    update.warnings.push_back(text(place, ": metadata keys are read only as TOML in the entry '",
                                   metadata_key, "'; 'kind' is ignored"));
  return update;
}

UpdateFile from_bytes(const fs::path& path, const std::string& place, std::uint64_t max_bytes) {
  const Bytes bytes = read_file(path, max_bytes);
  const std::string_view head = characters(bytes);
  if (head.starts_with("PK")) return from_npz(bytes, place, max_bytes);
  if (head.starts_with("\x93NUMPY")) return {{{"", parse_npy(bytes, place)}}, {}, {}, "npy"};
  if (looks_like_safetensors(bytes)) return from_safetensors(bytes, place, max_bytes);
  if (head.starts_with("\x80")) refuse_pickle(place);
  throw InputError(text(place, ": an npz, npy, safetensors, .onnx or .pb file expected, ",
                        bytes.size(), " bytes of another kind came"));
}

UpdateFile from_path(const fs::path& path, const std::string& place, std::uint64_t max_bytes) {
  if (fs::is_directory(path)) {
    FolderTensors folder = read_folder(Directory(path), max_bytes);
    return {std::move(folder.list.tensors), {}, std::move(folder.list.warnings), folder.format};
  }
  if (path.extension() == ".onnx") {
    UpdateFile update{onnx_import::load_initializers(path), {}, {}, "ONNX model"};
    update.metadata.kind = inversion::SentKind::weights;
    return update;
  }
  if (path.extension() == ".pb") return {{onnx_import::load_tensor(path)}, {}, {}, "TensorProto"};
  return from_bytes(path, place, max_bytes);
}

}  // namespace

UpdateFile read_update(const fs::path& path, std::uint64_t max_bytes) {
  const std::string place = terminal_text(path.native());
  UpdateFile update = from_path(path, place, max_bytes);
  const fs::path sidecar = fs::is_directory(path) ? path / "update.toml" : sidecar_of(path);
  if (fs::exists(sidecar)) {
    if (update.format == "safetensors" && update.metadata.kind)
      update.warnings.push_back(text(place, ": metadata inside the file is replaced by ",
                                     terminal_text(sidecar.native())));
    update.metadata =
        parse_update_metadata(characters(read_file(sidecar, max_sidecar_bytes)), sidecar.native());
  }
  if (update.tensors.empty())
    throw InputError(text(place, ": at least one tensor expected, none came"));
  return update;
}

Literal read_tensor(const fs::path& path) {
  std::vector<NamedTensor> tensors = read_update(path).tensors;
  if (tensors.size() != 1)
    throw InputError(
        text(terminal_text(path.native()), ": one tensor expected, ", tensors.size(), " came"));
  return std::move(tensors.front().second);
}

void write_update(const fs::path& path, const std::vector<NamedTensor>& tensors,
                  const UpdateMetadata& metadata) {
  const std::string toml = update_metadata_text(metadata);
  if (path.extension() == ".safetensors") {
    write_atomically(path, safetensors_bytes(tensors, {{std::string(metadata_key), toml}}));
  } else if (path.extension() == ".npz") {
    write_atomically(path, npz_bytes(tensors));
    write_atomically(sidecar_of(path), toml);
  } else {
    throw InputError(
        text(terminal_text(path.native()), ": extension .npz or .safetensors expected"));
  }
}

}  // namespace palimpsest::tools
