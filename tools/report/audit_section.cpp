#include "tools/report/audit_section.h"

#include <cmath>

#include "graph/error.h"
#include "tools/report/audit_details.h"
#include "tools/report/facts.h"
#include "tools/report/interval_chart.h"
#include "tools/report/pictures.h"
#include "tools/report/run_record.h"

namespace palimpsest::tools {
namespace {

using nlohmann::json;

std::optional<double> optional_number(const json& object, const char* key) {
  const double value = number_or_nan(object, key);
  return std::isnan(value) ? std::nullopt : std::optional(value);
}

bool recovered(const json& cell) {
  const std::optional<double> low = optional_number(member(cell, "psnr_gain"), "low");
  return low && *low > 0;
}

void write_verdict(Markup& out, const json& summary) {
  const json& cells = member(summary, "cells");
  std::size_t beyond = 0;
  std::vector<std::string> exceeded;
  for (const json& cell : cells) {
    beyond += recovered(cell);
    for (const json& words : member(cell, "exceeded"))
      exceeded.push_back(string_or(cell, "attack", "") + ", " + string_or(cell, "defense", "") +
                         ": " + words_of(words));
  }
  {
    const bool failed = !exceeded.empty() || beyond > 0;
    const Element verdict(out, "p", failed ? "verdict failed" : "verdict");
    if (beyond > 0)
      out.text(text("In ", beyond, " of ", cells.size(),
                    " combinations of attack and defence the update gave away more than model and "
                    "labels do without it."));
    else
      out.text(
          "In no combination of attack and defence more was recovered from the updates than "
          "without them, within this budget.");
  }
  if (exceeded.empty()) return;
  out.element("p", "Thresholds exceeded:");
  const Element list(out, "ul");
  for (const std::string& words : exceeded) out.element("li", words);
}

void write_strip(Markup& out, const json& summary) {
  const Element strip(out, "div", "strip");
  const auto show = [&](const std::string& value, const std::string& name) {
    const Element cell(out, "div");
    out.element("b", value).element("span", name);
  };
  show(text(member(summary, "attacks").size()), "attacks");
  show(text(member(summary, "defenses").size()), "defences");
  show(figure(number_or_nan(summary, "images")), "images");
  show(figure(number_or_nan(summary, "images_per_update")), "images an update");
  show(figure(number_or_nan(summary, "seeds")), "seeds");
}

void write_cell(Markup& out, const json& cell) {
  const Element data(out, "td", "cell");
  out.element("b", figure(number_or_nan(member(cell, "psnr"), "mean")) + " dB");
  out.element("span", "best image " + figure(number_or_nan(cell, "highest_psnr")) + " dB");
  const json& gain = member(cell, "psnr_gain");
  const double mean = number_or_nan(gain, "mean");
  out.element("span", std::isnan(mean) ? "no control" : gain_words(gain),
              {{"class", recovered(cell) ? "leak" : "calm"}});
  out.element("span", string_or(cell, "finding", ""));
}

/// Attacks down, defences across.
void write_matrix(Markup& out, const json& summary) {
  const json& attacks = member(summary, "attacks");
  const json& cells = member(summary, "cells");
  const Element scroll(out, "div", "scroll");
  const Element table(out, "table", "matrix");
  {
    const Element row(out, "tr");
    out.element("th", "attack");
    for (const json& defense : member(summary, "defenses")) out.element("th", words_of(defense));
  }
  for (const json& attack : attacks) {
    const std::string name = string_or(attack, "name", "");
    const Element row(out, "tr");
    out.element("th", name);
    for (const json& cell : cells)
      if (string_or(cell, "attack", "") == name) write_cell(out, cell);
  }
}

void write_gains(Markup& out, const json& summary) {
  std::vector<IntervalRow> rows;
  std::string attack;
  int colour = -1;
  for (const json& cell : member(summary, "cells")) {
    if (rows.empty() || attack != string_or(cell, "attack", "")) ++colour;
    attack = string_or(cell, "attack", "");
    const json& gain = member(cell, "psnr_gain");
    rows.push_back({attack + ", " + string_or(cell, "defense", ""), number_or_nan(gain, "mean"),
                    optional_number(gain, "low"), optional_number(gain, "high"), colour});
  }
  if (rows.empty()) return;
  draw_intervals(out, "Gain beyond the best control", "PSNR beyond the best control, dB", rows);
}

void write_examples(Markup& out, const std::vector<AuditExample>& examples) {
  if (examples.empty()) return;
  const Element section(out, "section");
  out.element("h3", "The best image of each cell");
  std::vector<PictureRow> rows;
  for (const AuditExample& example : examples) {
    PictureRow row{
        example.heading,
        {{example.truth, "truth"}, {example.attack, "attack, " + figure(example.psnr) + " dB"}}};
    if (example.control) row.pictures.emplace_back(*example.control, example.control_name);
    rows.push_back(std::move(row));
  }
  write_picture_rows(out, rows);
}

}  // namespace

void write_audit(Markup& out, const AuditRecord& record, const std::string& anchor) {
  const Element article(out, "article", {{"id", anchor}});
  out.element("p", record.name, {{"class", "eyebrow"}});
  out.element("h2", "Attacks, defences and controls");
  write_verdict(out, record.summary);
  write_strip(out, record.summary);
  {
    const Element section(out, "section");
    out.element("h3", "What was recovered");
    write_matrix(out, record.summary);
    write_gains(out, record.summary);
  }
  write_examples(out, record.examples);
  write_reading(out);
  write_all_figures(out, record.summary);
  write_audit_provenance(out, record);
}

}  // namespace palimpsest::tools
