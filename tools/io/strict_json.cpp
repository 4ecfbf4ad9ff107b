#include "tools/io/strict_json.h"

#include <set>
#include <string>
#include <vector>

#include "graph/error.h"
#include "tools/io/escape.h"

namespace palimpsest::tools {
namespace {

using Event = nlohmann::json::parse_event_t;

/// Watches the parser; throwing from here stops it before it allocates more.
class Watch {
 public:
  Watch(const JsonLimits& limits, std::string_view place) : limits_(limits), place_(place) {}

  bool operator()(int depth, Event event, const nlohmann::json& value) {
    if (++values_ > limits_.values)
      throw InputError(
          text(place_, ": JSON of at most ", limits_.values, " values expected, more came"));
    if (event == Event::object_start || event == Event::array_start) {
      if (depth >= limits_.depth)
        throw InputError(
            text(place_, ": JSON nested at most ", limits_.depth, " deep expected, more came"));
    }
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::object_end) keys_.pop_back();
    if (event == Event::key && !keys_.back().insert(value.get<std::string>()).second)
      throw InputError(
          text(place_, ": JSON key ", quoted_name(value.get<std::string>()), " occurs twice"));
    return true;
  }

 private:
  JsonLimits limits_;
  std::string_view place_;
  std::size_t values_ = 0;
  std::vector<std::set<std::string>> keys_;  ///< one set for each object that is open
};

}  // namespace

nlohmann::json strict_json(std::string_view characters, const JsonLimits& limits,
                           std::string_view place) {
  Watch watch(limits, place);
  const auto observe = [&watch](int depth, Event event, nlohmann::json& value) {
    return watch(depth, event, value);
  };
  try {
    return nlohmann::json::parse(characters, observe);
  } catch (const nlohmann::json::exception& error) {
    throw InputError(text(place, ": JSON: ", terminal_text(error.what())));
  }
}

}  // namespace palimpsest::tools
