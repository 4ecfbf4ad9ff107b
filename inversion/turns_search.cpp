#include "inversion/turns_search.h"

namespace palimpsest::inversion {
namespace {

class TurnsSearch final : public Search {
 public:
  TurnsSearch(std::unique_ptr<Search> search, std::size_t lanes, std::size_t first_lane)
      : search_(std::move(search)),
        first_lane_(first_lane),
        kept_(lanes, search_->state()),
        best_totals_(lanes, search_->best_total(0)) {}

  std::size_t lanes() const override { return kept_.size(); }

  void start(std::size_t lane, const std::vector<Literal>& variables) override {
    in_turn(lane).start(0, variables);
    best_totals_[lane] = search_->best_total(0);
  }

  std::vector<StepResult> step(std::span<const std::optional<StepNumbers>> numbers) override {
    std::vector<StepResult> results(numbers.size());
    for (std::size_t lane = 0; lane < numbers.size(); ++lane) {
      if (!numbers[lane]) continue;
      results[lane] = in_turn(lane).step(numbers.subspan(lane, 1)).front();
      best_totals_[lane] = search_->best_total(0);
    }
    return results;
  }

  Literal current(std::size_t lane) override { return in_turn(lane).current(0); }
  void agree(std::size_t lane, const Literal& consensus) override {
    in_turn(lane).agree(0, consensus);
  }
  BestCandidate best(std::size_t lane) override { return in_turn(lane).best(0); }
  double best_total(std::size_t lane) override { return best_totals_[lane]; }

  std::vector<NamedTensor> state() override {
    kept_[loaded_] = search_->state();
    std::vector<NamedTensor> all;
    for (std::size_t lane = 0; lane < kept_.size(); ++lane)
      for (const auto& [name, tensor] : kept_[lane])
        all.emplace_back(lane_name(first_lane_ + lane, name.substr(own_prefix_.size())), tensor);
    return all;
  }

  void restore(const std::vector<NamedTensor>& state) override {
    for (std::size_t lane = 0; lane < kept_.size(); ++lane)
      for (auto& [name, tensor] : kept_[lane])
        tensor = stored(state, lane_name(first_lane_ + lane, name.substr(own_prefix_.size())),
                        tensor.type());
    search_->restore(kept_[loaded_]);
    for (std::size_t lane = 0; lane < kept_.size(); ++lane)
      best_totals_[lane] = in_turn(lane).best_total(0);
  }

  const runtime::MemoryReport& memory() const override { return search_->memory(); }
  runtime::Program& program() override { return search_->program(); }

 private:
  /// The search with that lane's state in it.
  Search& in_turn(std::size_t lane) {
    if (lane == loaded_) return *search_;
    kept_[loaded_] = search_->state();
    search_->restore(kept_[lane]);
    loaded_ = lane;
    return *search_;
  }

  std::unique_ptr<Search> search_;
  std::size_t first_lane_;
  std::size_t loaded_ = 0;
  std::vector<std::vector<NamedTensor>> kept_;  // by lane; that of the loaded one is out of date
  std::vector<double> best_totals_;  // by lane: asked for in every step, without a change of turns
  std::string own_prefix_ = lane_name(0, {});
};

}  // namespace

std::unique_ptr<Search> turns_search(std::unique_ptr<Search> search, std::size_t lanes,
                                     std::size_t first_lane) {
  if (lanes == 1 && first_lane == 0) return search;
  return std::make_unique<TurnsSearch>(std::move(search), lanes, first_lane);
}

}  // namespace palimpsest::inversion
