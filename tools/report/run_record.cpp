#include "tools/report/run_record.h"

#include <algorithm>
#include <limits>
#include <map>

#include "graph/error.h"
#include "tools/cli/digest.h"
#include "tools/io/config.h"
#include "tools/io/npz.h"
#include "tools/io/strict_json.h"

namespace palimpsest::tools {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t most_result_bytes = std::uint64_t{16} << 20;
constexpr std::uint64_t most_progress_bytes = std::uint64_t{256} << 20;
constexpr std::size_t most_terms = 12;

json read_result(const fs::path& file) {
  const Bytes bytes = read_file(file, most_result_bytes);
  json result = strict_json(characters(bytes), {}, file.string());
  if (!result.is_object()) throw InputError(text(file.string(), ": a JSON object expected"));
  return result;
}

/// Curves by term and restart, in the order in which they first come.
class Curves {
 public:
  void add(const json& line) {
    if (!line.is_object() || !member_number(line, "iteration")) return;
    const double iteration = *member_number(line, "iteration");
    const auto restart = static_cast<std::int64_t>(member_number(line, "restart").value_or(0));
    add_terms(line, restart, iteration);
    add_terms(member(line, "terms"), restart, iteration);
  }

  std::vector<Curve> take() { return std::move(curves_); }

 private:
  static std::optional<double> member_number(const json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number()) return std::nullopt;
    return found->get<double>();
  }

  void add_terms(const json& object, std::int64_t restart, double iteration) {
    if (!object.is_object()) return;
    for (const auto& [name, value] : object.items()) {
      const bool number = value.is_number() || value.is_null();  // null: not finite
      if (number && name != "iteration" && name != "restart")
        add_point(name, restart, iteration,
                  value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>());
    }
  }

  void add_point(const std::string& term, std::int64_t restart, double x, double y) {
    const auto at = std::ranges::find(curves_, term, &Curve::term);
    if (at == curves_.end() && curves_.size() == most_terms) return;
    Curve& curve = at == curves_.end() ? curves_.emplace_back(Curve{term, {}}) : *at;
    const auto [place, is_new] = places_[term].try_emplace(restart, curve.restarts.size());
    if (is_new) curve.restarts.push_back({text("restart ", restart), {}});
    std::vector<std::pair<double, double>>& points = curve.restarts[place->second].points;
    if (points.empty() || points.back().first < x) points.emplace_back(x, y);
  }

  std::vector<Curve> curves_;
  std::map<std::string, std::map<std::int64_t, std::size_t>> places_;
};

/// A last line that a crash cut off is no error.
std::vector<Curve> read_curves(const fs::path& file) {
  if (!fs::exists(file)) return {};
  const Bytes bytes = read_file(file, most_progress_bytes);
  std::string_view rest = characters(bytes);
  Curves curves;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) break;
    curves.add(strict_json(rest.substr(0, end), {.depth = 4, .values = 100},
                           text(file.string(), ":", number)));
    rest.remove_prefix(end + 1);
  }
  std::vector<Curve> all = curves.take();
  std::stable_partition(all.begin(), all.end(),
                        [](const Curve& curve) { return curve.term == "objective"; });
  return all;
}

bool are_images(const Literal& tensor) {
  const Shape& shape = tensor.shape();
  return tensor.dtype() == DType::f32 && shape.rank() == 4 && shape.elements() > 0 &&
         (shape[1] == 1 || shape[1] == 3);
}

void read_settings(const fs::path& file, RunRecord& record) {
  if (!fs::exists(file)) return;
  const Bytes bytes = read_file(file, most_result_bytes);
  record.settings = characters(bytes);
  ConfigTable root = Config::parse(record.settings, file.string()).root();
  record.title = root.string("title").value_or("");
  record.citation = root.string("citation").value_or("");
  record.needs = root.string("needs").value_or("");
}

}  // namespace

std::optional<Literal> images_in(ByteView archive, const std::string& place) {
  const TensorList list = parse_npz(archive, place, most_archive_bytes);
  for (const auto& [name, tensor] : list.tensors)
    if (name == "images" && are_images(tensor)) return tensor;
  return std::nullopt;
}

RunRecord read_run(const fs::path& folder) {
  RunRecord record;
  record.name = fs::weakly_canonical(folder).filename().string();
  record.result = read_result(folder / "result.json");
  read_settings(folder / "config.toml", record);
  record.curves = read_curves(folder / "progress.jsonl");
  if (const fs::path file = folder / "recon.npz"; fs::exists(file)) {
    const Bytes archive = read_file(file, most_archive_bytes);
    record.images = images_in(archive, file.string());
    record.images_digest = sha256(archive);
  }
  if (const fs::path file = folder / "truth.npz"; fs::exists(file))
    record.truth = images_in(read_file(file, most_archive_bytes), file.string());
  // A truth of another kind cannot stand beside the reconstruction.
  if (record.truth && (!record.images || !(record.truth->type() == record.images->type())))
    record.truth.reset();
  return record;
}

std::string string_or(const json& object, const char* key, const std::string& other) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : other;
}

double number_or_nan(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>()
                                                     : std::numeric_limits<double>::quiet_NaN();
}

const json& member(const json& object, const char* key) {
  static const json empty = json::object();
  const auto found = object.find(key);
  return found != object.end() && found->is_structured() ? *found : empty;
}

}  // namespace palimpsest::tools
