#include "inversion/identification.h"

#include <cmath>
#include <cstring>
#include <span>

#include "graph/error.h"

namespace palimpsest::inversion {
namespace {

template <class T>
using Row = std::span<const T>;

/// Rows of a literal without a copy.
template <class T>
class Rows {
 public:
  explicit Rows(const Literal& literal)
      : values_(literal.values<T>()), count_(static_cast<std::size_t>(literal.shape()[0])) {}

  std::size_t count() const { return count_; }
  Row<T> operator[](std::size_t k) const {
    const std::size_t size = values_.size() / count_;
    return values_.subspan(k * size, size);
  }

 private:
  std::span<const T> values_;
  std::size_t count_;
};

template <class T>
double squared_error(Row<T> a, Row<T> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += difference * difference;
  }
  return sum;
}

/// 1 - cosine; 1 where one of the rows is zero.
template <class T>
double cosine_distance(Row<T> a, Row<T> b) {
  double aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  return aa == 0 || bb == 0 ? 1 : 1 - ab / std::sqrt(aa * bb);
}

template <class T>
double distance(Row<T> a, Row<T> b, Nearness nearness) {
  const double result = nearness == Nearness::cosine ? cosine_distance(a, b) : squared_error(a, b);
  if (!std::isfinite(result))
    throw InputError(text("identification: finite distances expected, ", result, " came"));
  return result;
}

/// The share that the original has in the nearest of the pool.
template <class T>
double hit(Row<T> recovered, std::size_t original, std::span<const Rows<T>> pool,
           Nearness nearness) {
  const double wanted = distance(recovered, pool.front()[original], nearness);
  std::size_t equals = 0;  // the original among them
  for (const Rows<T>& part : pool)
    for (std::size_t k = 0; k < part.count(); ++k) {
      const double other = distance(recovered, part[k], nearness);
      if (other < wanted) return 0;
      equals += other == wanted;
    }
  return 1 / static_cast<double>(equals);
}

template <class T>
Identification identified(const Literal& recovered, const Literal& truth,
                          const std::optional<Literal>& distractors, Nearness nearness) {
  std::vector<Rows<T>> pool{Rows<T>(truth)};
  if (distractors) pool.emplace_back(*distractors);
  const Rows<T> rows(recovered);
  Identification result;
  for (std::size_t k = 0; k < rows.count(); ++k) {
    result.hits.push_back(hit<T>(rows[k], k, pool, nearness));
    result.precision += result.hits.back() / static_cast<double>(rows.count());
  }
  for (const Rows<T>& part : pool) result.pool += static_cast<std::int64_t>(part.count());
  result.chance = 1 / static_cast<double>(result.pool);
  result.assigned_chance = static_cast<double>(rows.count()) * result.chance;
  return result;
}

bool has_rows_of(const Literal& rows, const TensorType& type) {
  return rows.dtype() == type.dtype && rows.shape().rank() == type.shape.rank() &&
         rows.elements() > 0 && rows.shape().with(0, type.shape[0]) == type.shape;
}

}  // namespace

Identification identification(const Literal& recovered, const Literal& truth,
                              const std::optional<Literal>& distractors, Nearness nearness) {
  const TensorType& type = truth.type();
  if (!(recovered.type() == type) || !is_float(type.dtype) || type.shape.rank() < 1 ||
      type.shape.elements() == 0)
    throw InputError(text("identification: recovered and true rows of one type expected, ",
                          recovered.type(), " and ", type, " came"));
  if (distractors && !has_rows_of(*distractors, type))
    throw InputError(
        text("identification: a pool of ", type, " expected, ", distractors->type(), " came"));
  return type.dtype == DType::f32 ? identified<float>(recovered, truth, distractors, nearness)
                                  : identified<double>(recovered, truth, distractors, nearness);
}

std::optional<Literal> without_originals(const Literal& pool, const Literal& truth) {
  if (truth.shape().rank() < 1 || !has_rows_of(pool, truth.type()))
    throw InputError(
        text("identification: a pool of ", truth.type(), " expected, ", pool.type(), " came"));
  const std::size_t bytes = truth.type().bytes() / static_cast<std::size_t>(truth.shape()[0]);
  const auto is_original = [&](const std::byte* row) {
    for (std::int64_t k = 0; k < truth.shape()[0]; ++k)
      if (std::memcmp(row, truth.bytes() + static_cast<std::size_t>(k) * bytes, bytes) == 0)
        return true;
    return false;
  };
  std::vector<std::byte> kept;
  for (std::int64_t k = 0; k < pool.shape()[0]; ++k)
    if (const std::byte* row = pool.bytes() + static_cast<std::size_t>(k) * bytes;
        !is_original(row))
      kept.insert(kept.end(), row, row + bytes);
  if (kept.empty()) return std::nullopt;
  const auto rows = static_cast<std::int64_t>(kept.size() / bytes);
  return Literal::copy_of({pool.dtype(), pool.shape().with(0, rows)}, kept.data());
}

}  // namespace palimpsest::inversion
