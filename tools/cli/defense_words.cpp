#include "tools/cli/defense_words.h"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "tools/cli/exit_code.h"
#include "tools/cli/words.h"
#include "tools/io/escape.h"
#include "tools/io/suggestion.h"

namespace palimpsest::tools {
namespace {

using inversion::Clipping;
using inversion::Defense;
using inversion::Scope;
using Numbers = std::vector<std::string_view>;  ///< the words behind the name

/// A name, the numbers that follow it, and how they become a defence.
struct Form {
  std::string_view name, numbers;
  std::size_t least, most;  ///< how many numbers
  Defense (*made)(const Numbers&);
};

double number(const Numbers& words, std::size_t position, double fallback = 0) {
  return position < words.size() ? parse_number(words[position]) : fallback;
}

Defense dp_sgd(const Numbers& words) {
  inversion::DpSgd defense{number(words, 0), number(words, 1)};
  defense.delta = number(words, 2, defense.delta);
  defense.sampling_rate = number(words, 3, defense.sampling_rate);
  return defense;
}

Defense quantization(const Numbers& words) {
  const std::int64_t bits = parse_integer(words[0]);
  if (bits < 2 || bits > 32) throw UsageError(text("2 to 32 bits expected, ", bits, " came"));
  return inversion::Quantization{static_cast<int>(bits)};
}

constexpr Form forms[] = {
    {"gaussian", ":SIGMA", 1, 1,
     [](const Numbers& n) -> Defense { return inversion::GaussianNoise{number(n, 0)}; }},
    {"laplace", ":SCALE", 1, 1,
     [](const Numbers& n) -> Defense { return inversion::LaplacianNoise{number(n, 0)}; }},
    {"clip", ":NORM", 1, 1,
     [](const Numbers& n) -> Defense {
       return Clipping{number(n, 0), Scope::all};
     }},
    {"clip-layer", ":NORM", 1, 1,
     [](const Numbers& n) -> Defense {
       return Clipping{number(n, 0), Scope::tensor};
     }},
    {"sparsify", ":SHARE", 1, 1,
     [](const Numbers& n) -> Defense {
       return inversion::Sparsification{number(n, 0), Scope::tensor};
     }},
    {"sparsify-global", ":SHARE", 1, 1,
     [](const Numbers& n) -> Defense {
       return inversion::Sparsification{number(n, 0), Scope::all};
     }},
    {"quantize", ":BITS", 1, 1, quantization},
    {"sign", "", 0, 0, [](const Numbers&) -> Defense { return inversion::SignCompression{false}; }},
    {"scaled-sign", "", 0, 0,
     [](const Numbers&) -> Defense { return inversion::SignCompression{true}; }},
    {"soteria", ":SHARE", 1, 1,
     [](const Numbers& n) -> Defense { return inversion::Soteria{number(n, 0)}; }},
    {"dp-sgd", ":NORM:NOISE[:DELTA[:RATE]]", 2, 4, dp_sgd},
    {"secure-aggregation", "", 0, 0,
     [](const Numbers&) -> Defense { return inversion::SecureAggregation{}; }}};

std::vector<std::string_view> split(std::string_view words, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= words.size();) {
    const std::size_t end = std::min(words.find(separator, begin), words.size());
    parts.push_back(words.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

const Form& form_of(std::string_view name) {
  std::vector<std::string> names;
  for (const Form& form : forms) {
    if (form.name == name) return form;
    names.emplace_back(form.name);
  }
  throw UsageError(text("one of ", defense_forms(), " expected, ", quoted_name(name), " came",
                        did_you_mean(name, names)));
}

Defense parse_defense(std::string_view word) {
  Numbers numbers = split(word, ':');
  const Form& form = form_of(numbers.front());
  numbers.erase(numbers.begin());
  if (numbers.size() < form.least || numbers.size() > form.most)
    throw UsageError(text(form.name, form.numbers, " expected, ", quoted_name(word), " came"));
  Defense defense;
  try {
    defense = form.made(numbers);
  } catch (const UsageError& error) {
    throw UsageError(text(form.name, form.numbers, ": ", error.what()));
  }
  inversion::check(defense);
  return defense;
}

/// The numbers with the colons before them, with as many digits as give them again.
template <class... T>
std::string colons(T... numbers) {
  std::string words;
  const auto add = [&](auto value) {
    std::array<char, 32> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    words += ':';
    words.append(digits.data(), end);
  };
  (add(numbers), ...);
  return words;
}

struct NumbersOf {
  std::string operator()(const inversion::GaussianNoise& d) const { return colons(d.sigma); }
  std::string operator()(const inversion::LaplacianNoise& d) const { return colons(d.scale); }
  std::string operator()(const Clipping& d) const { return colons(d.norm); }
  std::string operator()(const inversion::Sparsification& d) const { return colons(d.share); }
  std::string operator()(const inversion::Quantization& d) const { return colons(d.bits); }
  std::string operator()(const inversion::SignCompression&) const { return {}; }
  std::string operator()(const inversion::Soteria& d) const { return colons(d.share); }
  std::string operator()(const inversion::DpSgd& d) const {
    return colons(d.norm, d.noise_multiplier, d.delta, d.sampling_rate);
  }
  std::string operator()(const inversion::SecureAggregation&) const { return {}; }
};

}  // namespace

std::string defense_forms() {
  std::string words;
  for (const Form& form : forms) words += text(words.empty() ? "" : ", ", form.name, form.numbers);
  return words;
}

std::vector<Defense> parse_defenses(std::string_view words) {
  std::vector<Defense> defenses;
  if (words.empty()) return defenses;
  for (const std::string_view word : split(words, ',')) {
    try {
      defenses.push_back(parse_defense(word));
    } catch (const Error& error) {
      throw UsageError(text("--defense: ", error.what()));
    }
  }
  return defenses;
}

std::string words_of(const Defense& defense) {
  return text(inversion::name_of(defense), std::visit(NumbersOf{}, defense));
}

DefenseRecord record_of(const inversion::DefenseReport& report) {
  return {report.defense, {}, report.epsilon};
}

nlohmann::json defense_json(const inversion::DefenseReport& report) {
  nlohmann::json json{{"defense", words_of(report.defense)},
                      {"what", report.words},
                      {"relative_change", report.change}};
  if (report.epsilon) json["epsilon"] = *report.epsilon;
  return json;
}

}  // namespace palimpsest::tools
