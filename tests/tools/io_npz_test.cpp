#include <zlib.h>

#include "tests/tools/io_support.h"
#include "tools/io/npy.h"
#include "tools/io/npz.h"

namespace palimpsest::tools {
namespace {

using namespace testing;

const NamedTensor& tensor(const TensorList& list, std::string_view name) {
  for (const NamedTensor& candidate : list.tensors)
    if (candidate.first == name) return candidate;
  FAIL("no tensor " << name);
  return list.tensors.front();
}

std::vector<NamedTensor> two_tensors() {
  return {{"b", Literal::of({2}, std::vector<float>{1, 2})},
          {"a", Literal::scalar<std::int64_t>(7)}};
}

void read(ByteView file, std::string_view place) { parse_npz(file, place); }

/// Positions of the fields of an archive with one stored member "a.npy".
struct OneMember {
  Bytes bytes = npz_bytes({{"a", Literal::of({2}, std::vector<float>{1, 2})}}, Compression::stored);
  std::size_t end = bytes.size() - 22;
  std::size_t entry = end - 46 - 5;
};

TEST_CASE("arr_10 comes after arr_2 and positional members have no name") {
  const TensorList list = parse_npz(read_file(fixture("positional.npz")), "positional.npz");
  REQUIRE(list.tensors.size() == 12);
  for (std::size_t i = 0; i < 12; ++i) {
    CHECK(list.tensors[i].first.empty());
    CHECK(list.tensors[i].second.doubles().front() == static_cast<double>(i));
  }
}

TEST_CASE("a compressed npz with every kind of member that NumPy writes is read") {
  const TensorList list = parse_npz(read_file(fixture("mixed.npz")), "mixed.npz");
  CHECK(list.warnings.empty());
  CHECK(list.tensors.front().first == "conv1.weight");
  CHECK(tensor(list, "conv1.weight").second ==
        Literal::of({2, 3}, std::vector<float>{0, 1, 2, 3, 4, 5}));
  CHECK(tensor(list, "fortran").second.doubles()[1] == 1);
  CHECK(tensor(list, "fortran").second.doubles()[12] == 12);
  CHECK(tensor(list, "big").second.doubles() == std::vector<double>{0, 1, 2});
  CHECK(tensor(list, "half").second.doubles()[2] == 65504);
  CHECK(tensor(list, "scalar").second == Literal::scalar(7.0f));
  CHECK(tensor(list, "steps").second.integers() == std::vector<std::int64_t>{-3, 5});
  CHECK(tensor(list, "flags").second.dtype() == DType::boolean);
  CHECK(tensor(list, "bytes").second.integers() == std::vector<std::int64_t>{0, 255});
  CHECK(tensor(list, "empty").second.shape() == Shape{0, 3});
}

TEST_CASE("an npz written to a pipe, with sizes behind the data, is read") {
  const TensorList list = parse_npz(read_file(fixture("streamed.npz")), "streamed.npz");
  CHECK(tensor(list, "weight").second.doubles() == std::vector<double>{0, 1, 2, 3});
}

TEST_CASE("what npz_bytes writes, parse_npz reads back in order") {
  for (const Compression compression : {Compression::stored, Compression::deflated})
    CHECK(parse_npz(npz_bytes(two_tensors(), compression), "file").tensors == two_tensors());
}

TEST_CASE("nameless tensors are written as arr_N") {
  const std::vector<NamedTensor> nameless{{"", Literal::scalar(1.0f)}, {"", Literal::scalar(2.0f)}};
  const Bytes file = npz_bytes(nameless);
  CHECK(parse_zip(file, "file")[1].name == "arr_1.npy");
  CHECK(parse_npz(file, "file").tensors == nameless);
}

TEST_CASE("members that are no tensors are left out with a warning") {
  ZipWriter writer(Compression::stored);
  writer.add("notes.txt", byte_view("hello"));
  writer.add("allow_pickle.npy", npy_bytes(Literal::filled({DType::boolean, {}}, 0)));
  writer.add("w.npy", npy_bytes(Literal::scalar(1.0f)));
  const TensorList list = parse_npz(writer.finish(), "file");
  CHECK(list.tensors.size() == 1);
  REQUIRE(list.warnings.size() == 2);
  CHECK(list.warnings[0].find("'notes.txt'") != std::string::npos);
}

TEST_CASE("a comment behind the archive is no damage") {
  Bytes file = npz_bytes(two_tensors());
  file = patched(file, file.size() - 2, std::uint16_t{3});
  append(file, std::string_view("abc"));
  CHECK(parse_npz(file, "file").tensors.size() == 2);
}

/// An archive of one stored member whose sizes and offsets all stand in zip64 records.
Bytes zip64_file() {
  const Bytes npy = npy_bytes(Literal::scalar(3.0f));
  const auto crc = static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(npy.data()), npy.size()));
  Bytes out;
  for (const std::uint32_t word : {0x04034b50u, 45u, 0u, 0u}) append(out, word);
  out.resize(26);
  append(out, std::uint32_t{5});
  append(out, std::string_view("a.npy"));
  append(out, npy);
  const std::uint64_t directory = out.size();
  append(out, std::uint32_t{0x02014b50});
  for (const std::uint16_t field : std::initializer_list<std::uint16_t>{45, 45, 0, 0, 0, 0})
    append(out, field);
  append(out, crc);
  append(out, ~std::uint32_t{0});
  append(out, ~std::uint32_t{0});
  for (const std::uint16_t field : std::initializer_list<std::uint16_t>{5, 28, 0, 0, 0, 0, 0})
    append(out, field);
  append(out, ~std::uint32_t{0});
  append(out, std::string_view("a.npy"));
  append(out, std::uint16_t{1});
  append(out, std::uint16_t{24});
  for (const std::uint64_t field : {npy.size(), npy.size(), std::size_t{0}})
    append(out, std::uint64_t{field});
  const std::uint64_t end = out.size();
  append(out, std::uint32_t{0x06064b50});
  for (const std::uint64_t field : {std::uint64_t{44}, std::uint64_t{0}}) append(out, field);
  append(out, std::uint32_t{0});
  for (const std::uint64_t field : {std::uint64_t{1}, std::uint64_t{1}, end - directory, directory})
    append(out, field);
  append(out, std::uint32_t{0x07064b50});
  append(out, std::uint32_t{0});
  append(out, end);
  append(out, std::uint32_t{1});
  append(out, std::uint32_t{0x06054b50});
  for (const std::uint16_t field : std::initializer_list<std::uint16_t>{0, 0, 0xFFFF, 0xFFFF})
    append(out, field);
  append(out, ~std::uint32_t{0});
  append(out, ~std::uint32_t{0});
  append(out, std::uint16_t{0});
  return out;
}

