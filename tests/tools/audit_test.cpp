// The audit below its verb: the list of runs, results on disk, the folder and the summary.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/tools/io_support.h"
#include "tools/audit/audit_folder.h"
#include "tools/audit/audit_summary.h"
#include "tools/cli/exit_code.h"

namespace palimpsest::tools {
namespace {

namespace fs = std::filesystem;

using inversion::Control;
using testing::ScratchFolder;

/// Two attacks, two defences, four images in updates of two, two seeds.
AuditPlan plan_of(const Model& model) {
  AuditPlan plan;
  plan.client.model = &model;
  plan.client.examples = 2;
  plan.attacks = {load_recipe("dlg", {}), load_recipe("inverting-gradients", {})};
  plan.defenses = {"none", "gaussian:0.1"};
  plan.images = Literal::filled({DType::f32, {4, 1, 2, 2}}, 0.5);
  plan.targets = Literal::of<std::int64_t>({4}, std::vector<std::int64_t>{0, 1, 2, 3});
  plan.first_seed = 5;
  plan.seeds = 2;
  plan.identity = {{"model", "m"}, {"seeds", "5, 2"}};
  return plan;
}

inversion::Reconstruction reconstruction(double value) {
  inversion::Reconstruction found;
  found.images = Literal::filled({DType::f32, {2, 1, 2, 2}}, value);
  found.labels = Literal::of<std::int64_t>({2}, std::vector<std::int64_t>{0, 3});
  found.objective = 1;
  return found;
}

/// Attacks that come within 0.01 of the truth, controls within 0.1, all images equal.
std::vector<AuditResult> results_of(const AuditPlan& plan) {
  std::vector<AuditResult> results;
  for (const AuditRun& run : runs_of(plan)) {
    AuditResult result;
    const double psnr = run.subject.control ? 20 : 40;
    for (std::int64_t i = 0; i < 2; ++i)
      result.images.push_back({run.group * 2 + i, run.group, run.seed, psnr, 0.5});
    result.label_recall = 1;
    results.push_back(result);
  }
  return results;
}

}  // namespace

TEST_CASE("An audit runs every attack under every defence, and its controls once each") {
  const Model model;
  const AuditPlan plan = plan_of(model);
  std::set<std::string> folders;
  std::size_t random = 0, prior = 0, attacks = 0;
  for (const AuditRun& run : runs_of(plan)) {
    folders.insert(folder_of(plan, run));
    attacks += !run.subject.control;
    prior += run.subject.control == Control::prior;
    random += run.subject.control == Control::random_update;
  }
  CHECK(folders.size() == runs_of(plan).size());
  CHECK(attacks == 2 * 2 * 2 * 2);
  CHECK(prior == 2 * 2);     // serves both defences; DLG has no priors
  CHECK(random == attacks);  // its norms are those of the defended update
  CHECK(folders.contains("runs/0-dlg/1-gaussian_0.1/images-1-seed-6"));
}

TEST_CASE("Names of attacks that look alike as file names have folders of their own") {
  const Model model;
  AuditPlan plan = plan_of(model);
  plan.attacks[0].name = "../a";
  plan.attacks[1].name = "../a";
  std::set<std::string> folders;
  for (const AuditRun& run : runs_of(plan)) {
    folders.insert(folder_of(plan, run));
    CHECK(fs::path(folder_of(plan, run)).lexically_normal().string() == folder_of(plan, run));
  }
  CHECK(folders.size() == runs_of(plan).size());
}

TEST_CASE("Every cell is run from the same seeds") {
  const Model model;
  const AuditPlan plan = plan_of(model);
  for (const AuditRun& run : runs_of(plan)) {
    CHECK(spec_of(plan, run).seed == run.seed);
    CHECK((run.seed == 5 || run.seed == 6));
  }
}

TEST_CASE("A result comes back from its folder as it was kept, and counts as done") {
  const ScratchFolder scratch;
  const Model model;
  const AuditPlan plan = plan_of(model);
  const AuditRun run{{0, std::nullopt, 0}, 1, 5};
  const fs::path folder = scratch / "run";
  CHECK_FALSE(kept_result(folder, run));
  const AuditResult kept = keep_result(folder, plan, run, reconstruction(0.4), 1);
  const std::optional<AuditResult> read = kept_result(folder, run);
  REQUIRE(read);
  CHECK(read->failure.empty());
  CHECK(read->label_recall == kept.label_recall);
  CHECK(*read->label_recall == 0.5);
  REQUIRE(read->images.size() == 2);
  CHECK(read->images[0].image == 2);
  CHECK(read->images[0].psnr == kept.images[0].psnr);
  CHECK(read->images[0].psnr == doctest::Approx(20).epsilon(1e-6));
  CHECK(fs::exists(folder / "recon.npz"));
}

TEST_CASE("A failed run counts as done, and a damaged result is refused") {
  const ScratchFolder scratch;
  const Model model;
  const AuditPlan plan = plan_of(model);
  const AuditRun run{{0, std::nullopt, 0}, 0, 5};
  keep_failure(scratch / "failed", plan, run, "not finite");
  CHECK(kept_result(scratch / "failed", run)->failure == "not finite");
  fs::create_directories(scratch / "damaged");
  write_atomically(scratch / "damaged" / "result.json", R"({"status": "finished"})");
  CHECK_THROWS_AS(kept_result(scratch / "damaged", run), InputError);
}

TEST_CASE("Only the same audit goes on in a folder") {
  const ScratchFolder scratch;
  const Model model;
  AuditPlan plan = plan_of(model);
  const fs::path folder = scratch / "audit";
  CHECK_THROWS_AS(audit_folder(folder, Existing::resume, plan), IoError);
  audit_folder(folder, Existing::refuse, plan);
  CHECK_THROWS_AS(audit_folder(folder, Existing::refuse, plan), IoError);
  CHECK_NOTHROW(audit_folder(folder, Existing::resume, plan));
  fs::create_directories(folder / "runs" / "0-dlg");
  plan.identity["seeds"] = "5, 3";
  const std::string error =
      testing::input_error([&] { audit_folder(folder, Existing::resume, plan); });
  CHECK(error.find("differs in its seeds") != std::string::npos);
  CHECK(fs::exists(folder / "runs"));
  audit_folder(folder, Existing::overwrite, plan);
  CHECK_FALSE(fs::exists(folder / "runs"));
}

TEST_CASE("The summary is a function of the results, and states the gain beyond the controls") {
  const Model model;
  const AuditPlan plan = plan_of(model);
  std::vector<AuditResult> results = results_of(plan);
  const AuditSummary summary(plan, results, {39, {}});
  REQUIRE(summary.cells().size() == 4);
  for (const AuditSummary::Cell& cell : summary.cells()) {
    CHECK(cell.figures.psnr_gain->difference.mean == doctest::Approx(20));
    CHECK(cell.finding == inversion::Finding::recovered);
    CHECK(cell.figures.runs == 4);
  }
  CHECK(summary.exceeds_threshold());
  CHECK_FALSE(summary.lacks_results());
  const nlohmann::json first = summary.as_json();
  CHECK(first == AuditSummary(plan, results, {39, {}}).as_json());
  CHECK(first["cells"][3]["psnr_gain"]["mean"].get<double>() == doctest::Approx(20));
  CHECK(first["cells"][3]["example"]["run"] ==
        "runs/1-inverting-gradients/1-gaussian_0.1/images-0-seed-5");
  CHECK_FALSE(AuditSummary(plan, results, {41, 21}).exceeds_threshold());
}

TEST_CASE("An attack whose every run failed has no finding") {
  const Model model;
  const AuditPlan plan = plan_of(model);
  std::vector<AuditResult> results = results_of(plan);
  const std::vector<AuditRun> runs = runs_of(plan);
  for (std::size_t i = 0; i < runs.size(); ++i)
    if (runs[i].subject == AuditSubject{0, std::nullopt, 0}) results[i] = {"not finite", {}, {}};
  const AuditSummary summary(plan, results, {});
  CHECK(summary.lacks_results());
  CHECK(summary.cells()[0].finding == inversion::Finding::no_result);
  CHECK(summary.cells()[0].figures.failed == 4);
  CHECK(summary.as_json()["cells"][0]["psnr"]["mean"].dump() == "null");
}

}  // namespace palimpsest::tools
