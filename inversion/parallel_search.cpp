#include "inversion/parallel_search.h"

#include <algorithm>
#include <exception>
#include <iterator>

#include "runtime/cpu/parallel.h"

namespace palimpsest::inversion {
namespace {

class ParallelSearch final : public Search {
 public:
  explicit ParallelSearch(std::vector<std::unique_ptr<Search>> searches)
      : searches_(std::move(searches)) {
    for (const auto& search : searches_) {
      first_lanes_.push_back(lanes_);
      lanes_ += search->lanes();
      memory_ += search->memory();
    }
  }

  std::size_t lanes() const override { return lanes_; }

  void start(std::size_t lane, const std::vector<Literal>& variables) override {
    const auto [search, own] = place_of(lane);
    search->start(own, variables);
  }

  std::vector<StepResult> step(std::span<const std::optional<StepNumbers>> numbers) override {
    std::vector<std::vector<StepResult>> parts(searches_.size());
    std::vector<std::exception_ptr> errors(searches_.size());
    const auto count = static_cast<std::int64_t>(searches_.size());
    const runtime::ThreadScope threads(static_cast<int>(count));
    runtime::parallel_for(count, 1, [&](std::int64_t number, std::int64_t) {
      const auto i = static_cast<std::size_t>(number);
      try {
        parts[i] = searches_[i]->step(numbers.subspan(first_lanes_[i], searches_[i]->lanes()));
      } catch (...) {
        errors[i] = std::current_exception();  // none may leave a parallel loop
      }
    });
    std::vector<StepResult> results;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (errors[i]) std::rethrow_exception(errors[i]);
      std::ranges::move(parts[i], std::back_inserter(results));
    }
    return results;
  }

  Literal current(std::size_t lane) override {
    const auto [search, own] = place_of(lane);
    return search->current(own);
  }

  void agree(std::size_t lane, const Literal& consensus) override {
    const auto [search, own] = place_of(lane);
    search->agree(own, consensus);
  }

  BestCandidate best(std::size_t lane) override {
    const auto [search, own] = place_of(lane);
    return search->best(own);
  }

  double best_total(std::size_t lane) override {
    const auto [search, own] = place_of(lane);
    return search->best_total(own);
  }

  std::vector<NamedTensor> state() override {
    std::vector<NamedTensor> all;
    for (const auto& search : searches_)
      for (NamedTensor& tensor : search->state()) all.push_back(std::move(tensor));
    return all;
  }

  void restore(const std::vector<NamedTensor>& state) override {
    for (const auto& search : searches_) search->restore(state);
  }

  const runtime::MemoryReport& memory() const override { return memory_; }
  runtime::Program& program() override { return searches_.front()->program(); }

 private:
  struct Place {
    Search* search;
    std::size_t lane;  ///< of that search
  };

  Place place_of(std::size_t lane) const {
    std::size_t i = searches_.size() - 1;
    while (first_lanes_[i] > lane) --i;
    return {searches_[i].get(), lane - first_lanes_[i]};
  }

  std::vector<std::unique_ptr<Search>> searches_;
  std::vector<std::size_t> first_lanes_;  // by search
  std::size_t lanes_ = 0;
  runtime::MemoryReport memory_;
};

}  // namespace

std::unique_ptr<Search> parallel_search(std::vector<std::unique_ptr<Search>> searches) {
  if (searches.size() == 1) return std::move(searches.front());
  return std::make_unique<ParallelSearch>(std::move(searches));
}

}  // namespace palimpsest::inversion
