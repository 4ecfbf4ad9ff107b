// bench on the bundled example: its data, its table, its trace, and the derivative it writes.

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/tools/command_support.h"
#include "tests/tools/io_support.h"
#include "tools/io/npz.h"

namespace palimpsest::tools {
namespace {

using nlohmann::json;
using testing::ScratchFolder;

/// bench on the example, one thread, with further words.
std::vector<std::string> bench_words(const std::vector<std::string>& more) {
  std::vector<std::string> words{"bench",     testing::quickstart("lenet.onnx"),
                                 "--update",  testing::quickstart("update.npz"),
                                 "--labels",  "3",
                                 "--seed",    "1",
                                 "--threads", "1"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

testing::Ran bench(const std::vector<std::string>& more) { return testing::run(bench_words(more)); }

json data_of(const std::vector<std::string>& more) { return testing::data_of(bench_words(more)); }

/// The sum of a field over an array or an object of objects.
double sum_of(const json& parts, const char* field) {
  double sum = 0;
  for (const json& part : parts) sum += part.at(field).get<double>();
  return sum;
}

}  // namespace

TEST_CASE("bench --json has a time for each iteration, and nodes that add up to their sums") {
  const json data = data_of({"--iterations", "4", "--warmup", "1", "--profile", "2"});
  CHECK(data.at("wall_seconds").size() == 4);
  CHECK(data.at("cpu_seconds").size() == 4);
  CHECK(data.at("median_wall_seconds").get<double>() > 0);
  CHECK(data.at("profiled_runs") == 2);
  for (const char* name :
       {"fma_flops_per_second", "gemm_flops_per_second", "bandwidth_bytes_per_second"})
    CHECK(data.at("ceilings").at(name).get<double>() > 0);
  CHECK(data.at("memory_bytes").at("total").get<double>() < data.at("peak_resident_bytes"));

  const json& nodes = data.at("nodes");
  CHECK(nodes.size() == data.at("launches"));
  for (const char* sums : {"roles", "primitives"}) {
    CAPTURE(sums);
    CHECK(sum_of(data.at(sums), "launches") == nodes.size());
    CHECK(sum_of(data.at(sums), "products") == data.at("products"));
    CHECK(sum_of(data.at(sums), "product_flops") == data.at("product_flops"));
    for (const char* field : {"wall_seconds", "cpu_seconds", "flops", "bytes"})
      CHECK(sum_of(data.at(sums), field) == doctest::Approx(sum_of(nodes, field)));
  }
}

TEST_CASE("bench counts seven products a layer, five for the first, by role") {
  const json roles = data_of({"--iterations", "1", "--profile", "0"}).at("roles");
  const auto flops = [&](const char* role) {
    return roles.at(role).at("product_flops").get<double>();
  };
  // LeNet on 3x32x32: 12 maps of 5x5 windows each, 16x16, 8x8 and 8x8 places; 768 -> 10 classes.
  const double first = 2.0 * 12 * 256 * 75, inner = 2.0 * 12 * 64 * 300 * 2 + 2.0 * 768 * 10;
  CHECK(flops("forward") == first + inner);
  CHECK(flops("weight gradient") == first + inner);
  CHECK(flops("input gradient") == inner);
  CHECK(flops("tangent") == 3 * first + 4 * inner);
}

TEST_CASE("mixed precision is an option of its own, and makes the same products") {
  const json full = data_of({"--iterations", "1", "--profile", "0"});
  const json mixed = data_of({"--iterations", "1", "--profile", "0", "--precision", "mixed"});
  CHECK(full.at("precision") == "full");
  CHECK(mixed.at("precision") == "mixed");
  for (const char* role : {"forward", "weight gradient", "input gradient", "tangent"})
    CHECK(mixed.at("roles").at(role).at("product_flops") ==
          full.at("roles").at(role).at("product_flops"));
}

TEST_CASE("tuned kernels are measured once, and bench says where each choice comes from") {
  const ScratchFolder folder;
  const testing::Variable cache("XDG_CACHE_HOME", folder.path().string());
  const std::vector<std::string> once{"--iterations", "1", "--profile", "0"};
  CHECK(data_of(once).at("kernels") == "rules");
  CHECK_FALSE(data_of(once).contains("kernel_choices"));
  std::vector<std::string> tuned = once;
  tuned.insert(tuned.end(), {"--kernels", "tuned"});
  const json first = data_of(tuned), second = data_of(tuned);
  CHECK(first.at("kernels") == "tuned");
  CHECK(first.at("kernel_choices").at("recorded") == 0);
  CHECK(first.at("kernel_choices").at("measured").get<int>() > 0);
  CHECK(second.at("kernel_choices").at("measured") == 0);
  CHECK(second.at("kernel_choices").at("recorded") == first.at("kernel_choices").at("measured"));
  CHECK(second.at("kernel_choices").at("algorithms") ==
        first.at("kernel_choices").at("algorithms"));
  tuned.emplace_back("--reproducible");
  CHECK(data_of(tuned).at("kernels") == "rules");
}

TEST_CASE("bench without profiled iterations says what is done, but not how long each part takes") {
  const json data = data_of({"--iterations", "1", "--profile", "0"});
  CHECK(data.at("product_flops").get<double>() > 0);
  CHECK_FALSE(data.contains("nodes"));
  CHECK_FALSE(data.contains("ceilings"));
  const ScratchFolder folder;
  CHECK(bench({"--profile", "0", "--trace", folder / "trace.json"}).exit_code == 2);
}

TEST_CASE("the trace of bench has an event for each launch, one after the other") {
  const ScratchFolder folder;
  const std::string path = folder / "trace.json";
  const json data = data_of({"--iterations", "1", "--profile", "2", "--trace", path});
  std::ifstream file(path);
  const json events = json::parse(file).at("traceEvents");
  REQUIRE(events.size() == data.at("launches"));
  double end = 0;
  for (const json& event : events) {
    CHECK(event.at("ph") == "X");
    CHECK(event.at("ts").get<double>() >= end);
    // Times are in microseconds; a picosecond is rounding.
    end = event.at("ts").get<double>() + event.at("dur").get<double>() - 1e-6;
  }
  CHECK(end > 0);
}

TEST_CASE("the table of bench has as many rows as asked for, then the sums") {
  const auto rows_before_sums = [](const std::vector<std::string>& more) {
    std::istringstream lines(bench(more).output);
    std::size_t rows = 0;
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
      if (inside && line.empty()) return rows;
      if (inside) ++rows;
      if (line.starts_with("NODE")) inside = true;
    }
    return rows;
  };
  CHECK(rows_before_sums({"--iterations", "1", "--profile", "1", "--top", "3"}) == 3);
  const json data = data_of({"--iterations", "1", "--profile", "0"});
  CHECK(rows_before_sums({"--iterations", "1", "--profile", "1", "--all"}) ==
        data.at("launches").get<std::size_t>());
}

TEST_CASE("bench writes the derivative that the first iteration has, from a start that is given") {
  const ScratchFolder folder;
  const std::string start = folder / "start.npz", path = folder / "gradient.npz";
  const Literal images = Literal::filled({DType::f32, {1, 3, 32, 32}}, 0.25);
  write_atomically(start, npz_bytes({{"images", images}}));
  const json data =
      data_of({"--iterations", "1", "--profile", "0", "--start", start, "--gradient", path});
  std::map<std::string, Literal> members;
  for (const auto& [name, tensor] : parse_npz(read_file(path), path).tensors)
    members.emplace(name, tensor);
  CHECK(members.at("start.images") == images);
  CHECK(members.at("gradient.images").type() == images.type());
  CHECK(members.at("objective").doubles()[0] == data.at("objective"));
  CHECK(members.at("matching").doubles()[0] == data.at("matching"));
}

}  // namespace palimpsest::tools
