#include "tools/report/run_details.h"

#include <algorithm>
#include <cmath>

#include "graph/error.h"
#include "tools/cli/digest.h"
#include "tools/report/facts.h"
#include "tools/report/reproduction.h"

namespace palimpsest::tools {
namespace {

using nlohmann::json;

/// A line an image, with whatever figures the run recorded, and their means.
std::vector<std::vector<std::string>> metrics_table(const json& metrics) {
  std::vector<std::string> keys{"truth", "recovered", "psnr", "ssim", "mse"};
  const json& images = member(metrics, "images");
  if (images.empty() || !images.front().is_object()) return {};
  for (const auto& [key, value] : images.front().items())
    if (value.is_number() && std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
  std::vector<std::vector<std::string>> rows{
      {"true image", "recovered", "PSNR, dB", "SSIM", "MSE"}};
  rows.front().insert(rows.front().end(), keys.begin() + 5, keys.end());
  const auto line = [&](const json& object, std::string first, std::string second) {
    std::vector<std::string> row{std::move(first), std::move(second)};
    for (std::size_t k = 2; k < keys.size(); ++k)
      row.push_back(figure(number_or_nan(object, keys[k].c_str())));
    return row;
  };
  for (const json& image : images) {
    if (rows.size() > 1000) break;
    rows.push_back(line(image, figure(number_or_nan(image, "truth") + 1, 9),
                        figure(number_or_nan(image, "recovered") + 1, 9)));
  }
  rows.push_back(line(metrics, "mean", ""));
  return rows;
}

}  // namespace

void write_metrics(Markup& out, const RunRecord& record, const json& metrics) {
  const bool labels = record.result.contains("labels");
  if (metrics.empty() && !labels) return;
  const Element section(out, "section");
  out.element("h3", "Figures");
  write_table(out, metrics_table(metrics));
  const std::string convention = string_or(metrics, "convention", "");
  if (!convention.empty()) out.element("p", "Convention: " + convention + ".", {{"class", "note"}});
  if (const Facts conventions = facts_of(member(metrics, "conventions")); !conventions.empty()) {
    out.element("h4", "Conventions");
    write_facts(out, conventions);
  }
  const double chance = number_or_nan(metrics, "random_pair_psnr");
  if (!std::isnan(chance))
    out.element("p",
                text("A reconstruction set beside a wrong image scores ", figure(chance), " dB."),
                {{"class", "note"}});
  Facts facts;
  if (labels) facts.emplace_back("labels", words_of(record.result["labels"]));
  const json& rule = member(record.result, "label_rule");
  if (!rule.empty())
    facts.emplace_back("label rule",
                       string_or(rule, "rule", "") + ": " + string_or(rule, "note", ""));
  const double recall = number_or_nan(record.result, "label_instance_recall");
  if (!std::isnan(recall)) facts.emplace_back("label instance recall", figure(recall));
  write_facts(out, facts);
}

void write_knowledge(Markup& out, const RunRecord& record) {
  const Element section(out, "section");
  out.element("h3", "What the attacker was given");
  Facts facts;
  if (!record.needs.empty()) facts.emplace_back("the attack needs", record.needs);
  for (auto& fact : facts_of(member(record.result, "attacker_knows"))) facts.push_back(fact);
  write_facts(out, facts);
  const json& identity = member(record.result, "identity");
  for (const auto& [heading, key] : {std::pair{"The client, as assumed", "client options"},
                                     std::pair{"How the model was read", "model options"}}) {
    const std::string words = string_or(identity, key, "");
    if (words.empty()) continue;
    out.element("h4", heading);
    const Element block(out, "pre");
    out.lines(words);
  }
}

void write_provenance(Markup& out, const RunRecord& record) {
  const Element section(out, "section");
  out.element("h3", "Provenance");
  const json& result = record.result;
  const json& identity = member(result, "identity");
  Facts facts{{"program", string_or(result, "program", "–")}};
  for (const auto& [name, key] :
       {std::pair{"model file", "model"}, std::pair{"weights", "weights"},
        std::pair{"update", "update"}, std::pair{"labels or start", "labels or start"}})
    if (const std::string digest = string_or(identity, key, ""); !digest.empty())
      facts.emplace_back(text(name, ", SHA-256"), digest);
  if (!record.settings.empty())
    facts.emplace_back("settings, SHA-256", sha256(byte_view(record.settings)));
  if (!record.images_digest.empty()) facts.emplace_back("recon.npz, SHA-256", record.images_digest);
  for (const auto& fact : facts_of(member(result, "host"))) facts.push_back(fact);
  facts.emplace_back("threads", figure(number_or_nan(result, "threads")));
  facts.emplace_back("time", duration_words(number_or_nan(result, "wall_seconds")));
  facts.emplace_back("peak memory", size_words(number_or_nan(result, "peak_resident_bytes")));
  write_facts(out, facts);
  out.element("h4", "To reproduce");
  {
    const Element block(out, "pre", "command");
    out.lines(reproduction(result));
  }
  if (record.settings.empty()) return;
  out.element("h4", "All settings");
  const Element block(out, "pre", "settings");
  out.lines(record.settings);
}

}  // namespace palimpsest::tools
