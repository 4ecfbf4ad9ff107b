#include "tools/io/safetensors.h"

#include <algorithm>
#include <array>

#include "graph/error.h"
#include "tools/io/byte_cursor.h"
#include "tools/io/element.h"
#include "tools/io/escape.h"
#include "tools/io/strict_json.h"

namespace palimpsest::tools {
namespace {

constexpr std::string_view metadata_key = "__metadata__";

struct ElementName {
  std::string_view name;
  Element element;
};
constexpr std::array<ElementName, 13> element_names{{{"F64", Element::f64},
                                                     {"F32", Element::f32},
                                                     {"F16", Element::f16},
                                                     {"BF16", Element::bf16},
                                                     {"I64", Element::i64},
                                                     {"I32", Element::i32},
                                                     {"I16", Element::i16},
                                                     {"I8", Element::i8},
                                                     {"U64", Element::u64},
                                                     {"U32", Element::u32},
                                                     {"U16", Element::u16},
                                                     {"U8", Element::u8},
                                                     {"BOOL", Element::boolean}}};

struct Entry {
  std::string name;
  StoredTensor stored;
  std::uint64_t begin = 0, end = 0;
};

/// Writes "place: tensor 'name'" once for all errors of an entry.
std::string at(std::string_view place, std::string_view name) {
  return text(place, ": tensor ", quoted_name(name));
}

std::uint64_t natural_number(const nlohmann::json& value, std::string_view place) {
  if (!value.is_number_unsigned())
    throw InputError(text(place, ": a natural number expected, ", value.type_name(), " came"));
  return value.get<std::uint64_t>();
}

std::vector<std::uint64_t> natural_numbers(const nlohmann::json& value, std::string_view place) {
  if (!value.is_array())
    throw InputError(text(place, ": an array expected, ", value.type_name(), " came"));
  std::vector<std::uint64_t> numbers;
  for (const nlohmann::json& element : value) numbers.push_back(natural_number(element, place));
  return numbers;
}

Element element_of(const nlohmann::json& value, std::string_view place) {
  const std::string name = value.is_string() ? value.get<std::string>() : value.type_name();
  for (const ElementName& row : element_names)
    if (row.name == name) return row.element;
  throw InputError(text(place, ": dtype F64, F32, F16, BF16, I8..I64, U8..U64 or BOOL expected, ",
                        quoted_name(name), " came"));
}

Shape shape_of(const nlohmann::json& value, std::string_view place) {
  std::vector<std::int64_t> extents;
  for (const std::uint64_t extent : natural_numbers(value, place)) {
    // Beyond i64 it would wrap; any value above 2^40 is refused by Shape.
    extents.push_back(static_cast<std::int64_t>(std::min(extent, std::uint64_t{1} << 62)));
  }
  return checked_shape(std::move(extents), place);
}

Entry read_entry(const std::string& name, const nlohmann::json& value, std::string_view place) {
  const std::string here = at(place, name);
  const bool complete = value.is_object() && value.size() == 3 && value.contains("dtype") &&
                        value.contains("shape") && value.contains("data_offsets");
  if (!complete)
    throw InputError(text(here, ": an object of dtype, shape and data_offsets expected"));
  Entry entry{
      name,
      {element_of(value["dtype"], here), std::endian::little, shape_of(value["shape"], here)}};
  const std::vector<std::uint64_t> offsets = natural_numbers(value["data_offsets"], here);
  if (offsets.size() != 2 || offsets[0] > offsets[1])
    throw InputError(text(here, ": data_offsets [begin, end] with begin <= end expected"));
  entry.begin = offsets[0];
  entry.end = offsets[1];
  if (entry.end - entry.begin != entry.stored.stored_bytes())
    throw InputError(text(here, ": ", entry.stored.stored_bytes(), " bytes expected for shape ",
                          entry.stored.shape, ", ", entry.end - entry.begin, " came"));
  return entry;
}

std::map<std::string, std::string> read_metadata(const nlohmann::json& value,
                                                 std::string_view place) {
  std::map<std::string, std::string> metadata;
  if (!value.is_object()) throw InputError(text(place, ": __metadata__: an object expected"));
  for (const auto& [key, element] : value.items()) {
    if (!element.is_string())
      throw InputError(text(place, ": __metadata__ ", quoted_name(key), ": a string expected, ",
                            element.type_name(), " came"));
    metadata[key] = element.get<std::string>();
  }
  return metadata;
}

/// In the order of their bytes, which must cover the data exactly: no hole, no overlap, no rest.
void check_layout(std::vector<Entry>& entries, std::uint64_t data_bytes, std::string_view place) {
  std::ranges::sort(entries, {}, [](const Entry& e) { return std::pair(e.begin, e.end); });
  std::uint64_t position = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != position)
      throw InputError(text(at(place, entry.name), ": offset ", position, " expected (no ",
                            entry.begin > position ? "holes" : "overlaps", "), ", entry.begin,
                            " came"));
    position = entry.end;
  }
  if (position != data_bytes)
    throw InputError(text(place, ": ", position, " data bytes expected, ", data_bytes, " came"));
}

