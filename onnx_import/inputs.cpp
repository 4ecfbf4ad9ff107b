#include "onnx_import/inputs.h"

#include "graph/error.h"

namespace palimpsest::onnx_import {
namespace {

/// An extent of the file; nothing when it is symbolic. Some exporters write -1 for that.
std::optional<std::int64_t> known_extent(const wire::Dimension& dimension) {
  if (!dimension.has_dim_value() || dimension.dim_value() < 0) return std::nullopt;
  return dimension.dim_value();
}

Shape given_shape(const std::string& where, const wire::TensorType& type, const Shape& given) {
  if (!type.has_shape()) return given;
  bool fits = type.shape().dim_size() == given.rank();
  for (int axis = 0; fits && axis < given.rank(); ++axis)
    fits = known_extent(type.shape().dim(axis)).value_or(given[axis]) == given[axis];
  if (!fits)
    throw InputError(text(where, ": the shape given, ", given, ", contradicts the file's"));
  return given;
}

std::int64_t open_extent(const std::string& where, const wire::Dimension& dimension, int axis,
                         const ImportOptions& options) {
  if (axis == 0 && options.batch) return *options.batch;
  if (options.open_axes && axis < options.open_axes->rank()) return (*options.open_axes)[axis];
  throw ImportError(text(
      where, ": axis ", axis, " ('", dimension.dim_param(), "') is symbolic; fix it with ",
      axis == 0 ? "--batch, or the whole shape with --shape" : "--shape, for the whole input"));
}

Shape shape_of(const std::string& name, const std::string& where, const wire::TensorType& type,
               const ImportOptions& options) {
  if (const auto given = options.shapes.find(name); given != options.shapes.end())
    return given_shape(where, type, given->second);
  if (!type.has_shape() && options.open_axes) return *options.open_axes;
  if (!type.has_shape())
    throw ImportError(text(where, ": the file gives no shape; give it with --shape"));
  std::vector<std::int64_t> extents;
  for (const wire::Dimension& dimension : type.shape().dim())
    extents.push_back(
        known_extent(dimension)
            ? *known_extent(dimension)
            : open_extent(where, dimension, static_cast<int>(extents.size()), options));
  try {
    return Shape(std::move(extents));
  } catch (const ShapeError& error) {
    throw ImportError(text(where, ": ", error.what()));
  }
}

/// Images have one, three or four channels; the usual layout wins when both would do.
ImageLayout layout_of(const Shape& shape) {
  const auto channels = [](std::int64_t extent) {
    return extent == 1 || extent == 3 || extent == 4;
  };
  if (shape.rank() != 4) return ImageLayout::unknown;
  if (channels(shape[1])) return ImageLayout::nchw;
  return channels(shape[3]) ? ImageLayout::nhwc : ImageLayout::unknown;
}

void check_names(const ImportOptions& options, const wire::Graph& graph) {
  const auto check = [&](const std::string& name) {
    for (const wire::ValueInfo& input : graph.input())
      if (input.name() == name) return;
    throw InputError(text("the model has no input '", name, "'"));
  };
  for (const auto& [name, shape] : options.shapes) check(name);
  for (const auto& [name, literal] : options.fixed) check(name);
}

Value define_input(Session& session, const wire::ValueInfo& input) {
  const std::string where = text("input '", input.name(), "'");
  if (!input.type().has_tensor_type())
    throw UnsupportedError(text(where, ": only tensors are supported as inputs"));
  const wire::TensorType& type = input.type().tensor_type();
  DType dtype = dtype_of_element(type.elem_type(), where);
  if (is_float(dtype)) dtype = session.options.dtype;
  const auto fixed = session.options.fixed.find(input.name());
  if (fixed != session.options.fixed.end()) {
    given_shape(where, type, fixed->second.shape());
    return session.graph.constant(fixed->second.converted(dtype));
  }
  return session.graph.input({dtype, shape_of(input.name(), where, type, session.options)},
                             input.name());
}

}  // namespace

std::vector<Value> define_inputs(Session& session, Body& body, const wire::Graph& graph) {
  check_names(session.options, graph);
  std::vector<Value> inputs;
  for (const wire::ValueInfo& input : graph.input()) {
    if (body.scope.has_own(input.name())) continue;  // an initializer listed as an input
    const Value value = define_input(session, input);
    body.scope.define(input.name(), value);
    if (constant_of(value)) continue;
    const ImageLayout layout =
        is_float(value.dtype()) ? layout_of(value.shape()) : ImageLayout::unknown;
    session.model.data.push_back({input.name(), inputs.size(), layout});
    inputs.push_back(value);
  }
  return inputs;
}

}  // namespace palimpsest::onnx_import
