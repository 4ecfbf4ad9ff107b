#include "tests/tools/io_support.h"
#include "tools/io/update_reader.h"

namespace palimpsest::tools {
namespace {

using namespace testing;
namespace fs = std::filesystem;

/// A TensorProto: field 1 dims (packed), 2 data_type, 8 name, 9 raw_data. One f32 element.
Bytes tensor_proto(std::string_view name, float value) {
  Bytes out = bytes_of(std::string_view("\x0A\x01\x01\x10\x01", 5));
  append(out, std::uint8_t{0x42});
  append(out, static_cast<std::uint8_t>(name.size()));
  append(out, name);
  append(out, std::string_view("\x4A\x04"));
  append(out, std::bit_cast<std::uint32_t>(value));
  return out;
}

TEST_CASE("an ONNX file gives its float initializers as weights") {
  const fs::path model = fs::path(PALIMPSEST_SOURCE_DIR) / "tests/golden/lenet.ts.onnx";
  const UpdateFile update = read_update(model);
  CHECK(update.format == "ONNX model");
  CHECK(update.metadata.kind == inversion::SentKind::weights);
  CHECK(update.tensors.size() >= 8);
  for (const auto& [name, tensor] : update.tensors) CHECK_FALSE(name.empty());
}

TEST_CASE("a TensorProto file gives one tensor under its own name") {
  const ScratchFolder folder;
  write_atomically(folder / "x.pb", tensor_proto("fc.bias", 2.5f));
  const UpdateFile update = read_update(folder / "x.pb");
  REQUIRE(update.tensors.size() == 1);
  CHECK(update.tensors[0] == NamedTensor("fc.bias", Literal::of({1}, std::vector<float>{2.5f})));
}

TEST_CASE("a folder of TensorProto files is named by tensor, else by stem, else by position") {
  const ScratchFolder folder;
  write_atomically(folder / "input_0.pb", tensor_proto("", 0));
  write_atomically(folder / "grad_fc.bias.pb", tensor_proto("", 1));
  write_atomically(folder / "z.pb", tensor_proto("own", 2));
  const UpdateFile update = read_update(folder.path());
  CHECK(update.format == "TensorProto folder");
  REQUIRE(update.tensors.size() == 3);
  CHECK(update.tensors[0].first == "fc.bias");
  CHECK(update.tensors[1].first.empty());
  CHECK(update.tensors[2].first == "own");
}

TEST_CASE("damaged TensorProto and ONNX files are refused by a typed error") {
  const ScratchFolder folder;
  const Bytes good = tensor_proto("w", 1);
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    write_atomically(folder / "x.pb", truncated(good, size));
    CHECK_THROWS_AS(read_update(folder / "x.pb"), Error);
  }
  write_atomically(folder / "x.onnx", std::string_view("no model"));
  CHECK_THROWS_AS(read_update(folder / "x.onnx"), Error);
}

}  // namespace
}  // namespace palimpsest::tools
