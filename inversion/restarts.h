#pragma once
// The account of an attack's restarts: which runs in which lane, what became of each, and the best
// candidate of those that have ended. What is found does not depend on the number of lanes: a
// restart that would not have begun, because one before it reached the target, does not count.

#include <optional>

#include "inversion/search.h"

namespace palimpsest::inversion {

class Restarts {
 public:
  struct Lane {
    std::optional<std::int64_t> restart;  ///< none: the lane rests
    std::int64_t iteration = 0;           ///< steps done in this restart
  };
  struct Best {
    BestCandidate candidate;
    std::int64_t restart = 0;
  };

  Restarts(std::int64_t restarts, std::size_t lanes);

  std::size_t lanes() const { return lanes_.size(); }
  const Lane& lane(std::size_t lane) const { return lanes_[lane]; }
  const std::vector<RestartReport>& reports() const { return reports_; }
  const Best& best() const { return best_; }
  /// No lane runs, and no further restart is needed.
  bool done() const;
  /// Steps done, those included that ended restarts have saved: restarts x iterations at the end.
  std::int64_t steps_done(std::int64_t iterations) const;

  /// Gives the lane the next restart that is needed; when there is none the lane rests.
  void begin(std::size_t lane);
  void count_step(std::size_t lane) { ++lanes_[lane].iteration; }
  /// Ends the lane's restart, with the best candidate that it found. Lanes that run restarts after
  /// one that reached the target rest from then on. Returns the lanes that were ended.
  std::vector<std::size_t> end(std::size_t lane, RestartOutcome outcome, std::string failure,
                               BestCandidate found);
  /// The candidate when it is better than the best, or as good and of an earlier restart.
  static void keep_better(Best& best, BestCandidate found, std::int64_t restart);

  std::vector<NamedTensor> state() const;
  /// `like`: one candidate's variables. Throws InputError when the state has other lanes.
  void restore(const std::vector<NamedTensor>& state, const std::vector<TensorType>& like);

 private:
  std::vector<std::size_t> drop_after(std::int64_t restart);

  std::vector<Lane> lanes_;
  std::vector<RestartReport> reports_;
  std::int64_t next_ = 0;  ///< the next restart that has not begun
  std::int64_t needed_;    ///< restarts before this one are needed
  Best best_;
};

}  // namespace palimpsest::inversion