std::string_view header_text(ByteCursor& cursor, std::string_view place) {
  constexpr std::uint64_t longest = std::uint64_t{16} << 20;
  const auto length = cursor.read<std::uint64_t>("header length");
  if (length > longest)
    throw InputError(
        text(place, ": a header of at most ", longest, " bytes expected, ", length, " came"));
  std::string_view header = characters(cursor.take(length, "header"));
  header = header.substr(0, header.find_last_not_of(' ') + 1);
  if (!header.starts_with('{') || !header.ends_with('}'))
    throw InputError(text(place, ": a header {...} expected, other bytes came"));
  return header;
}

std::string_view stored_name(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "F32";
    case DType::f64:
      return "F64";
    case DType::i64:
      return "I64";
    case DType::bf16:
      return "BF16";
    case DType::boolean:
      break;
  }
  return "BOOL";
}

/// The header's bytes, padded so that data start aligned.
std::string serialized(const nlohmann::json& header) {
  try {
    std::string out = header.dump();
    out.resize((out.size() + 7) / 8 * 8, ' ');
    return out;
  } catch (const nlohmann::json::exception&) {
    throw InputError("safetensors: names and metadata in UTF-8 expected, other bytes came");
  }
}

}  // namespace

Safetensors parse_safetensors(ByteView file, std::string_view place, std::uint64_t max_bytes) {
  constexpr std::size_t most_tensors = 100'000;
  ByteCursor cursor(file, std::string(place));
  const std::string_view header_bytes = header_text(cursor, place);
  const nlohmann::json header = strict_json(header_bytes, {.depth = 4}, place);
  const ByteView data = cursor.take(cursor.remaining(), "data");
  if (header.size() > most_tensors)
    throw InputError(
        text(place, ": at most ", most_tensors, " tensors expected, ", header.size(), " came"));

  Safetensors result;
  std::vector<Entry> entries;
  for (const auto& [name, value] : header.items()) {
    if (name == metadata_key)
      result.metadata = read_metadata(value, place);
    else
      entries.push_back(read_entry(name, value, place));
  }
  check_layout(entries, data.size(), place);
  for (const Entry& entry : entries) {
    const std::uint64_t needed = entry.stored.decoded_bytes();
    if (needed > max_bytes)
      throw InputError(text(at(place, entry.name), ": at most ", max_bytes,
                            " more bytes expected, ", needed, " came"));
    max_bytes -= needed;
    const ByteView bytes = data.subspan(entry.begin, entry.end - entry.begin);
    result.tensors.emplace_back(entry.name, decode(entry.stored, bytes, at(place, entry.name)));
  }
  return result;
}

Bytes safetensors_bytes(const std::vector<NamedTensor>& tensors,
                        const std::map<std::string, std::string>& metadata) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header[metadata_key] = metadata;
  std::uint64_t position = 0;
  for (const auto& [name, value] : tensors) {
    if (name.empty() || name == metadata_key || header.contains(name))
      throw InputError(text("safetensors: a name of its own expected for every tensor, ",
                            quoted_name(name), " came"));
    const std::uint64_t end = position + value.type().bytes();
    header[name] = {
        {"dtype", stored_name(value.dtype())},
        {"shape", std::vector<std::int64_t>(value.shape().begin(), value.shape().end())},
        {"data_offsets", {position, end}}};
    position = end;
  }
  std::string header_text = serialized(header);

  Bytes out;
  out.reserve(8 + header_text.size() + position);
  append(out, static_cast<std::uint64_t>(header_text.size()));
  append(out, header_text);
  for (const auto& [name, value] : tensors)
    append(out, ByteView(value.bytes(), value.type().bytes()));
  return out;
}

}  // namespace palimpsest::tools
