#include "optimizers/points.h"

#include <algorithm>

#include "graph/error.h"
#include "ops/source/draw.h"

namespace palimpsest::optimizers {

void check_box(std::string_view search, const Box& box, Eigen::Index dimension) {
  if (box.lower.size() != dimension || box.upper.size() != dimension)
    throw InputError(text(search, ": bounds of ", dimension, " coordinates expected, ",
                          box.lower.size(), " and ", box.upper.size(), " came"));
  for (Eigen::Index i = 0; i < dimension; ++i)
    if (!std::isfinite(box.lower[i]) || !std::isfinite(box.upper[i]) ||
        !(box.lower[i] < box.upper[i]))
      throw InputError(text(search, ": finite bounds with lower below upper expected, [",
                            box.lower[i], ", ", box.upper[i], "] came for coordinate ", i));
}

Literal stored(const Points& matrix) {
  return Literal::of<double>(
      {matrix.rows(), matrix.cols()},
      std::span<const double>(matrix.data(), static_cast<std::size_t>(matrix.size())));
}

Literal stored(const Eigen::VectorXd& vector) {
  return stored(std::span<const double>(vector.data(), static_cast<std::size_t>(vector.size())));
}

Literal stored(std::span<const double> values) {
  return Literal::of<double>({static_cast<std::int64_t>(values.size())}, values);
}

const Literal& StateReader::tensor(std::string_view name, DType dtype, int rank) const {
  const auto it = std::find_if(state_.begin(), state_.end(),
                               [&](const auto& entry) { return entry.first == name; });
  if (it == state_.end() || it->second.dtype() != dtype || it->second.shape().rank() != rank)
    throw InputError(text(search_, " state: '", name, "' of ", dtype, " and rank ", rank,
                          " expected, ",
                          it == state_.end() ? text("nothing") : text(it->second.type()), " came"));
  return it->second;
}

std::int64_t StateReader::integer(std::string_view name) const {
  return tensor(name, DType::i64, 0).integers().front();
}

double StateReader::number(std::string_view name) const {
  return tensor(name, DType::f64, 0).doubles().front();
}

Eigen::VectorXd StateReader::vector(std::string_view name, Eigen::Index size) const {
  const std::vector<double> values = list(name);
  if (static_cast<Eigen::Index>(values.size()) != size)
    throw InputError(text(search_, " state: '", name, "' of ", size, " numbers expected, ",
                          values.size(), " came"));
  return Eigen::Map<const Eigen::VectorXd>(values.data(), size);
}

Points StateReader::matrix(std::string_view name, Eigen::Index rows, Eigen::Index columns) const {
  const Literal& literal = tensor(name, DType::f64, 2);
  const Eigen::Index came = literal.shape()[0];
  if (literal.shape()[1] != columns || (rows >= 0 && came != rows))
    throw InputError(text(search_, " state: '", name, "' of ", rows < 0 ? text("any") : text(rows),
                          " rows and ", columns, " columns expected, ", literal.type(), " came"));
  return Eigen::Map<const Points>(literal.values<double>().data(), came, columns);
}

namespace {

template <class Map>
void draw(std::span<double> out, std::uint64_t seed, std::uint64_t stream, std::uint64_t step,
          const Map& numbers) {
  for (std::size_t i = 0; i < out.size(); i += 2) {
    const Draws two = numbers(stream_block(seed, stream, step, i / 2));
    out[i] = two.element[0];
    if (i + 1 < out.size()) out[i + 1] = two.element[1];
  }
}

}  // namespace

void draw_normal(std::span<double> out, std::uint64_t seed, std::uint64_t stream,
                 std::uint64_t step) {
  draw(out, seed, stream, step, [](const PhiloxBlock& block) { return normal_draws(block); });
}

void draw_uniform(std::span<double> out, std::uint64_t seed, std::uint64_t stream,
                  std::uint64_t step) {
  draw(out, seed, stream, step, [](const PhiloxBlock& block) { return uniform_draws(block); });
}

}  // namespace palimpsest::optimizers
