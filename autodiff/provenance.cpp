#include "autodiff/provenance.h"

#include <algorithm>
#include <charconv>

#include "graph/error.h"

namespace palimpsest::autodiff {
namespace {

constexpr std::string_view separator = ", ", cotangent = "cotangent", of_order = " of order ",
                           tangent = "tangent";

std::string with_word(std::string_view label, std::string_view word) {
  return label.empty() ? std::string(word) : text(label, separator, word);
}

/// The order that "cotangent" or "cotangent of order N" states; 0 for other words.
int order_stated(std::string_view word) {
  if (!word.starts_with(cotangent)) return 0;
  word.remove_prefix(cotangent.size());
  if (word.empty()) return 1;
  if (!word.starts_with(of_order)) return 0;
  word.remove_prefix(of_order.size());
  int order = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), order);
  return error == std::errc{} && end == word.data() + word.size() ? order : 0;
}

}  // namespace

Provenance provenance(std::string_view label) {
  Provenance result{label};
  while (true) {
    const std::size_t comma = result.source.rfind(separator);
    const bool alone = comma == std::string_view::npos;
    const std::string_view word =
        alone ? result.source : result.source.substr(comma + separator.size());
    const int order = order_stated(word);
    if (order == 0 && word != tangent) return result;
    result.reverse = std::max(result.reverse, order);
    if (order == 0) ++result.forward;
    result.source = result.source.substr(0, alone ? 0 : comma);
  }
}

std::string cotangent_label(std::string_view label, int order) {
  return with_word(label, order == 1 ? text(cotangent) : text(cotangent, of_order, order));
}

std::string tangent_label(std::string_view label) { return with_word(label, tangent); }

}  // namespace palimpsest::autodiff
