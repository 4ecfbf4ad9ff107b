#include <cmath>
#include <limits>

#include "tests/tools/io_support.h"
#include "tools/io/npy.h"

namespace palimpsest::tools {
namespace {

using namespace testing;

/// A version 1.0 file with this header text and this much data.
Bytes npy_file(std::string_view header, std::size_t data_bytes) {
  Bytes out = bytes_of("\x93NUMPY\x01");
  append(out, std::uint8_t{0});
  append(out, static_cast<std::uint16_t>(header.size()));
  append(out, header);
  out.resize(out.size() + data_bytes);
  return out;
}

Bytes npy_file(std::string_view descr, std::string_view shape, std::size_t data_bytes) {
  return npy_file(
      text("{'descr': '", descr, "', 'fortran_order': False, 'shape': ", shape, ", }\n"),
      data_bytes);
}

template <class T>
std::vector<T> vector_of(const Literal& literal) {
  return {literal.values<T>().begin(), literal.values<T>().end()};
}

TEST_CASE("npy files of every version that NumPy writes are read") {
  for (const std::string_view name : {"version1.npy", "version2.npy", "version3.npy"}) {
    CAPTURE(name);
    const Literal literal = parse_npy(read_file(fixture(name)), name);
    CHECK(literal.shape() == Shape{2, 2});
    CHECK(vector_of<float>(literal) == std::vector<float>{0, 1, 2, 3});
  }
}

TEST_CASE("what npy_bytes writes, parse_npy reads back") {
  const std::vector<Literal> literals{
      Literal::scalar(1.5f), Literal::of({3}, std::vector<double>{1, 2, 3}),
      Literal::of({2, 1, 2}, std::vector<std::int64_t>{1, -2, 3, 4}),
      Literal::filled({DType::boolean, {2}}, 1), Literal::filled({DType::f32, {0, 4}}, 0)};
  for (const Literal& literal : literals) {
    const Bytes file = npy_bytes(literal);
    CHECK(parse_npy(file, "file") == literal);
    CHECK((file.size() - literal.type().bytes()) % 64 == 0);  // NumPy's alignment
  }
}

TEST_CASE("integers of every width and sign become i64") {
  const auto first = [](std::string_view descr, auto value) {
    Bytes file = npy_file(descr, "(1,)", 0);
    append(file, ByteView(reinterpret_cast<const std::byte*>(&value), sizeof(value)));
    return parse_npy(file, "file").integers().front();
  };
  CHECK(first("|i1", std::int8_t{-5}) == -5);
  CHECK(first("<i2", std::int16_t{-300}) == -300);
  CHECK(first("<i4", std::int32_t{-70'000}) == -70'000);
  CHECK(first("|u1", std::uint8_t{200}) == 200);
  CHECK(first("<u2", std::uint16_t{60'000}) == 60'000);
  CHECK(first("<u4", std::uint32_t{4'000'000'000}) == 4'000'000'000);
  CHECK(first("<u8", std::uint64_t{1} << 62) == std::int64_t{1} << 62);
  CHECK(first(">i2", std::uint16_t{0x0100}) == 1);
}

TEST_CASE("any byte but 0 is a true boolean") {
  Bytes file = npy_file("|b1", "(3,)", 0);
  for (const std::uint8_t byte : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{2}})
    append(file, byte);
  CHECK(parse_npy(file, "file").doubles() == std::vector<double>{0, 1, 1});
}

TEST_CASE("f2 becomes f32 exactly, subnormals, infinities and NaN included") {
  Bytes file = npy_file("<f2", "(7,)", 0);
  for (const std::uint16_t half :
       std::initializer_list<std::uint16_t>{0x3C00, 0xC000, 0x0001, 0x03FF, 0x7BFF, 0xFC00, 0x7E00})
    append(file, half);
  const std::vector<float> values = vector_of<float>(parse_npy(file, "file"));
  const std::vector<float> expected{
      1, -2, 0x1p-24f, 1023 * 0x1p-24f, 65504, -std::numeric_limits<float>::infinity()};
  CHECK(std::vector<float>(values.begin(), values.end() - 1) == expected);
  CHECK(std::isnan(values.back()));
}

TEST_CASE("Fortran order is transposed to row-major") {
  // Column-major 0 1 2 3 4 5 of [2, 3] is [[0, 2, 4], [1, 3, 5]].
  Bytes file = npy_file("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3)}", 0);
  for (std::uint8_t i = 0; i < 6; ++i) append(file, i);
  CHECK(parse_npy(file, "file").integers() == std::vector<std::int64_t>{0, 2, 4, 1, 3, 5});
}

TEST_CASE("headers are read as the literals they are, whatever the order and spacing") {
  for (const std::string_view header :
       {"{\"shape\":(2,),\"descr\":\"<f4\",\"fortran_order\":False}",
        "{ 'fortran_order' : False , 'shape' : ( 2 , ) , 'descr' : 'f4' , } \n",
        "{'descr': '=f4', 'fortran_order': False, 'shape': (2L,), }"}) {
    CAPTURE(header);
    CHECK(parse_npy(npy_file(header, 8), "file").shape() == Shape{2});
  }
}

TEST_CASE("damaged npy files are refused with the reason") {
  const Bytes good = npy_file("<f4", "(2,)", 8);
  const auto header = [](std::string_view text) { return npy_file(text, 8); };
  check_all_refused(
      {
          {"no magic", bytes_of("NUMPY\x01 and more"), "npy magic"},
          {"version 4", patched(good, 6, std::uint8_t{4}), "npy version 1.0, 2.0 or 3.0"},
          {"version 1.1", patched(good, 7, std::uint8_t{1}), "npy version 1.0, 2.0 or 3.0"},
          {"header longer than the file", patched(good, 8, std::uint16_t{9999}), "remain"},
          {"header too long", patched(good, 8, std::uint16_t{10'001}), "at most 10000 bytes"},
          {"objects", npy_file("|O", "(1,)", 8), "Python objects"},
          {"void", npy_file("|V8", "(1,)", 8), "'|V8' came"},
          {"date", npy_file("<M8[D]", "(1,)", 8), "came"},
          {"unicode", npy_file("<U3", "(1,)", 12), "came"},
          {"complex", npy_file("<c8", "(1,)", 8), "came"},
          {"long double", npy_file("<f16", "(1,)", 16), "came"},
          {"no order for four bytes", npy_file("|f4", "(1,)", 4), "came"},
          {"structured", header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}"),
           "structured"},
          {"key missing", header("{'descr': '<f4', 'fortran_order': False}"), "shape expected"},
          {"key twice",
           header("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}"),
           "once each"},
          {"foreign key", header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}"),
           "'x' came"},
          {"an expression", header("{'descr': '<f4', 'fortran_order': 1 == 2, 'shape': (2,)}"),
           "True or False"},
          {"a list of extents", header("{'descr': '<f4', 'fortran_order': False, 'shape': [2]}"),
           "'(' expected"},
          {"text after the end",
           header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} 1"),
           "end of the header"},
          {"an open string", header("{'descr"), "end of a string"},
          {"an int, not a tuple", npy_file("<f4", "(2)", 8), "after the only extent"},
          {"negative extent", npy_file("<f4", "(-2,)", 8), "extent of 0"},
          {"extent beyond i64", npy_file("<f4", "(99999999999999999999,)", 8), "extent of 0"},
          {"a product that wraps", npy_file("<f4", "(4294967296, 4294967296)", 8), "2^48"},
          {"huge extent", npy_file("<f4", "(1099511627777,)", 8), "2^40"},
          {"rank 17", npy_file("|u1", "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)", 1), "rank at most 16"},
          {"more data than declared", npy_file("<f4", "(2,)", 9), "bytes expected for [2]"},
          {"u8 beyond i64",
           patched(npy_file("<u8", "(1,)", 8), npy_file("<u8", "(1,)", 8).size() - 8,
                   ~std::uint64_t{0}),
           "below 2^63"},
      },
      [](ByteView file, std::string_view place) { parse_npy(file, place); });
}

TEST_CASE("npy files that need pickle or structure are refused as NumPy wrote them") {
  for (const std::string_view name : {"object.npy", "structured.npy", "date.npy", "string.npy"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(parse_npy(read_file(fixture(name)), name), InputError);
  }
}

TEST_CASE("an npy file truncated anywhere is refused") {
  check_prefixes_refused(npy_bytes(Literal::of({3}, std::vector<float>{1, 2, 3})),
                         [](ByteView file, std::string_view place) { parse_npy(file, place); });
}

}  // namespace
}  // namespace palimpsest::tools