TEST_CASE("zip64 records are read where the short fields are saturated") {
  const TensorList list = parse_npz(zip64_file(), "file");
  REQUIRE(list.tensors.size() == 1);
  CHECK(list.tensors[0].second == Literal::scalar(3.0f));
}

TEST_CASE("zip64 archives truncated or with lies are refused") {
  const Bytes good = zip64_file();
  const std::size_t locator = good.size() - 22 - 20, end64 = locator - 56;
  check_prefixes_refused(good, read);
  check_all_refused(
      {{"no locator", patched(good, locator, std::uint32_t{0}), "zip64 locator"},
       {"record elsewhere", patched(good, locator + 8, std::uint64_t{0}), "before its locator"},
       {"record damaged", patched(good, end64, std::uint32_t{0}), "zip64 end record"},
       {"two disks", patched(good, end64 + 24, std::uint64_t{2}), "single disk"},
       {"too many entries",
        patched(patched(good, end64 + 24, std::uint64_t{1} << 40), end64 + 32,
                std::uint64_t{1} << 40),
        "entries"},
       {"huge directory", patched(good, end64 + 40, ~std::uint64_t{0}), "central directory"},
       {"no zip64 extra", patched(good, end64 - 28, std::uint16_t{2}),
        "zip64 extra field expected"},
       {"short zip64 extra", patched(good, end64 - 26, std::uint16_t{20}), "zip64 extra field"},
       {"huge member",
        patched(patched(good, end64 - 24, ~std::uint64_t{0}), end64 - 16, ~std::uint64_t{0}),
        "packed bytes"},
       {"member behind the end", patched(good, end64 - 8, std::uint64_t{1} << 50), "local header"}},
      read);
}

