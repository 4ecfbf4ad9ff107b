#include "onnx_import/attributes.h"

#include "graph/error.h"
#include "onnx_import/wire.pb.h"

namespace palimpsest::onnx_import {
namespace {

// ONNX's numbers for attribute types. 0 is what files older than IR 4 may say.
enum {
  undefined = 0,
  real_type = 1,
  integer_type = 2,
  string_type = 3,
  tensor_type = 4,
  graph_type = 5,
  reals_type = 6,
  integers_type = 7,
  strings_type = 8
};

}  // namespace

const wire::Attribute* Attributes::find(std::string_view name) const {
  for (const wire::Attribute& attribute : node_.attribute()) {
    if (attribute.name() != name) continue;
    if (attribute.ref_attr_name().empty()) return &attribute;
    const auto bound = bindings_.find(attribute.ref_attr_name());
    return bound == bindings_.end() ? nullptr : bound->second;
  }
  return nullptr;
}

const wire::Attribute& Attributes::required(std::string_view name) const {
  const wire::Attribute* attribute = find(name);
  if (!attribute) throw ImportError(text(where_, ": attribute '", name, "' is missing"));
  return *attribute;
}

void Attributes::check_type(const wire::Attribute& attribute, int type,
                            std::string_view words) const {
  if (attribute.type() != undefined && attribute.type() != type)
    throw ImportError(text(where_, ": attribute '", attribute.name(), "': ", words,
                           " expected, type ", attribute.type(), " came"));
}

std::int64_t Attributes::integer(std::string_view name) const {
  const wire::Attribute& attribute = required(name);
  check_type(attribute, integer_type, "an integer");
  return attribute.i();
}

std::int64_t Attributes::integer(std::string_view name, std::int64_t fallback) const {
  return has(name) ? integer(name) : fallback;
}

double Attributes::real(std::string_view name) const {
  const wire::Attribute& attribute = required(name);
  check_type(attribute, real_type, "a number");
  return static_cast<double>(attribute.f());
}

double Attributes::real(std::string_view name, double fallback) const {
  return has(name) ? real(name) : fallback;
}

std::string Attributes::string(std::string_view name, std::string_view fallback) const {
  const wire::Attribute* attribute = find(name);
  if (!attribute) return std::string(fallback);
  check_type(*attribute, string_type, "a string");
  return attribute->s();
}

std::vector<std::int64_t> Attributes::integers(std::string_view name) const {
  const wire::Attribute* attribute = find(name);
  if (!attribute) return {};
  check_type(*attribute, integers_type, "integers");
  return {attribute->ints().begin(), attribute->ints().end()};
}

std::vector<double> Attributes::reals(std::string_view name) const {
  const wire::Attribute* attribute = find(name);
  if (!attribute) return {};
  check_type(*attribute, reals_type, "numbers");
  return {attribute->floats().begin(), attribute->floats().end()};
}

std::vector<std::string> Attributes::strings(std::string_view name) const {
  const wire::Attribute* attribute = find(name);
  if (!attribute) return {};
  check_type(*attribute, strings_type, "strings");
  return {attribute->strings().begin(), attribute->strings().end()};
}

const wire::Tensor& Attributes::tensor(std::string_view name) const {
  const wire::Attribute& attribute = required(name);
  check_type(attribute, tensor_type, "a tensor");
  return attribute.t();
}

const wire::Graph& Attributes::graph(std::string_view name) const {
  const wire::Attribute& attribute = required(name);
  check_type(attribute, graph_type, "a graph");
  return attribute.g();
}

}  // namespace palimpsest::onnx_import
