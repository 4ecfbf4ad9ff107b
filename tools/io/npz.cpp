#include "tools/io/npz.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "graph/error.h"
#include "tools/io/escape.h"
#include "tools/io/npy.h"

namespace palimpsest::tools {
namespace {

constexpr std::string_view suffix = ".npy";

/// N of "arr_N", when it is written as numpy.savez writes it.
std::optional<std::uint32_t> position_of(std::string_view name) {
  constexpr std::string_view prefix = "arr_";
  if (!name.starts_with(prefix)) return std::nullopt;
  const std::string_view digits = name.substr(prefix.size());
  std::uint32_t position = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), position);
  const bool whole = error == std::errc{} && end == digits.data() + digits.size();
  const bool canonical = digits.size() == 1 || !digits.starts_with('0');
  return whole && canonical ? std::optional(position) : std::nullopt;
}

void order_positional(std::vector<NamedTensor>& tensors) {
  const auto position = [](const NamedTensor& tensor) { return position_of(tensor.first); };
  if (!std::ranges::all_of(tensors, [&](const NamedTensor& t) { return position(t).has_value(); }))
    return;
  std::ranges::sort(tensors, {}, position);
  for (NamedTensor& tensor : tensors) tensor.first.clear();
}

/// Refuses a member whose .npy header disagrees with its declared size or passes the budget.
void check_sizes(const ZipMember& member, std::uint64_t& budget, std::string_view place) {
  const NpyHeader header =
      parse_npy_header(unpack_head(member, npy_max_header_bytes, place), place);
  if (header.file_bytes() != member.size)
    throw InputError(text(place, ": ", header.file_bytes(), " bytes expected for ",
                          header.stored.shape, ", ", member.size, " are declared"));
  const std::uint64_t needed = header.stored.decoded_bytes();
  if (needed > budget)
    throw InputError(
        text(place, ": at most ", budget, " more bytes expected, a tensor of ", needed, " came"));
  budget -= needed;
}

}  // namespace

TensorList parse_npz(ByteView file, std::string_view place, std::uint64_t max_bytes) {
  TensorList list;
  for (const ZipMember& member : parse_zip(file, place)) {
    const std::string_view name = member.name;
    const std::string at = text(place, ": member ", quoted_name(name));
    if (!name.ends_with(suffix) || name == "allow_pickle.npy") {
      list.warnings.push_back(text(at, " is no tensor of the update, ignored"));
      continue;
    }
    check_sizes(member, max_bytes, at);
    list.tensors.emplace_back(name.substr(0, name.size() - suffix.size()),
                              parse_npy(unpack(member, at), at));
  }
  order_positional(list.tensors);
  return list;
}

Bytes npz_bytes(const std::vector<NamedTensor>& tensors, Compression compression) {
  ZipWriter writer(compression);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto& [name, value] = tensors[i];
    writer.add(text(name.empty() ? text("arr_", i) : name, suffix), npy_bytes(value));
  }
  return writer.finish();
}

}  // namespace palimpsest::tools
