#include "tools/io/update_folder.h"

#include <algorithm>

#include "graph/error.h"
#include "onnx_import/import.h"
#include "tools/io/escape.h"
#include "tools/io/npy.h"
#include "tools/io/strict_json.h"

namespace palimpsest::tools {
namespace {

constexpr std::string_view index_name = "index.json";
constexpr std::string_view sidecar_name = "update.toml";

struct FileOfTensor {
  std::string name;  ///< empty: positional
  std::string file;
};

std::string place_of(const Directory& folder, std::string_view file) {
  return terminal_text((folder.path() / file).native());
}

/// The tensor's name when only the file's name tells it.
std::string name_from(std::string_view file) {
  std::string_view stem = file.substr(0, file.rfind('.'));
  if (stem.starts_with("grad_")) stem.remove_prefix(5);
  std::string_view position = stem;
  for (const std::string_view prefix : {"input_", "output_", "arr_"})
    if (position.starts_with(prefix)) position.remove_prefix(prefix.size());
  const bool positional = position.find_first_not_of("0123456789") == std::string_view::npos;
  return positional ? std::string() : std::string(stem);
}

std::vector<FileOfTensor> read_index(const Directory& folder) {
  const std::string place = place_of(folder, index_name);
  const Bytes bytes = folder.read(index_name, std::uint64_t{16} << 20);
  const nlohmann::json index = strict_json(characters(bytes), {.depth = 4}, place);
  const auto expect = [&](bool valid) {
    if (!valid)
      throw InputError(text(place, ": an array of {\"name\": string, \"file\": string} expected"));
  };
  expect(index.is_array());
  std::vector<FileOfTensor> files;
  for (const nlohmann::json& row : index) {
    expect(row.is_object() && row.size() == 2 && row.contains("name") && row.contains("file"));
    expect(row["name"].is_string() && row["file"].is_string());
    files.push_back({row["name"].get<std::string>(), row["file"].get<std::string>()});
  }
  return files;
}

/// Takes the bytes of one more tensor from the budget.
void charge(std::uint64_t& budget, const Literal& literal, std::string_view place) {
  const std::uint64_t bytes = literal.type().bytes();
  if (bytes > budget)
    throw InputError(text(place, ": at most ", budget, " more bytes expected, ", bytes, " came"));
  budget -= bytes;
}

void read_npy_files(const Directory& folder, const std::vector<FileOfTensor>& files,
                    std::uint64_t budget, TensorList& list) {
  for (const auto& [name, file] : files) {
    const std::string place = place_of(folder, file);
    Literal literal = parse_npy(folder.read(file, budget), place);
    charge(budget, literal, place);
    list.tensors.emplace_back(name, std::move(literal));
  }
}

void read_proto_files(const Directory& folder, const std::vector<FileOfTensor>& files,
                      std::uint64_t budget, TensorList& list) {
  for (const auto& [name, file] : files) {
    auto [own_name, literal] = onnx_import::load_tensor(folder.path() / file);
    charge(budget, literal, place_of(folder, file));
    list.tensors.emplace_back(own_name.empty() ? name : own_name, std::move(literal));
  }
}

}  // namespace

FolderTensors read_folder(const Directory& folder, std::uint64_t max_bytes) {
  std::vector<FileOfTensor> npy, proto;
  TensorList list;
  bool has_index = false;
  for (const std::string& file : folder.names()) {
    if (file.ends_with(".npy"))
      npy.push_back({name_from(file), file});
    else if (file.ends_with(".pb"))
      proto.push_back({name_from(file), file});
    else if (file == index_name)
      has_index = true;
    else if (file != sidecar_name)
      list.warnings.push_back(place_of(folder, file) + " is no tensor of the update, ignored");
  }
  if (npy.empty() == proto.empty())
    throw InputError(text(terminal_text(folder.path().native()),
                          ": a folder of .npy or of .pb files expected, ",
                          npy.empty() ? "neither" : "both", " came"));
  if (!proto.empty()) {
    read_proto_files(folder, proto, max_bytes, list);
    return {std::move(list), "TensorProto folder"};
  }
  read_npy_files(folder, has_index ? read_index(folder) : npy, max_bytes, list);
  return {std::move(list), "npy folder"};
}

}  // namespace palimpsest::tools
