#include "tools/report/audit_record.h"

#include <cmath>

#include "tools/io/files.h"
#include "tools/io/image.h"
#include "tools/io/npz.h"
#include "tools/io/strict_json.h"
#include "tools/report/run_record.h"

namespace palimpsest::tools {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t most_json_bytes = std::uint64_t{64} << 20;
constexpr std::size_t most_examples = 100;

json read_object(const Directory& folder, const char* name) {
  const std::string place = (folder.path() / name).string();
  const Bytes bytes = folder.read(name, most_json_bytes);
  json object = strict_json(characters(bytes), {}, place);
  if (!object.is_object()) throw InputError(text(place, ": a JSON object expected"));
  return object;
}

/// Image `row` of the archive in a run's folder; nothing when there is none.
std::optional<Literal> image_of(const Directory& folder, const std::string& run, double row) {
  const std::string name = run + "/recon.npz";
  if (run.empty() || !folder.contains(name)) return std::nullopt;
  const std::optional<Literal> images = images_in(folder.read(name, most_archive_bytes), name);
  if (!images || !(row >= 0 && row < static_cast<double>(images->shape()[0]))) return std::nullopt;
  return unstacked(*images)[static_cast<std::size_t>(row)];
}

std::optional<AuditExample> example_of(const Directory& folder, const json& cell,
                                       const std::vector<Literal>& truth) {
  const json& example = member(cell, "example");
  const double image = number_or_nan(example, "image"), row = number_or_nan(example, "row");
  if (!(image >= 0 && image < static_cast<double>(truth.size()))) return std::nullopt;
  const std::optional<Literal> attack = image_of(folder, string_or(example, "run", ""), row);
  const Literal& wanted = truth[static_cast<std::size_t>(image)];
  if (!attack || !(attack->type() == wanted.type())) return std::nullopt;
  AuditExample found{string_or(cell, "attack", "") + ", " + string_or(cell, "defense", ""),
                     wanted,
                     *attack,
                     image_of(folder, string_or(example, "control_run", ""), row),
                     string_or(member(cell, "psnr_gain"), "control", "control"),
                     number_or_nan(example, "psnr")};
  return found;
}

}  // namespace

bool is_audit(const fs::path& folder) {
  return fs::exists(folder / "audit.json") || fs::exists(folder / "plan.json");
}

AuditRecord read_audit(const fs::path& path) {
  const Directory folder(path);
  if (!folder.contains("audit.json"))
    throw InputError(text(path.string(), ": the audit is not finished: audit --resume goes on"));
  AuditRecord record;
  record.name = fs::weakly_canonical(path).filename().string();
  record.summary = read_object(folder, "audit.json");
  record.plan = folder.contains("plan.json") ? read_object(folder, "plan.json") : json::object();
  if (!folder.contains("truth.npz")) return record;
  const std::optional<Literal> truth =
      images_in(folder.read("truth.npz", most_archive_bytes), "truth.npz");
  if (!truth) return record;
  const std::vector<Literal> images = unstacked(*truth);
  for (const json& cell : member(record.summary, "cells"))
    if (record.examples.size() < most_examples)
      if (std::optional<AuditExample> example = example_of(folder, cell, images))
        record.examples.push_back(std::move(*example));
  return record;
}

}  // namespace palimpsest::tools
