#pragma once
// From an ONNX file to a Model.

#include <filesystem>
#include <map>
#include <optional>

#include "graph/model.h"

namespace palimpsest::onnx_import {

enum class Mode { model, train, eval };

struct ImportOptions {
  std::optional<std::int64_t> batch;    ///< for the first axis when it is symbolic
  std::map<std::string, Shape> shapes;  ///< by input name
  /// What the axes are that the file leaves open, of inputs without a shape of their own here.
  std::optional<Shape> open_axes;
  std::map<std::string, Literal> fixed;  ///< inputs that become constants, by name
  Mode batch_norm = Mode::model;         ///< how BatchNormalization runs
  DType dtype = DType::f32;              ///< float type of the whole function
  bool clip_border_blocks = true;  ///< derivative of Clip at its bounds: 0, as relu6 has it, or 1
  std::uint64_t max_bytes = std::uint64_t{16} << 30;  ///< for all tensors of the file
};

/// Reads, validates and lowers a model. `evaluate` folds what is known at import. Throws
/// ImportError (file, place, expected, came) for a broken file, UnsupportedError that names all
/// unsupported operators at once with node and reason, ShapeError (with the node) for operands
/// that do not fit, ResourceError beyond max_bytes, InputError for options that contradict the
/// file, IoError when it cannot be read.
Model load(const std::filesystem::path& path, const ImportOptions& options,
           const Evaluator& evaluate);

/// The same from bytes; external data is refused, because there is no directory to read from.
Model load_bytes(std::span<const std::byte> bytes, const ImportOptions& options,
                 const Evaluator& evaluate);

/// The tensors of a TensorProto file (one tensor) as (name, literal). f16 and bf16 become f32,
/// all integers i64.
std::pair<std::string, Literal> load_tensor(const std::filesystem::path& path);

/// All float initializers of a model file by name, without importing its graph: the after-model
/// of an update.
std::vector<std::pair<std::string, Literal>> load_initializers(const std::filesystem::path& path);

}  // namespace palimpsest::onnx_import
