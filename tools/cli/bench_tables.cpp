#include "tools/cli/bench_tables.h"

#include <algorithm>
#include <numeric>

#include "tools/cli/console.h"

namespace palimpsest::tools {
namespace {

std::string milliseconds(double seconds) { return readable_number(seconds * 1e3, 3); }
std::string giga(double value) { return readable_number(value * 1e-9, 3); }
std::string percent(double share) { return text(readable_number(share * 100, 3), '%'); }

std::string rate(double amount, double seconds) {
  return seconds > 0 ? giga(amount / seconds) : "";
}

}  // namespace

Rows nodes_table(const std::vector<MeasuredStep>& steps, std::size_t count) {
  std::vector<std::size_t> order(steps.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return steps[i].wall; });
  order.resize(std::min(count, order.size()));
  const double all = sum_of_all(steps).wall;
  Rows rows{{"NODE", "PRIMITIVE", "ALGORITHM", "ROLE", "MS", "CPU MS", "SHARE", "GFLOP", "GB",
             "GFLOP/S", "CEILING"}};
  for (const std::size_t i : order) {
    const MeasuredStep& step = steps[i];
    rows.push_back({place_of(step.info), step.info.primitive, step.info.algorithm,
                    std::string(name_of(step.cost.role)), milliseconds(step.wall),
                    milliseconds(step.cpu), percent(all > 0 ? step.wall / all : 0),
                    giga(step.cost.flops), giga(step.cost.bytes), rate(step.cost.flops, step.wall),
                    percent(step.share_of_ceiling)});
  }
  return rows;
}

Rows sums_table(const std::string& heading, const std::vector<StepSum>& sums) {
  double all = 0;
  for (const StepSum& sum : sums) all += sum.wall;
  Rows rows{
      {heading, "LAUNCHES", "PRODUCTS", "MS", "CPU MS", "SHARE", "GFLOP", "GB", "GFLOP/S", "GB/S"}};
  for (const StepSum& sum : sums)
    rows.push_back({sum.kind, text(sum.launches), text(sum.products), milliseconds(sum.wall),
                    milliseconds(sum.cpu), percent(all > 0 ? sum.wall / all : 0), giga(sum.flops),
                    giga(sum.bytes), rate(sum.flops, sum.wall), rate(sum.bytes, sum.wall)});
  return rows;
}

}  // namespace palimpsest::tools
