// The report below its verb: escaping, axes, drawings, and run folders full of hostile strings.

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "tests/support/sampler.h"
#include "tests/tools/io_support.h"
#include "tools/io/npz.h"
#include "tools/report/axis.h"
#include "tools/report/base64.h"
#include "tools/report/interval_chart.h"
#include "tools/report/page.h"
#include "tools/report/reproduction.h"
#include "tools/report/run_section.h"

namespace palimpsest::tools {
namespace {

namespace fs = std::filesystem;

using nlohmann::json;
using testing::ScratchFolder;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The page without its texts and without the values of its attributes.
std::string skeleton(const std::string& html) {
  std::string bones;
  bool in_tag = false, in_value = false;
  for (const char c : html) {
    if (in_tag && c == '"') in_value = !in_value;
    if (c == '<') in_tag = true;
    if (in_tag && !in_value) bones += c;
    if (c == '>' && !in_value) in_tag = false;
  }
  return bones;
}

/// A run folder in which every string that a file can bring is the given one.
void write_folder(const fs::path& folder, const std::string& words) {
  fs::create_directories(folder);
  const json metrics{{"images", json::array({{{"truth", 0}, {"recovered", 0}, {"psnr", 12.5}}})},
                     {"psnr", 12.5},
                     {"convention", words}};
  const json result{{"program", words},
                    {"status", words},
                    {"recipe", words},
                    {"command_line", {"palimpsest", words}},
                    {"identity", {{"model", words}, {"client options", words}}},
                    {"attacker_knows", {{"labels", words}, {"k" + words, 1}}},
                    {"labels", {words, 3}},
                    {"label_rule", {{"rule", words}, {"note", words}}},
                    {"metrics", metrics},
                    {"host", {{"system", words}}}};
  std::ofstream(folder / "result.json")
      << result.dump(-1, ' ', false, json::error_handler_t::replace);
  std::ofstream progress(folder / "progress.jsonl");
  for (int i = 1; i < 5; ++i)
    progress << json{{"restart", 0}, {"iteration", i}, {"objective", 1.0 / i}, {"t" + words, i}}
                    .dump(-1, ' ', false, json::error_handler_t::replace)
             << '\n';
  const Literal images = Literal::filled({DType::f32, {1, 3, 4, 4}}, 0.5);
  write_atomically(folder / "recon.npz", npz_bytes({{"images", images}}));
  write_atomically(folder / "truth.npz", npz_bytes({{"images", images}}));
}

std::string page_of(const fs::path& folder) {
  Markup content;
  write_run(content, read_run(folder), "run-1");
  return page("A page", "below it", content, "palimpsest");
}

std::string hostile(palimpsest::testing::Sampler& sampler) {
  static const std::vector<std::string> pieces{"<",
                                               ">",
                                               "\"",
                                               "'",
                                               "&",
                                               "/",
                                               "=",
                                               "`",
                                               "<script>alert(1)</script>",
                                               "</style>",
                                               "-->",
                                               "<!--",
                                               "]]>",
                                               "<![CDATA[",
                                               "&lt;",
                                               "&#60;",
                                               "\n",
                                               "\r",
                                               "\t",
                                               std::string(1, '\0'),
                                               "\x1b[2J",
                                               "\xff",
                                               "\xc0\xbc",
                                               "\u202e",
                                               "\u2028",
                                               "javascript:",
                                               "a",
                                               " ",
                                               "onload=",
                                               "\\"};
  std::string words = "x";
  const auto count = sampler.integer(1, 12);
  for (std::int64_t i = 0; i < count; ++i)
    words += pieces[static_cast<std::size_t>(
        sampler.integer(0, static_cast<std::int64_t>(pieces.size()) - 1))];
  return words;
}

}  // namespace

TEST_CASE("Markup in texts and attributes is shown, not obeyed") {
  CHECK(markup_text("<a href=\"x\">&'") == "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
  CHECK(markup_text("\x1b[2J") == "\\x1B[2J");
  Markup out;
  {
    const Element element(out, "p", {{"title", "\" onload=\"x"}});
    out.lines("a\n<b>\t");
  }
  CHECK(out.str() == "<p title=\"&quot; onload=&quot;x\">a\n&lt;b&gt;\t</p>");
}

TEST_CASE("Strings of files change neither the elements of a page nor its attributes") {
  const ScratchFolder scratch;
  write_folder(scratch / "plain", "x");
  const std::string bones = skeleton(page_of(scratch / "plain"));
  palimpsest::testing::Sampler sampler(7);
  for (int i = 0; i < 500; ++i) {
    const std::string words = hostile(sampler);
    CAPTURE(markup_text(words));
    write_folder(scratch / "hostile", words);
    const std::string html = page_of(scratch / "hostile");
    REQUIRE(skeleton(html) == bones);
    const auto raw = [](char c) {
      return c >= 0 && (c < 0x20 || c == 0x7F) && c != '\n' && c != '\t';
    };
    REQUIRE(std::none_of(html.begin(), html.end(), raw));
  }
}

TEST_CASE("A page brings no script and loads nothing") {
  const ScratchFolder scratch;
  write_folder(scratch / "run", "x");
  const std::string html = page_of(scratch / "run");
  CHECK(html.find("<script") == std::string::npos);
  CHECK(html.find("default-src &#39;none&#39;") != std::string::npos);
  for (const std::string attribute : {"src=\"", "href=\""})
    for (std::size_t at = html.find(attribute); at != std::string::npos;
         at = html.find(attribute, at + 1)) {
      const std::string value = html.substr(at + attribute.size(), 12);
      CHECK((value.starts_with("data:image/") || value.starts_with("#")));
    }
}

TEST_CASE("A run folder without pictures, curves and settings still has a page") {
  const ScratchFolder scratch;
  fs::create_directories(scratch / "bare");
  std::ofstream(scratch / "bare" / "result.json") << "{}";
  CHECK(page_of(scratch / "bare").find("</html>") != std::string::npos);
  CHECK_THROWS_AS(read_run(scratch / "missing"), IoError);
  std::ofstream(scratch / "bare" / "result.json") << "[]";
  CHECK_THROWS_AS(read_run(scratch / "bare"), InputError);
}

TEST_CASE("A line of progress that a crash cut off is passed over, a damaged one is refused") {
  const ScratchFolder scratch;
  write_folder(scratch / "run", "x");
  std::ofstream(scratch / "run" / "progress.jsonl") << R"({"iteration": 1, "objective": 2})"
                                                    << "\n{\"iterat";
  CHECK(read_run(scratch / "run").curves.front().restarts.front().points.size() == 1);
  std::ofstream(scratch / "run" / "progress.jsonl") << "{\"iterat\n{}\n";
  CHECK_THROWS_AS(read_run(scratch / "run"), InputError);
}

TEST_CASE("Curves are one a term and one a restart, of terms in a line or below 'terms'") {
  const ScratchFolder scratch;
  write_folder(scratch / "run", "x");
  std::ofstream(scratch / "run" / "progress.jsonl")
      << R"({"restart":0,"iteration":1,"matching":3,"objective":4})" << '\n'
      << R"({"restart":1,"iteration":1,"objective":5,"terms":{"norm":1}})" << '\n'
      << R"({"restart":0,"iteration":2,"objective":null})" << '\n';
  const std::vector<Curve> curves = read_run(scratch / "run").curves;
  REQUIRE(curves.size() == 3);
  CHECK(curves[0].term == "objective");
  REQUIRE(curves[0].restarts.size() == 2);
  CHECK(curves[0].restarts[0].points.size() == 2);
  CHECK(std::isnan(curves[0].restarts[0].points[1].second));
}

TEST_CASE("An axis is logarithmic where a linear one would hide most of the curve") {
  const Axis far = value_axis(std::vector<double>{1e-6, 1, nan}, 5);
  CHECK(far.logarithmic);
  CHECK(far.place(1e-6) == doctest::Approx(0));
  CHECK(far.place(1e-3) == doctest::Approx(0.5));
  CHECK(far.ticks.front().label == "10⁻⁶");
  CHECK_FALSE(value_axis(std::vector<double>{1, 20}, 5).logarithmic);
  CHECK_FALSE(value_axis(std::vector<double>{-1, 1e6}, 5).logarithmic);
  const Axis flat = value_axis(std::vector<double>{3, 3}, 5);
  CHECK(flat.place(3) == doctest::Approx(0.5));
  CHECK(value_axis({}, 5).ticks.size() > 1);
}

TEST_CASE("Ticks are 1, 2 or 5 times a power of ten, within the axis, and not too many") {
  palimpsest::testing::Sampler sampler(3);
  for (int i = 0; i < 200; ++i) {
    const double low = sampler.number(-1, 1) * std::pow(10, sampler.number(-6, 6));
    const double high = low + std::pow(10, sampler.number(-6, 6));
    CAPTURE(low);
    CAPTURE(high);
    const Axis axis = linear_axis(std::vector<double>{low, high}, 6);
    CHECK(axis.ticks.size() >= 2);
    CHECK(axis.ticks.size() <= 7);
    for (const Tick& tick : axis.ticks) CHECK((tick.place >= 0 && tick.place <= 1));
  }
}

TEST_CASE("A chart keeps peaks when it thins a long series, and leaves gaps where numbers end") {
  Chart chart{"t", "x", "y", {{"s", {}}}};
  for (int i = 0; i < 100'000; ++i) chart.series[0].points.emplace_back(i, i == 61'234 ? 50 : 1);
  Markup out;
  draw_chart(out, chart);
  CHECK(out.str().size() < 20'000);
  CHECK(out.str().find(" 10.0") != std::string::npos);  // the peak touches the upper border
  chart.series[0].points = {{0, 1}, {1, nan}, {2, 1}};
  Markup gap;
  draw_chart(gap, chart);
  const std::string path = gap.str().substr(gap.str().find(" d=\""));
  CHECK(path.find('M') != path.rfind('M'));
}

TEST_CASE("Base64 pads as RFC 4648 says") {
  const std::vector<std::pair<std::string, std::string>> vectors{
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) CHECK(base64(byte_view(plain)) == coded);
}

TEST_CASE("The command to reproduce a run has its seed and is quoted for a shell") {
  const json result{{"seed", 12},
                    {"command_line", {"/usr/bin/palimpsest", "invert", "it's <a>", "--resume"}}};
  CHECK(reproduction(result) == "palimpsest invert 'it'\\''s <a>' --seed=12");
  CHECK(reproduction({{"seed", 1}, {"command_line", {"p", "--seed", "3"}}}) == "p --seed 3");
  CHECK(reproduction(json::object()) == "–");
}

}  // namespace palimpsest::tools
