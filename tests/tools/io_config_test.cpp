#include "tests/tools/io_support.h"
#include "tools/io/config.h"

namespace palimpsest::tools {
namespace {

using namespace testing;

Config config(std::string_view toml) { return Config::parse(toml, "the-file"); }

TEST_CASE("typed accessors read values and are empty for absent keys") {
  ConfigTable root =
      config("s = 'x'\nb = true\ni = 3\nf = 0.5\nl = [1, 2]\nn = [1, 0.5]\nw = ['a']\n[t]\nk = 1\n")
          .root();
  CHECK(root.string("s") == "x");
  CHECK(root.boolean("b") == true);
  CHECK(root.integer("i") == 3);
  CHECK(root.number("f") == 0.5);
  CHECK(root.number("i") == 3.0);
  CHECK(root.integers("l") == std::vector<std::int64_t>{1, 2});
  CHECK(root.numbers("n") == std::vector<double>{1, 0.5});
  CHECK(root.strings("w") == std::vector<std::string>{"a"});
  CHECK_FALSE(root.string("absent"));
  CHECK_FALSE(root.table("absent"));
  ConfigTable below = root.table("t").value();
  CHECK(below.integer("k") == 1);
  CHECK(below.keys() == std::vector<std::string>{"k"});
  CHECK_NOTHROW(root.refuse_unknown_keys());
}

TEST_CASE("errors name the source, the line, the key, what was expected and what came") {
  ConfigTable root = config("\nlr = 'fast'\n[opt]\nsteps = -1\n").root();
  CHECK(input_error([&] { root.number("lr"); }) ==
        "the-file:2: lr: a number expected, string came");
  ConfigTable below = root.table("opt").value();
  CHECK(input_error([&] { below.integer("steps", 0, 9); }) ==
        "the-file:4: opt.steps: an integer in [0, 9] expected, -1 came");
}

TEST_CASE("values of another type are refused by every accessor") {
  ConfigTable root = config("i = 1\ns = 's'\nf = 0.5\nm = [1, 's']\nnan = nan\n").root();
  CHECK_THROWS_AS(root.string("i"), InputError);
  CHECK_THROWS_AS(root.boolean("i"), InputError);
  CHECK_THROWS_AS(root.integer("f"), InputError);
  CHECK_THROWS_AS(root.integers("i"), InputError);
  CHECK_THROWS_AS(root.integers("m"), InputError);
  CHECK_THROWS_AS(root.numbers("m"), InputError);
  CHECK_THROWS_AS(root.numbers("s"), InputError);
  CHECK_THROWS_AS(root.strings("m"), InputError);
  CHECK_THROWS_AS(root.table("i"), InputError);
  CHECK_THROWS_AS(root.number("nan"), InputError);
  CHECK_THROWS_AS(root.number("f", 1, 2), InputError);
}

TEST_CASE("a choice is one of its names") {
  constexpr std::pair<std::string_view, int> names[] = {{"one", 1}, {"two", 2}};
  ConfigTable root = config("a = 'two'\nb = 'three'\n").root();
  CHECK(root.choice("a", names) == 2);
  CHECK_FALSE(root.choice("absent", names));
  CHECK(input_error([&] { root.choice("b", names); }) ==
        "the-file:2: b: one of 'one', 'two' expected, three came");
}

TEST_CASE("keys that nobody asked for are refused with a suggestion") {
  ConfigTable root = config("[optimizer]\nmomentun = 1\n").root();
  ConfigTable below = root.table("optimizer").value();
  below.number("momentum");
  CHECK(input_error([&] { below.refuse_unknown_keys(); }) ==
        "the-file:2: unknown key 'optimizer.momentun', did you mean 'momentum'?");
}

TEST_CASE("an array of tables is read element by element, and errors count them") {
  ConfigTable root = config("[[t]]\nk = 1\n[[t]]\nk = 2\nl = 3\n").root();
  std::vector<ConfigTable> elements = root.tables("t").value();
  REQUIRE(elements.size() == 2);
  CHECK(elements[0].integer("k") == 1);
  CHECK(elements[1].integer("k") == 2);
  CHECK_FALSE(root.tables("absent"));
  CHECK(input_error([&] { elements[1].refuse_unknown_keys(); }) ==
        "the-file:5: unknown key 't[1].l', did you mean 'k'?");
  ConfigTable wrong = config("a = [1]\nb = 1\n[c]\n").root();
  for (const char* key : {"a", "b", "c"}) CHECK_THROWS_AS(wrong.tables(key), InputError);
}

TEST_CASE("an overlay replaces values and merges tables") {
  const Config base = config("a = 1\n[t]\nx = 1\ny = 2\n[t.u]\nz = 3\n");
  const Config merged = base.overlaid(config("t.x = 9\nt.u.w = 4\nb = [1]\n"));
  ConfigTable root = merged.root();
  CHECK(root.integer("a") == 1);
  CHECK(root.integers("b") == std::vector<std::int64_t>{1});
  ConfigTable table = root.table("t").value();
  CHECK(table.integer("x") == 9);
  CHECK(table.integer("y") == 2);
  ConfigTable inner = table.table("u").value();
  CHECK(inner.integer("z") == 3);
  CHECK(inner.integer("w") == 4);
  CHECK(base.root().table("t")->integer("x") == 1);
}

TEST_CASE("the text of a config reads back as the same config") {
  const Config merged = config("a = 1.0\n[t]\nx = 'q\"'\n").overlaid(config("t.y = true"));
  CHECK(config(merged.text()).text() == merged.text());
  CHECK(config(merged.text()).root().table("t")->string("x") == "q\"");
}

TEST_CASE("what the writer writes, the parser reads") {
  ConfigWriter out;
  out.value("string", "a\"b\\c\n\x7fä");
  out.value("yes", true);
  out.value("integer", std::int64_t{-5});
  for (const double number : {1.0, 0.1, 1e300, 1e-300, -3.0, 123456789012345680.0})
    out.value(text("n", out.text().size()), number);
  const std::optional<double> absent;
  out.value("absent", absent);
  for (const std::int64_t k : {1, 2}) {
    out.element("elements");
    out.value("k", k);
  }
  out.table("t");
  out.value("list", std::vector<std::int64_t>{1, 2});
  out.value("numbers", std::vector<double>{1, 0.25});
  ConfigTable root = config(out.text()).root();
  CHECK(root.string("string") == "a\"b\\c\n\x7fä");
  CHECK(root.boolean("yes") == true);
  CHECK(root.integer("integer") == -5);
  std::vector<double> numbers;
  for (const std::string& key : root.keys())
    if (key.starts_with("n")) numbers.push_back(root.number(key).value());
  std::sort(numbers.begin(), numbers.end());
  CHECK(numbers == std::vector<double>{-3, 1e-300, 0.1, 1, 123456789012345680.0, 1e300});
  CHECK_FALSE(root.number("absent"));
  CHECK(root.tables("elements").value()[1].integer("k") == 2);
  ConfigTable below = root.table("t").value();
  CHECK(below.integers("list") == std::vector<std::int64_t>{1, 2});
  CHECK(below.numbers("numbers") == std::vector<double>{1, 0.25});
}

TEST_CASE("documents that are too large, too deep or no TOML are refused") {
  const auto repeated = [](std::string_view part, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += part;
    return out;
  };
  std::vector<Damaged> files{
      {"too large", bytes_of(text("# ", std::string((1 << 20), 'x'))), "at most 1048576 bytes"},
      {"deep key", bytes_of("a" + repeated(".a", 40) + " = 1"), "at most 32 parts"},
      {"very deep key", bytes_of("a" + repeated(".a", 300'000) + " = 1"), "at most 32 parts"},
      {"deep quoted key", bytes_of("\"=\"" + repeated(".\"=\"", 40) + " = 1"), "at most 32 parts"},
      {"deep key after a comment", bytes_of("# '\na" + repeated(".a", 40) + " = 1"),
       "at most 32 parts"},
      {"deep key after strings",
       bytes_of("x = '''\n'\"'''''\ny = \"\\\"\"\na" + repeated(".a", 40) + " = 1"),
       "at most 32 parts"},
      {"deep header", bytes_of("[a" + repeated(".a", 40) + "]"), "at most 32 parts"},
      {"deep arrays", bytes_of("a = " + repeated("[", 5000)), "the-file:1:"},
      {"deep inline tables", bytes_of("a = " + repeated("{b = ", 5000)), "the-file:1:"},
      {"a letter as a key", bytes_of("\u00E9 = 1"), "ASCII outside"},
      {"a letter behind a value", bytes_of("a = 1 \u00E9"), "ASCII outside"},
      {"a letter behind a joined line", bytes_of("a = \"\"\"\\\n \u00E9\"\"\""), "multi-line"},
      {"a header without a key", bytes_of("[=]"), "TOML: invalid syntax"},
      {"duplicate key", bytes_of("a = 1\na = 2\n"), "the-file:2:"},
      {"no value", bytes_of("a = \n"), "the-file:1:"},
      {"invalid UTF-8", bytes_of("a = '\xFF'"), "the-file:1:"},
      {"an open string", bytes_of("a = \"x"), "the-file:1:"},
      {"huge integer", bytes_of("a = 99999999999999999999"), "the-file:1:"},
  };
  check_all_refused(files, [](ByteView file, std::string_view place) {
    Config::parse(characters(file), std::string(place));
  });
}

TEST_CASE("letters of any script are welcome in strings and comments") {
  ConfigTable root = config("# \u00E9\na = '\u00E9'\n'\u00E9' = \"\"\"\u00E9\n\"\"\"\n").root();
  CHECK(root.string("a") == "\u00E9");
  CHECK(root.string("\u00E9") == "\u00E9\n");
}

TEST_CASE("dots in strings, comments and long lists are no depth") {
  std::string list = "a = [0.5";
  for (int i = 0; i < 100; ++i) list += ", 0.5";
  CHECK_NOTHROW(config(list + "]"));
  CHECK_NOTHROW(
      config("a = '" + std::string(100, '.') + "'\n# " + std::string(100, '.') + "\nb = 1"));
}

}  // namespace
}  // namespace palimpsest::tools
