#pragma once
// From the tensors of an update file to one observed tensor per model parameter. No framework
// hands over "the gradient" by the exporter's names, so tensors are matched by name, by their
// value before training, or by structure, in this order, and nothing is guessed silently.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inversion/problem.h"

namespace palimpsest::inversion {

enum class SentKind { gradient, delta, weights };
enum class Sign { new_minus_old, old_minus_new };  ///< of a delta

/// What the reader found in the file, and what the user said about it.
struct Update {
  std::vector<NamedTensor> tensors;  ///< in file order; an empty name: none in the file
  std::vector<NamedTensor> before;   ///< the same tensors before training; may be empty
  std::optional<SentKind> kind;      ///< absent: deduced, with a warning
  Sign sign = Sign::new_minus_old;
  double scale = 1;  ///< what the client multiplied its update by
  std::vector<std::pair<std::string, std::string>> map;  ///< (parameter, tensor) by the user
};

enum class MappingRule { user, name, normalized_name, value, structure };
/// How the file's axes lie, seen from the parameter's.
enum class TensorLayout {
  identity,
  transposed,     ///< (in, out) of a matrix whose parameter is (out, in)
  channels_last,  ///< HWIO of a filter whose parameter is OIHW (any spatial rank)
  depthwise       ///< HWCM of a filter whose parameter is [C*M, 1, H, W]
};
std::string_view name_of(MappingRule rule);
std::string_view name_of(TensorLayout layout);

struct MappingRow {
  std::string parameter;
  std::string source;  ///< name in the file, or "#3" for the fourth of a nameless list
  MappingRule rule = MappingRule::name;
  TensorLayout layout = TensorLayout::identity;
};

struct MappedUpdate {
  std::vector<MappingRow> rows;      ///< one per observed parameter, in the model's order
  std::vector<std::string> missing;  ///< parameters without a tensor
  std::vector<NamedTensor> buffers;  ///< running statistics that came along, by model name
  std::vector<std::string> ignored;  ///< "name: why"
  std::vector<std::string> warnings;
  SentKind kind = SentKind::gradient;
  Observed observed;
};

/// Throws InputError, with the reason and how to export, when a tensor fits more than one
/// parameter, nothing fits, BatchNormalization was folded into the model, or a tensor holds
/// NaN or infinity (name, count, first index).
MappedUpdate map_update(const Model& model, const Update& update);

/// The table as text, one line a parameter, aligned.
std::string mapping_table(const MappedUpdate& mapped);

/// What looks wrong with an observed update though it fits: all-zero tensors, a bias gradient
/// of cross-entropy that does not sum to about 0 or has the wrong sign.
std::vector<std::string> lint(const Model& model, const Observed& observed, const LossSpec& loss);

/// The tensor with its axes brought into the parameter's order.
Literal in_parameter_layout(const Literal& tensor, TensorLayout layout, const Shape& parameter);

}  // namespace palimpsest::inversion
