#include "onnx_import/parameters.h"

namespace palimpsest::onnx_import {

Value Parameters::add(const std::string& name, Literal initial) {
  const Value value = graph_.input(initial.type(), name);
  by_node_.emplace(value.index(), all_.size());
  all_.emplace_back(value, Parameter{name, 0, std::move(initial)});
  return value;
}

const Parameter* Parameters::find(Value value) const {
  const auto it = by_node_.find(value.index());
  return it == by_node_.end() ? nullptr : &all_[it->second].second;
}

}  // namespace palimpsest::onnx_import
