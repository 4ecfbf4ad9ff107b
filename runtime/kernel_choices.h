#pragma once
// Which algorithm computes which kind of node, where several can: what was measured once, and what
// later programs are to take over. A plain value; where it is kept is the caller's.

#include <map>
#include <string>

namespace palimpsest::runtime {

/// Whether kernels that no choice is known for may be timed while a program is compiled.
enum class Measuring { refused, allowed };

/// One choice by key. A key says all that decides which algorithm is fastest on one machine: the
/// primitive, its geometry, dtypes, which operands are constant, the number of threads. Not
/// thread-safe: programs that share choices are compiled one after the other.
class KernelChoices {
 public:
  enum class Source { recorded, measured };

  struct Choice {
    std::string algorithm;
    Source source = Source::recorded;
    bool used = false;  ///< a kernel asked for it
  };

  explicit KernelChoices(Measuring measuring = Measuring::refused) : measuring_(measuring) {}

  bool may_measure() const { return measuring_ == Measuring::allowed; }

  /// What was chosen before; replaces what was known of this key.
  void record(const std::string& key, std::string algorithm) {
    choices_[key] = {std::move(algorithm), Source::recorded, false};
  }
  /// What was measured now, for a kernel that takes it at once.
  void measured(const std::string& key, std::string algorithm) {
    choices_[key] = {std::move(algorithm), Source::measured, true};
  }
  /// The algorithm to take, and that it was; null when nothing is known of the key.
  const std::string* use(const std::string& key) {
    const auto it = choices_.find(key);
    if (it == choices_.end()) return nullptr;
    it->second.used = true;
    return &it->second.algorithm;
  }

  const std::map<std::string, Choice>& all() const { return choices_; }

 private:
  Measuring measuring_;
  std::map<std::string, Choice> choices_;
};

}  // namespace palimpsest::runtime
