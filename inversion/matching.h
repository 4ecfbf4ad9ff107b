#pragma once
// The rules that pair tensors of an update with parameters. mapping.cpp applies them in order;
// here each rule stands alone.

#include "inversion/mapping.h"

namespace palimpsest::inversion {

/// A parameter's tensor: its index in the update.
struct Match {
  std::size_t source = 0;
  MappingRule rule = MappingRule::name;
  TensorLayout layout = TensorLayout::identity;
};

/// Pairs found so far. Each source serves one parameter or one running statistic.
struct Matching {
  std::vector<std::optional<Match>> parameters;              ///< by parameter
  std::vector<bool> used;                                    ///< by source
  std::vector<std::pair<std::size_t, std::string>> buffers;  ///< (source, model name)
  std::vector<std::string> warnings;

  std::vector<std::size_t> open_parameters() const;
  std::vector<std::size_t> open_sources() const;
  void pair(std::size_t parameter, const Match& match);
  void keep_buffer(std::size_t source, std::string name);
};

/// "#3" for the fourth tensor of a list without names.
std::string source_name(const Update& update, std::size_t source);
/// The tensor before training that belongs to a source: by name, without names by position.
const Literal* before_of(const Update& update, std::size_t source);

void match_by_user(const Model& model, const Update& update, Matching& matching);
/// MappingRule::name or normalized_name: prefixes "module.", "model.", "grad_", separators
/// "/" and suffixes ":0", ".grad", "_grad" do not count.
void match_by_name(const Model& model, const Update& update, MappingRule rule, Matching& matching);
/// The tensor before training equals the parameter bit for bit up to layout, and no other
/// open parameter.
void match_by_value(const Model& model, const Update& update, Matching& matching);
/// What is left, by shapes in order (parameters alone, or with running statistics where torch's
/// state_dict or a list appended at the end has them), else by shapes that occur once.
void match_by_structure(const Model& model, const Update& update, Matching& matching);

/// How a tensor of this shape can lie in a parameter of that shape; empty: it cannot.
std::vector<TensorLayout> fitting_layouts(const Shape& tensor, const Shape& parameter);
/// Settles the layout of matrices and filters that fit more than one way: by the values before
/// training, else as the others of their rank lie, else the identity with a warning.
void settle_layouts(const Model& model, const Update& update, Matching& matching);

}  // namespace palimpsest::inversion