TEST_CASE("damaged archives are refused with the reason") {
  const OneMember good;
  const Bytes& bytes = good.bytes;
  const std::size_t entry = good.entry, end = good.end;
  check_all_refused(
      {
          {"no archive", bytes_of("PK and then nothing of the kind.."), "end record"},
          {"several disks", patched(bytes, end + 4, std::uint16_t{1}), "single disk"},
          {"directory too long", patched(bytes, end + 12, std::uint32_t{60}), "central directory"},
          {"directory elsewhere", patched(bytes, end + 16, std::uint32_t{0}), "central directory"},
          {"more entries than fit",
           patched(patched(bytes, end + 8, std::uint16_t{9}), end + 10, std::uint16_t{9}),
           "entries"},
          {"fewer entries than there are",
           patched(patched(bytes, end + 8, std::uint16_t{0}), end + 10, std::uint16_t{0}),
           "after the last"},
          {"entry signature", patched(bytes, entry, std::uint32_t{0}), "directory entry expected"},
          {"encrypted", patched(bytes, entry + 8, std::uint16_t{1}), "encrypted"},
          {"strange flags", patched(bytes, entry + 8, std::uint16_t{0x2000}), "unsupported flags"},
          {"bzip2", patched(bytes, entry + 10, std::uint16_t{12}), "method"},
          {"CRC", patched(bytes, entry + 16, std::uint32_t{1}), "CRC"},
          {"packed longer than the room", patched(bytes, entry + 20, std::uint32_t{100'000}),
           "packed bytes expected"},
          {"stored with two sizes", patched(bytes, entry + 24, std::uint32_t{1}),
           "cannot come from"},
          {"name beyond the directory", patched(bytes, entry + 28, std::uint16_t{500}),
           "member name"},
          {"another disk", patched(bytes, entry + 34, std::uint16_t{3}), "another disk"},
          {"local header elsewhere", patched(bytes, entry + 42, std::uint32_t{1}), "local header"},
          {"local header past the end", patched(bytes, entry + 42, std::uint32_t{1'000'000}),
           "local header"},
          {"local name differs", patched(bytes, 30, std::uint8_t{'b'}), "another name"},
          {"local extra past the member", patched(bytes, 28, std::uint16_t{60'000}), "local extra"},
      },
      read);
}

TEST_CASE("members that overlap or repeat are refused") {
  const Bytes both = npz_bytes(two_tensors(), Compression::stored);
  const std::size_t end = both.size() - 22, second = end - 51, first = second - 51;
  const Bytes overlapping = patched(both, second + 42, std::uint32_t{0});
  const Bytes inside = patched(both, second + 42, std::uint32_t{40});
  Bytes repeated = patched(both, second + 46, std::uint8_t{'b'});
  CHECK(both[first + 46] == std::byte{'b'});
  check_all_refused({{"same place", overlapping, "local header"},
                     {"one within the other", inside, "zip"},
                     {"same name", repeated, "occurs twice"}},
                    read);
}

/// An archive of one deflated member with any packed bytes.
Bytes deflated_file(ByteView content) {
  ZipWriter writer(Compression::deflated);
  writer.add("a.npy", content);
  return writer.finish();
}

TEST_CASE("deflated members must unpack to what they declare") {
  const Bytes npy = npy_bytes(Literal::of({64}, std::vector<float>(64, 1.0f)));
  const Bytes good = deflated_file(npy);
  const auto declaring = [](const Bytes& file, std::uint32_t size) {
    const std::size_t entry = file.size() - 22 - 51;
    return patched(file, entry + 24, size);
  };
  const auto size = static_cast<std::uint32_t>(npy.size());
  Bytes longer = npy;
  longer.resize(npy.size() + 100);
  check_all_refused({{"damaged stream", patched(good, 35, ~std::uint64_t{0}), "deflate data"},
                     {"longer than its npy header", deflated_file(longer), "are declared"},
                     {"more than declared", declaring(deflated_file(longer), size), "more came"},
                     {"less than declared", declaring(good, size + 4), "are declared"},
                     {"impossible ratio", declaring(good, 0x7FFFFFFF), "cannot come from"}},
                    read);
}

TEST_CASE("a bomb is refused by its npy header and the budget before it is unpacked") {
  const Literal zeros = Literal::filled({DType::boolean, {4'000'000}}, 0);
  const Bytes bomb = npz_bytes({{"a", zeros}, {"b", zeros}});
  CHECK(bomb.size() < 20'000);
  CHECK(parse_npz(bomb, "file", 8'000'000).tensors.size() == 2);
  CHECK(input_error([&] {
          parse_npz(bomb, "file", 7'999'999);
        }).find("at most 3999999 more bytes") != std::string::npos);
}

TEST_CASE("an archive truncated anywhere is refused") {
  check_prefixes_refused(npz_bytes(two_tensors()), read);
  check_prefixes_refused(read_file(fixture("streamed.npz")), read);
}

TEST_CASE("no single flipped bit of an archive does more than change or refuse it") {
  const Bytes good = npz_bytes(two_tensors());
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes file = good;
    file[bit / 8] ^= std::byte{1} << (bit % 8);
    refused += input_error([&] { parse_npz(file, "file"); }).empty() ? 0 : 1;
  }
  // What survives: dates, versions, attributes, local sizes, CRC and flags, which nobody trusts.
  CHECK(refused > good.size() * 4);
}

}  // namespace
}  // namespace palimpsest::tools
