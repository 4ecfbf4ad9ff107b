#include "tools/audit/audit_folder.h"

#include <nlohmann/json.hpp>

#include "tools/cli/command_line.h"
#include "tools/io/files.h"
#include "tools/io/npz.h"
#include "tools/io/strict_json.h"

namespace palimpsest::tools {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int schema_version = 1;
constexpr const char* plan_name = "plan.json";
constexpr std::uint64_t most_bytes = std::uint64_t{16} << 20;

void check_same(const fs::path& file, const Identity& identity) {
  const Bytes bytes = read_file(file, most_bytes);
  const json kept = strict_json(characters(bytes), {}, file.string());
  for (const auto& [field, value] : identity) {
    const json* there = kept.contains("identity") && kept["identity"].contains(field)
                            ? &kept["identity"][field]
                            : nullptr;
    if (!there || *there != value)
      throw InputError(text(file.string(), ": the audit differs in its ", field));
  }
}

}  // namespace

std::unique_ptr<RunFolder> audit_folder(const fs::path& path, Existing existing,
                                        const AuditPlan& plan) {
  const bool holds_audit = fs::exists(path / plan_name);
  if (existing == Existing::resume && !holds_audit)
    throw IoError(text(path.string(), ": there is no audit to resume"));
  auto folder = std::make_unique<RunFolder>(path, existing);
  if (existing == Existing::resume) {
    check_same(path / plan_name, plan.identity);
    return folder;
  }
  if (existing == Existing::overwrite && holds_audit)
    for (const char* name : {"runs", "audit.json"}) fs::remove_all(path / name);
  folder->write(plan_name, json{{"schema_version", schema_version},
                                {"identity", plan.identity},
                                {"command_line", command_line()}});
  write_atomically(folder->file("truth.npz"), npz_bytes({{"images", plan.images}}));
  return folder;
}

}  // namespace palimpsest::tools
