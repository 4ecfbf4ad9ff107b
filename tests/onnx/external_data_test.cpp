// Models that keep tensors in files beside themselves.

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "onnx_import/import.h"
#include "runtime/evaluate.h"
#include "tests/support/cpu.h"
#include "tests/support/model_bytes.h"

namespace palimpsest::testing {
namespace {

namespace fs = std::filesystem;

/// A directory with a model in it and a secret beside it; both go with the object.
class Sandbox {
 public:
  Sandbox() {
    std::string pattern = (fs::temp_directory_path() / "palimpsest-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()));
    root_ = pattern;
    fs::create_directories(models() / "sub");
    write(root_ / "secret", sixteen_bytes);
    write(models() / "data", sixteen_bytes);
    write(models() / "sub" / "data", sixteen_bytes);
  }
  ~Sandbox() { fs::remove_all(root_); }
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  fs::path root() const { return root_; }
  fs::path models() const { return root_ / "models"; }

  static void write(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }

  /// Imports x + w, where w [2] is where the entries say.
  Model import(const std::vector<std::pair<std::string, std::string>>& entries) const {
    const Message sum = graph({{node("Add", {"x", "w"}, {"y"})},
                               {external_tensor("w", {2}, entries)},
                               {value_info("x", {2})},
                               {value_info("y", {})}});
    write(models() / "model.onnx", model(sum));
    return onnx_import::load(models() / "model.onnx", {}, runtime::evaluator(cpu()));
  }

 private:
  // 1.0f, 2.0f, 3.0f, 4.0f
  const std::string sixteen_bytes{"\0\0\x80\x3f\0\0\0\x40\0\0\x40\x40\0\0\x80\x40", 16};
  fs::path root_;
};

}  // namespace

TEST_CASE("external data are read at their offset, also from subdirectories") {
  const Sandbox sandbox;
  const Model model = sandbox.import({{"location", "data"}, {"offset", "8"}, {"length", "8"}});
  REQUIRE(model.parameters.size() == 1);
  CHECK(model.parameters[0].initial.doubles() == std::vector<double>{3, 4});
  const Model deeper = sandbox.import({{"location", "./sub/data"}});
  CHECK(deeper.parameters[0].initial.doubles() == std::vector<double>{1, 2});
}

TEST_CASE("external data outside of the model's directory are refused") {
  const Sandbox sandbox;
  for (const std::string& path :
       {std::string("../secret"), std::string("sub/../../secret"), std::string("sub/../data"),
        (sandbox.root() / "secret").string(), std::string("sub//data"), std::string("."),
        std::string(""), std::string("data/"), std::string("data\0x", 6)}) {
    CAPTURE(path);
    CHECK_THROWS_AS(sandbox.import({{"location", path}}), ImportError);
  }
}

TEST_CASE("external data are not read through symbolic or hard links") {
  const Sandbox sandbox;
  fs::create_symlink(sandbox.root() / "secret", sandbox.models() / "link");
  fs::create_directory_symlink(sandbox.root(), sandbox.models() / "up");
  fs::create_hard_link(sandbox.root() / "secret", sandbox.models() / "hard");
  CHECK_THROWS_AS(sandbox.import({{"location", "link"}}), ImportError);
  CHECK_THROWS_AS(sandbox.import({{"location", "up/secret"}}), ImportError);
  CHECK_THROWS_AS(sandbox.import({{"location", "hard"}}), ImportError);
}

TEST_CASE("external data that are no regular file are refused") {
  const Sandbox sandbox;
  CHECK_THROWS_AS(sandbox.import({{"location", "sub"}}), ImportError);
  CHECK_THROWS_AS(sandbox.import({{"location", "missing"}}), ImportError);
}

TEST_CASE("ranges outside of the external file are refused") {
  const Sandbox sandbox;
  const auto refused = [&](const std::string& key, const std::string& value) {
    CAPTURE(key);
    CAPTURE(value);
    CHECK_THROWS_AS(sandbox.import({{"location", "data"}, {key, value}}), ImportError);
  };
  refused("offset", "9");
  refused("offset", "18446744073709551615");
  refused("offset", "-1");
  refused("offset", "0x4");
  refused("length", "9");
  refused("length", "-1");
  refused("length", "9000000000000000000");
  refused("length", "");
}

TEST_CASE("unknown and repeated keys of external data are refused") {
  const Sandbox sandbox;
  CHECK_THROWS_AS(sandbox.import({{"location", "data"}, {"__class__", "x"}}), ImportError);
  CHECK_THROWS_AS(sandbox.import({{"location", "data"}, {"location", "sub/data"}}), ImportError);
  CHECK_THROWS_AS(sandbox.import({{"offset", "0"}}), ImportError);
}

TEST_CASE("a model that comes as bytes has no external data") {
  const Message sum = graph({{node("Add", {"x", "w"}, {"y"})},
                             {external_tensor("w", {2}, {{"location", "data"}})},
                             {value_info("x", {2})},
                             {value_info("y", {})}});
  CHECK_THROWS_AS(onnx_import::load_bytes(as_bytes(model(sum)), {}, runtime::evaluator(cpu())),
                  ImportError);
}

TEST_CASE("a model path that is a directory or missing is refused") {
  const Sandbox sandbox;
  const auto evaluate = runtime::evaluator(cpu());
  CHECK_THROWS_AS(onnx_import::load(sandbox.models(), {}, evaluate), ImportError);
  CHECK_THROWS_AS(onnx_import::load(sandbox.models() / "none.onnx", {}, evaluate), IoError);
}

}  // namespace palimpsest::testing
