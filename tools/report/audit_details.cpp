#include "tools/report/audit_details.h"

#include <cmath>

#include "graph/error.h"
#include "tools/report/facts.h"
#include "tools/report/reproduction.h"
#include "tools/report/run_record.h"

namespace palimpsest::tools {
namespace {

using nlohmann::json;

void write_cells(Markup& out, const json& summary) {
  std::vector<std::vector<std::string>> rows{{"attack", "defence", "PSNR, dB", "SSIM", "gain, dB",
                                              "gain, SSIM", "labels", "runs", "failed"}};
  for (const json& cell : member(summary, "cells"))
    rows.push_back({string_or(cell, "attack", ""), string_or(cell, "defense", ""),
                    estimate_words(member(cell, "psnr")), estimate_words(member(cell, "ssim")),
                    estimate_words(member(cell, "psnr_gain")),
                    estimate_words(member(cell, "ssim_gain")),
                    figure(number_or_nan(cell, "label_recall"), 3),
                    figure(number_or_nan(cell, "runs")), figure(number_or_nan(cell, "failed"))});
  write_table(out, rows);
}

void write_controls(Markup& out, const json& summary) {
  std::vector<std::vector<std::string>> rows{
      {"attack", "control", "defence", "PSNR, dB", "SSIM", "runs", "failed"}};
  for (const json& control : member(summary, "controls"))
    rows.push_back({string_or(control, "attack", ""), string_or(control, "control", ""),
                    string_or(control, "defense", "any"), estimate_words(member(control, "psnr")),
                    estimate_words(member(control, "ssim")), figure(number_or_nan(control, "runs")),
                    figure(number_or_nan(control, "failed"))});
  write_table(out, rows);
}

/// What each attack is and what it was given.
void write_attacks(Markup& out, const json& summary) {
  std::vector<std::vector<std::string>> rows{
      {"attack", "needs", "labels", "iterations", "restarts"}};
  for (const json& attack : member(summary, "attacks"))
    rows.push_back({string_or(attack, "title", string_or(attack, "name", "")),
                    string_or(attack, "needs", "–"), string_or(attack, "labels", "–"),
                    figure(number_or_nan(attack, "iterations"), 9),
                    figure(number_or_nan(attack, "restarts"), 9)});
  write_table(out, rows);
  for (const json& attack : member(summary, "attacks"))
    if (const std::string citation = string_or(attack, "citation", ""); !citation.empty())
      out.element("p", citation, {{"class", "citation"}});
}

}  // namespace

std::string estimate_words(const json& estimate) {
  const double mean = number_or_nan(estimate, "mean"), low = number_or_nan(estimate, "low");
  if (std::isnan(mean) || std::isnan(low)) return figure(mean);
  return figure(mean) + " [" + figure(low) + ", " + figure(number_or_nan(estimate, "high")) + "]";
}

std::string gain_words(const json& gain) {
  const char* sign = number_or_nan(gain, "mean") > 0 ? "+" : "";
  return text(sign, estimate_words(gain), " beyond ", string_or(gain, "control", "control"));
}

void write_reading(Markup& out) {
  const Element section(out, "section");
  out.element("h3", "How to read this");
  const Element list(out, "ul", "reading");
  for (const char* words :
       {"The gain is what counts: how much closer the attack comes to the true images than the "
        "same recipe without the update. A high PSNR without gain is what priors, labels or the "
        "model's own statistics give anyway.",
        "Controls: prior only (the recipe's priors and start), statistics only (the running "
        "statistics of BatchNormalization), label only (the classification loss of the true "
        "labels), random update (the recipe on random numbers of the update's norms). All are "
        "given the true labels. The control of the highest mean stands against the attack.",
        "Brackets are 95 % intervals (Student's t) of the mean over groups of images; with a "
        "single "
        "group, over its seeds, and then they say nothing about other images.",
        "The best image matters more than the mean where one disclosed image is one too many.",
        "Not recovered within this budget is all that a small gain says. Another attack, more "
        "iterations, more restarts or a better prior may recover more."})
    out.element("li", words);
}

void write_all_figures(Markup& out, const json& summary) {
  const Element section(out, "section");
  out.element("h3", "All figures");
  write_cells(out, summary);
  out.element("h4", "Controls");
  write_controls(out, summary);
  out.element("h4", "Attacks and what they were given");
  write_attacks(out, summary);
  out.element("h4", "Conventions");
  write_facts(out, facts_of(member(summary, "conventions")));
}

void write_audit_provenance(Markup& out, const AuditRecord& record) {
  const json& summary = record.summary;
  const json& identity = member(summary, "identity");
  const Element section(out, "section");
  out.element("h3", "Provenance");
  Facts facts{{"program", string_or(summary, "program", "–")}};
  for (const char* key : {"model", "weights", "images", "targets"})
    facts.emplace_back(text(key, ", SHA-256"), string_or(identity, key, "–"));
  facts.emplace_back("first seed", figure(number_or_nan(summary, "first_seed"), 12));
  for (const auto& fact : facts_of(member(summary, "thresholds")))
    facts.emplace_back("threshold, " + fact.first, fact.second);
  write_facts(out, facts);
  out.element("h4", "To reproduce");
  {
    const Element block(out, "pre", "command");
    out.lines(reproduction(record.plan));
  }
  for (const auto& [heading, key] :
       {std::pair{"The client", "client options"}, std::pair{"The model", "model options"},
        std::pair{"The attacks", "attacks"}}) {
    out.element("h4", heading);
    const Element block(out, "pre", "settings");
    out.lines(string_or(identity, key, "–"));
  }
}

}  // namespace palimpsest::tools
