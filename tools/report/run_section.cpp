#include "tools/report/run_section.h"

#include <algorithm>
#include <cmath>

#include "inversion/metrics.h"
#include "tools/cli/attack_results.h"
#include "tools/io/image.h"
#include "tools/io/image_grid.h"
#include "tools/report/facts.h"
#include "tools/report/pictures.h"
#include "tools/report/run_details.h"

namespace palimpsest::tools {
namespace {

using nlohmann::json;

constexpr std::size_t most_pictures = 64, most_series = 24;

/// The scores that the run recorded, else those of its images.
json metrics_of(const RunRecord& record) {
  const json& recorded = member(record.result, "metrics");
  if (!recorded.empty()) return recorded;
  if (!record.truth) return json::object();
  return scores_json(inversion::score_images(*record.images, *record.truth));
}

std::string heading_of(const RunRecord& record) {
  return record.title.empty() ? string_or(record.result, "recipe", record.name) : record.title;
}

/// Index of the recovered image that is assigned to each true one; none where a file says
/// something impossible.
std::vector<std::size_t> pairing(const json& metrics, std::size_t count) {
  std::vector<std::size_t> recovered;
  for (const json& image : member(metrics, "images")) {
    const double index = number_or_nan(image, "recovered");
    if (!(index >= 0 && index < static_cast<double>(count))) return {};
    recovered.push_back(static_cast<std::size_t>(index));
  }
  return recovered.size() == count ? recovered : std::vector<std::size_t>{};
}

std::string score_words(const json& image) {
  std::string words = figure(number_or_nan(image, "psnr")) + " dB";
  const double similarity = number_or_nan(image, "ssim");
  return std::isnan(similarity) ? words : words + ", SSIM " + figure(similarity, 3);
}

std::vector<PictureRow> comparison_rows(const RunRecord& record, const json& metrics) {
  const std::vector<Literal> truth = unstacked(*record.truth), images = unstacked(*record.images);
  const std::vector<std::size_t> recovered = pairing(metrics, truth.size());
  std::vector<PictureRow> rows;
  for (std::size_t i = 0; i < std::min(recovered.size(), most_pictures); ++i) {
    const Literal& found = images[recovered[i]];
    rows.push_back({truth.size() > 1 ? text("Image ", i + 1) : "",
                    {{truth[i], "truth"},
                     {found, "reconstruction, " + score_words(metrics["images"][i])},
                     {absolute_difference(truth[i], found), "difference"}}});
  }
  return rows;
}

void write_images(Markup& out, const RunRecord& record, const json& metrics) {
  if (!record.images) return;
  const Element section(out, "section");
  out.element("h3", "Images");
  std::vector<PictureRow> rows;
  if (record.truth) rows = comparison_rows(record, metrics);
  const std::vector<Literal> images = unstacked(*record.images);
  if (rows.empty())
    for (std::size_t i = 0; i < std::min(images.size(), most_pictures); ++i)
      rows.push_back({"", {{images[i], text("reconstruction ", i + 1)}}});
  write_picture_rows(out, rows);
  if (images.size() > most_pictures)
    out.element("p", text("The first ", most_pictures, " of ", images.size(), " images."));
}

Chart chart_of(const Curve& curve) {
  std::string term = curve.term;
  std::ranges::replace(term, '_', ' ');
  Chart chart{text(term, " over the iterations"), "iteration", term, {}};
  const std::size_t count = std::min(curve.restarts.size(), most_series);
  chart.series.assign(curve.restarts.begin(),
                      curve.restarts.begin() + static_cast<std::ptrdiff_t>(count));
  return chart;
}

/// A term that is 0 throughout was not part of the objective; the best objective follows it.
bool says_something(const Curve& curve) {
  if (curve.term == "best") return false;
  const auto moves = [](const Series& series) {
    return std::ranges::any_of(series.points, [](const auto& point) { return point.second != 0; });
  };
  return std::ranges::any_of(curve.restarts, moves);
}

void write_curves(Markup& out, const std::vector<Curve>& curves) {
  if (curves.empty()) return;
  const Element section(out, "section");
  out.element("h3", "The search");
  const Chart main = chart_of(curves.front());
  draw_chart(out, main);
  write_legend(out, main);
  if (curves.front().restarts.size() > most_series)
    out.element("p", text("The first ", most_series, " of ", curves.front().restarts.size(),
                          " restarts are drawn."));
  const Element small(out, "div", "multiples");
  for (std::size_t i = 1; i < curves.size(); ++i) {
    if (!says_something(curves[i])) continue;
    const Element figure(out, "figure");
    Chart chart = chart_of(curves[i]);
    out.element("figcaption", chart.y_label);
    chart.width = 400, chart.height = 220;
    draw_chart(out, chart);
  }
}

void write_lede(Markup& out, const RunRecord& record, const json& metrics) {
  const Element strip(out, "div", "strip");
  const auto show = [&](const std::string& value, const std::string& name) {
    const Element cell(out, "div");
    out.element("b", value).element("span", name);
  };
  if (!metrics.empty()) {
    show(figure(number_or_nan(metrics, "psnr")), "dB PSNR, mean");
    show(figure(number_or_nan(metrics, "ssim"), 3), "SSIM, mean");
  }
  show(figure(number_or_nan(record.result, "objective"), 3), "objective");
  const json& restarts = member(record.result, "restarts");
  show(text(restarts.size()), restarts.size() == 1 ? "restart" : "restarts");
  show(duration_words(number_or_nan(record.result, "wall_seconds")), "run time");
  show(string_or(record.result, "status", "–"), "status");
}

}  // namespace

void write_run(Markup& out, const RunRecord& record, const std::string& anchor) {
  const Element article(out, "article", {{"id", anchor}});
  const json metrics = metrics_of(record);
  out.element("p", record.name, {{"class", "eyebrow"}});
  out.element("h2", heading_of(record));
  if (!record.citation.empty()) out.element("p", record.citation, {{"class", "citation"}});
  write_lede(out, record, metrics);
  if (metrics.empty())
    out.element("p", "The true images were not given, so nothing here says how close it came.",
                {{"class", "note"}});
  write_images(out, record, metrics);
  write_curves(out, record.curves);
  write_metrics(out, record, metrics);
  write_knowledge(out, record);
  write_provenance(out, record);
}

void write_overview(Markup& out, const std::vector<RunRecord>& records) {
  const Element scroll(out, "div", "scroll");
  const Element table(out, "table");
  {
    const Element row(out, "tr");
    for (const char* heading : {"run", "attack", "PSNR, dB", "SSIM", "status"})
      out.element("th", heading);
  }
  for (std::size_t i = 0; i < records.size(); ++i) {
    const json metrics = metrics_of(records[i]);
    const Element row(out, "tr");
    {
      const Element cell(out, "th");
      out.element("a", records[i].name, {{"href", text("#run-", i + 1)}});
    }
    out.element("td", heading_of(records[i]));
    out.element("td", figure(number_or_nan(metrics, "psnr")));
    out.element("td", figure(number_or_nan(metrics, "ssim"), 3));
    out.element("td", string_or(records[i].result, "status", "–"));
  }
}

}  // namespace palimpsest::tools
