// Choices of kernels on disk: the file's checks, the cache of a machine, and a run that is resumed.

#include <doctest/doctest.h>

#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/tools/io_support.h"
#include "tools/cli/kernel_cache.h"
#include "tools/io/kernel_choices_file.h"

namespace palimpsest::tools {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ScratchFolder;
using testing::Variable;

/// What is said on standard error while it lives.
class Said {
 public:
  Said() : before_(std::cerr.rdbuf(words_.rdbuf())) {}
  ~Said() { std::cerr.rdbuf(before_); }
  Said(const Said&) = delete;
  std::string text() const { return words_.str(); }
  bool has(std::string_view words) const { return text().find(words) != std::string::npos; }

 private:
  std::ostringstream words_;
  std::streambuf* before_;
};

std::string content_of(const fs::path& file) { return std::string(characters(read_file(file))); }

/// The one file of a cache.
fs::path file_in(const fs::path& cache) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(cache / "palimpsest"))
    files.push_back(entry.path());
  REQUIRE(files.size() == 1);
  return files.front();
}

/// A cache that measured one choice and kept it.
void keep(const std::string& key, const std::string& algorithm) {
  KernelCache cache{Console(Format::json)};
  cache.choices().measured(key, algorithm);
  cache.save();
}

}  // namespace

TEST_CASE("Choices of kernels come back from their file as they were") {
  const StoredChoices stored{"a machine", {{"conv f32[1,2]", "own:gemm"}, {"matmul", "a \"b\""}}};
  const StoredChoices back = parse_kernel_choices(kernel_choices_json(stored), "the-file");
  CHECK(back.machine == stored.machine);
  CHECK(back.algorithms == stored.algorithms);
}

TEST_CASE("A damaged file of choices is refused by what is wrong with it") {
  const auto file = [](const std::string& choices, const std::string& more = "") {
    return testing::bytes_of(R"({"schema_version": 1, "machine": "m", "choices": )" + choices +
                             more + "}");
  };
  const std::string long_name(65, 'x'), long_key(1025, 'k');
  const auto read = [](ByteView bytes, std::string_view place) {
    parse_kernel_choices(characters(bytes), place);
  };
  testing::check_all_refused(
      {{"no JSON", testing::bytes_of("PK"), "JSON"},
       {"a list", testing::bytes_of("[]"), "an object expected"},
       {"no machine", testing::bytes_of(R"({"schema_version": 1, "choices": {}})"), "'machine'"},
       {"another version",
        testing::bytes_of(R"({"schema_version": 2, "machine": "m", "choices": {}})"),
        "schema_version 1 expected, 2 came"},
       {"an empty machine",
        testing::bytes_of(R"({"schema_version": 1, "machine": "", "choices": {}})"),
        "machine: 1 to"},
       {"unknown member", file("{}", R"(, "more": 1)"), "unknown member 'more'"},
       {"choices in a list", file("[]"), "choices: an object expected"},
       {"a number", file(R"({"k": 1})"), "algorithm: a string expected, number came"},
       {"a long name", file(R"({"k": ")" + long_name + R"("})"), "algorithm: 1 to 64"},
       {"a long key", file(R"({")" + long_key + R"(": "a"})"), "key of a choice: 1 to 1024"},
       {"a control character", file(R"({"k": "\u001b[2J"})"), "algorithm: 1 to 64"},
       {"a key twice", file(R"({"k": "a", "k": "b"})"), "occurs twice"},
       {"deep nesting", file("[[[[[[]]]]]]"), "nested at most"}},
      read);
  testing::check_prefixes_refused(
      testing::bytes_of(R"({"schema_version": 1, "machine": "m", "choices": {"k": "a"}})"), read);
}

TEST_CASE("The cache lies where XDG_CACHE_HOME says, else in .cache of HOME, else nowhere") {
  const Variable home("HOME", "/home/someone");
  {
    const Variable xdg("XDG_CACHE_HOME", "/var/tmp/caches");
    CHECK(cache_folder() == fs::path("/var/tmp/caches/palimpsest"));
  }
  {
    const Variable xdg("XDG_CACHE_HOME", "relative/caches");
    CHECK(cache_folder() == fs::path("/home/someone/.cache/palimpsest"));
  }
  const Variable xdg("XDG_CACHE_HOME", std::nullopt);
  CHECK(cache_folder() == fs::path("/home/someone/.cache/palimpsest"));
  const Variable no_home("HOME", std::nullopt);
  CHECK_FALSE(cache_folder().has_value());
}

TEST_CASE("What was measured is known to the next cache, beside what was known before") {
  const ScratchFolder folder;
  const Variable xdg("XDG_CACHE_HOME", folder.path().string());
  const Said said;
  keep("first", "a");
  keep("second", "b");
  KernelCache cache{Console(Format::json)};
  REQUIRE(cache.choices().use("first"));
  CHECK(*cache.choices().use("first") == "a");
  CHECK(*cache.choices().use("second") == "b");
  CHECK(cache.summary().at("recorded") == 2);
  CHECK(cache.summary().at("measured") == 0);
  CHECK(cache.summary().at("cache") == file_in(folder.path()).string());
  CHECK_FALSE(said.has("warning"));
}

TEST_CASE("A cache that is damaged or of another machine is told, left out and replaced") {
  const ScratchFolder folder;
  const Variable xdg("XDG_CACHE_HOME", folder.path().string());
  {
    const Said said;
    keep("first", "a");
  }
  const fs::path file = file_in(folder.path());
  for (const std::string& content : {std::string("{\"schema_version\""),
                                     kernel_choices_json({"a calculator", {{"first", "z"}}})}) {
    std::ofstream(file) << content;
    const Said said;
    KernelCache cache{Console(Format::json)};
    CHECK(said.has("kernels are measured anew"));
    CHECK(cache.choices().all().empty());
    cache.choices().measured("second", "b");
    cache.save();
    const StoredChoices now = parse_kernel_choices(content_of(file), "the-file");
    CHECK(now.machine == measured_machine());
    CHECK(now.algorithms == std::map<std::string, std::string>{{"second", "b"}});
  }
}

TEST_CASE("A cache that cannot be written is a warning") {
  const ScratchFolder folder;
  std::ofstream(folder / "file") << "no folder";
  const Variable xdg("XDG_CACHE_HOME", (folder / "file").string());
  const Said said;
  CHECK_NOTHROW(keep("first", "a"));
  CHECK(said.has("warning: kernels: the choices are not kept"));
}

TEST_CASE("A resumed run takes its own choices before those of the cache, and keeps them all") {
  const ScratchFolder folder;
  const Variable xdg("XDG_CACHE_HOME", folder.path().string());
  const Said said;
  keep("first", "a");
  const fs::path run = folder / "kernels.json";
  std::ofstream(run) << kernel_choices_json({"any machine", {{"first", "z"}, {"other", "y"}}});
  KernelCache cache{Console(Format::json)};
  cache.resume(run);
  CHECK(*cache.choices().use("first") == "z");
  CHECK(parse_kernel_choices(cache.used_json(), "the-file").algorithms ==
        std::map<std::string, std::string>{{"first", "z"}, {"other", "y"}});
  cache.save();  // nothing was measured, so the machine's own file stays as it is
  CHECK(parse_kernel_choices(content_of(file_in(folder.path())), "the-file").algorithms ==
        std::map<std::string, std::string>{{"first", "a"}});
  CHECK_FALSE(said.has("warning"));
  cache.resume(folder / "missing.json");
  CHECK(said.has("the resumed run may round otherwise"));
}

}  // namespace palimpsest::tools
