#include "tests/tools/io_support.h"
#include "tools/io/safetensors.h"

namespace palimpsest::tools {
namespace {

using namespace testing;

Bytes file_of(std::string_view header, std::size_t data_bytes) {
  Bytes out;
  append(out, std::uint64_t{header.size()});
  append(out, header);
  out.resize(out.size() + data_bytes);
  return out;
}

/// A file with one tensor "a" described by the fields.
Bytes entry(std::string_view fields, std::size_t data_bytes = 4) {
  return file_of(text("{\"a\":{", fields, "}}"), data_bytes);
}

void read(ByteView file, std::string_view place) { parse_safetensors(file, place); }

TEST_CASE("a file of the safetensors library is read, with all its dtypes and its metadata") {
  const Safetensors file =
      parse_safetensors(read_file(fixture("mixed.safetensors")), "mixed.safetensors");
  std::map<std::string, Literal> by_name(file.tensors.begin(), file.tensors.end());
  REQUIRE(by_name.size() == 8);
  CHECK(by_name["weight"] == Literal::of({2, 3}, std::vector<float>{0, 1, 2, 3, 4, 5}));
  CHECK(by_name["half"] == Literal::of({2}, std::vector<float>{0.5f, -2}));
  CHECK(by_name["brain"] == Literal::of({2}, std::vector<float>{1, -3}));
  CHECK(by_name["double"] == Literal::of({1}, std::vector<double>{0.1}));
  CHECK(by_name["num_batches_tracked"] == Literal::scalar<std::int64_t>(9));
  CHECK(by_name["small"].integers() == std::vector<std::int64_t>{-1, 2});
  CHECK(by_name["flags"].doubles() == std::vector<double>{1, 0});
  CHECK(by_name["empty"].shape() == Shape{0, 2});
  CHECK(file.metadata.at("format") == "pt");
}

TEST_CASE("what safetensors_bytes writes, parse_safetensors reads back in order") {
  const std::vector<NamedTensor> tensors{
      {"z", Literal::of({2}, std::vector<double>{1, 2})},
      {"a", Literal::scalar(1.0f)},
      {"日本", Literal::filled({DType::boolean, {3}}, 1)},
      {"n", Literal::of({1, 2}, std::vector<std::int64_t>{3, -4})}};
  const Safetensors file = parse_safetensors(safetensors_bytes(tensors, {{"k", "v\n"}}), "file");
  CHECK(file.tensors == tensors);
  CHECK(file.metadata == std::map<std::string, std::string>{{"k", "v\n"}});
}

TEST_CASE("a file without tensors is valid") {
  CHECK(parse_safetensors(file_of("{}", 0), "file").tensors.empty());
}

TEST_CASE("trailing spaces of the header are padding") {
  const Safetensors file = parse_safetensors(
      file_of(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}   )", 2), "file");
  CHECK(file.tensors.size() == 1);
}

TEST_CASE("writing refuses names that are missing, repeated or no UTF-8") {
  const Literal one = Literal::scalar(1.0f);
  CHECK_THROWS_AS(safetensors_bytes({{"", one}}), InputError);
  CHECK_THROWS_AS(safetensors_bytes({{"a", one}, {"a", one}}), InputError);
  CHECK_THROWS_AS(safetensors_bytes({{"__metadata__", one}}), InputError);
  CHECK_THROWS_AS(safetensors_bytes({{"\xFF", one}}), InputError);
}

TEST_CASE("damaged safetensors headers are refused with the reason") {
  Bytes long_header;
  append(long_header, (std::uint64_t{16} << 20) + 1);
  Bytes past_end;
  append(past_end, std::uint64_t{100});
  append(past_end, std::string_view("{}"));
  check_all_refused(
      {
          {"header too long", long_header, "at most 16777216 bytes"},
          {"header past the end", past_end, "remain"},
          {"no object", file_of("[]", 0), "a header {...}"},
          {"space before it", file_of(" {}", 0), "a header {...}"},
          {"newline behind it", file_of("{}\n", 0), "a header {...}"},
          {"no JSON", file_of("{a}", 0), "JSON"},
          {"two values", file_of("{}{}", 0), "JSON"},
          {"invalid UTF-8", file_of("{\"\xFF\":1}", 0), "JSON"},
          {"key twice",
           file_of(
               R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
               0),
           "occurs twice"},
          {"nested too deep", file_of(R"({"a":[[[[[]]]]]})", 0), "nested at most 4"},
      },
      read);
}

TEST_CASE("damaged safetensors entries are refused with the reason") {
  check_all_refused(
      {
          {"entry is no object", file_of(R"({"a":1})", 0), "an object of dtype"},
          {"missing field", entry(R"("dtype":"F32","shape":[1])"), "an object of dtype"},
          {"foreign field", entry(R"("dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1)"),
           "an object of dtype"},
          {"unknown dtype", entry(R"("dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1])", 1),
           "dtype F64"},
          {"dtype is no string", entry(R"("dtype":4,"shape":[1],"data_offsets":[0,4])"),
           "dtype F64"},
          {"negative extent", entry(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])"),
           "natural number"},
          {"fractional extent", entry(R"("dtype":"F32","shape":[1.0],"data_offsets":[0,4])"),
           "natural number"},
          {"shape is no array", entry(R"("dtype":"F32","shape":1,"data_offsets":[0,4])"),
           "an array"},
          {"extent near 2^64",
           entry(R"("dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4])"), "2^40"},
          {"product that wraps",
           entry(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4])"), "2^48"},
          {"rank 17",
           entry(
               R"("dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4])"),
           "rank"},
          {"one offset", entry(R"("dtype":"F32","shape":[1],"data_offsets":[4])"), "[begin, end]"},
          {"offsets swapped", entry(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"),
           "[begin, end]"},
          {"offsets too wide", entry(R"("dtype":"F32","shape":[1],"data_offsets":[0,8])", 8),
           "4 bytes expected"},
          {"offsets past the end", entry(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])", 0),
           "data bytes expected"},
          {"huge offsets",
           entry(
               R"("dtype":"F32","shape":[1],"data_offsets":[18446744073709551611,18446744073709551615])"),
           "no holes"},
          {"hole at the start", entry(R"("dtype":"F32","shape":[1],"data_offsets":[4,8])", 8),
           "no holes"},
          {"rest at the end", entry(R"("dtype":"F32","shape":[1],"data_offsets":[0,4])", 5),
           "data bytes expected"},
          {"overlap",
           file_of(
               R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
               6),
           "no overlaps"},
          {"same bytes twice",
           file_of(
               R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})",
               4),
           "no overlaps"},
          {"metadata is no object", file_of(R"({"__metadata__":[]})", 0), "__metadata__"},
          {"metadata value is no string", file_of(R"({"__metadata__":{"a":1}})", 0),
           "a string expected"},
      },
      read);
}

TEST_CASE("too many tensors are refused") {
  std::string header = "{\"t0\":0";
  for (int i = 1; i <= 100'000; ++i) header += text(",\"t", i, "\":0");
  const std::string error =
      input_error([&] { parse_safetensors(file_of(header + "}", 0), "file"); });
  CHECK(error.find("at most 100000 tensors") != std::string::npos);
}

TEST_CASE("tensors beyond the budget are refused, counted as they are decoded") {
  // 8 bytes in the file, 64 as i64.
  const Bytes file = file_of(R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})", 8);
  CHECK(parse_safetensors(file, "file", 64).tensors.size() == 1);
  CHECK_THROWS_AS(parse_safetensors(file, "file", 63), InputError);
}

TEST_CASE("a safetensors file truncated anywhere is refused") {
  check_prefixes_refused(read_file(fixture("mixed.safetensors")), read);
}

TEST_CASE("hostile names in messages cannot act on a terminal") {
  const std::string error =
      input_error([] { parse_safetensors(file_of("{\"\\u001b[2J\":1}", 0), "file"); });
  CHECK(error.find("\\x1B[2J") != std::string::npos);
  CHECK(error.find('\x1b') == std::string::npos);
}

}  // namespace
}  // namespace palimpsest::tools
