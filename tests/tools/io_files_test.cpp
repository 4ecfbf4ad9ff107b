#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/tools/io_support.h"
#include "tools/io/escape.h"
#include "tools/io/natural_order.h"
#include "tools/io/suggestion.h"

namespace palimpsest::tools {
namespace {

using namespace testing;
namespace fs = std::filesystem;

std::size_t entries_of(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST_CASE("a written file reads back, replaces the old one and leaves no temporary") {
  const ScratchFolder folder;
  write_atomically(folder / "a", std::string_view("first"));
  write_atomically(folder / "a", std::string_view("second"));
  CHECK(characters(read_file(folder / "a")) == "second");
  CHECK(entries_of(folder.path()) == 1);
}

TEST_CASE("an empty file can be written and read") {
  const ScratchFolder folder;
  write_atomically(folder / "empty", ByteView());
  CHECK(read_file(folder / "empty").empty());
}

TEST_CASE("a write that fails at the rename keeps the old content and removes its temporary") {
  const ScratchFolder folder;
  fs::create_directories(folder / "target/child");
  CHECK_THROWS_AS(write_atomically(folder / "target", std::string_view("x")), IoError);
  CHECK(fs::is_directory(folder / "target/child"));
  CHECK(entries_of(folder.path()) == 1);
}

TEST_CASE("writing into a folder that does not exist is an IoError") {
  const ScratchFolder folder;
  CHECK_THROWS_AS(write_atomically(folder / "none/file", std::string_view("x")), IoError);
}

TEST_CASE("reading refuses what is no regular file, is too long or is missing") {
  const ScratchFolder folder;
  write_atomically(folder / "five", std::string_view("12345"));
  CHECK(read_file(folder / "five", 5).size() == 5);
  CHECK_THROWS_AS(read_file(folder / "five", 4), InputError);
  CHECK_THROWS_AS(read_file(folder.path()), InputError);
  CHECK_THROWS_AS(read_file(folder / "missing"), IoError);
  REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
  CHECK_THROWS_AS(read_file(folder / "fifo"), InputError);  // and does not wait for a writer
}

TEST_CASE("a directory reads files beneath it and nothing else") {
  const ScratchFolder folder;
  write_atomically(folder / "secret", std::string_view("secret"));
  fs::create_directories(folder / "open/below");
  write_atomically(folder / "open/below/file", std::string_view("content"));
  write_atomically(folder / "open/linked-twice", std::string_view("content"));
  fs::create_symlink("../secret", folder / "open/link");
  fs::create_directory_symlink("..", folder / "open/parent");
  fs::create_hard_link(folder / "open/linked-twice", folder / "open/hard");

  const Directory directory(folder / "open");
  CHECK(characters(directory.read("below/file")) == "content");
  for (const std::string_view name :
       {"../secret", "below/../../secret", "link", "parent/secret", "/etc/passwd", "", ".",
        "./below/file", "below", "below/", "hard"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(directory.read(name), InputError);
  }
  CHECK_THROWS_AS(directory.read(std::string_view("below/file\0x", 12)), InputError);
  CHECK_THROWS_AS(directory.read("missing"), IoError);
  CHECK_THROWS_AS(Directory(folder / "secret"), IoError);
}

TEST_CASE("a directory lists its entries in natural order") {
  const ScratchFolder folder;
  for (const std::string_view name : {"input_10", "input_2", "a"})
    write_atomically(folder / name, ByteView());
  CHECK(Directory(folder.path()).names() == std::vector<std::string>{"a", "input_2", "input_10"});
}

TEST_CASE("natural order compares digits as numbers and stays a strict order") {
  CHECK(natural_less("x2", "x10"));
  CHECK_FALSE(natural_less("x10", "x2"));
  CHECK(natural_less("x", "x0"));
  CHECK(natural_less("x1a", "x1b"));
  CHECK(natural_less("x01", "x1") != natural_less("x1", "x01"));
  CHECK_FALSE(natural_less("x1", "x1"));
  CHECK(natural_less("9", "99999999999999999999999999"));
}

TEST_CASE("text for terminals keeps letters and writes controls out") {
  CHECK(terminal_text("weiß 日本 ok") == "weiß 日本 ok");
  CHECK(terminal_text("a\x1b[31mb\n\t\x7f") == "a\\x1B[31mb\\x0A\\x09\\x7F");
  CHECK(terminal_text("\u0085\u202E\u2066\u2028") == "\\u{0085}\\u{202E}\\u{2066}\\u{2028}");
  CHECK(terminal_text("\xC3") == "\\xC3");                             // cut short
  CHECK(terminal_text("\xC0\xAF") == "\\xC0\\xAF");                    // overlong
  CHECK(terminal_text("\xED\xA0\x80") == "\\xED\\xA0\\x80");           // surrogate
  CHECK(terminal_text("\xF4\x90\x80\x80") == "\\xF4\\x90\\x80\\x80");  // beyond Unicode
}

TEST_CASE("quoted names are cut") {
  CHECK(quoted_name("a\nb") == "'a\\x0Ab'");
  CHECK(quoted_name(std::string(5000, 'x')).size() < 200);
}

TEST_CASE("safe file names have only portable characters and no special meaning") {
  CHECK(safe_file_name("conv1.weight") == "conv1.weight");
  CHECK(safe_file_name("../../etc/passwd") == "_.._.._etc_passwd");
  CHECK(safe_file_name("") == "_");
  CHECK(safe_file_name("-rf") == "_-rf");
  CHECK(safe_file_name("nul.txt") == "_nul.txt");
  CHECK(safe_file_name("COM1") == "_COM1");
  CHECK(safe_file_name("ä\n") == "___");
  CHECK(safe_file_name(std::string(300, '.')).size() == 100);
}

TEST_CASE("suggestions name the nearest candidate and stay silent when none is near") {
  const std::vector<std::string> keys{"momentum", "lr", "weight_decay"};
  CHECK(did_you_mean("momentun", keys) == ", did you mean 'momentum'?");
  CHECK(did_you_mean("weightdecay", keys) == ", did you mean 'weight_decay'?");
  CHECK(did_you_mean("colour", keys).empty());
  CHECK(did_you_mean(std::string(100'000, 'm'), keys).empty());
}

}  // namespace
}  // namespace palimpsest::tools
