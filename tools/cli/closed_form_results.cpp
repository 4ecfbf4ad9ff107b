#include "tools/cli/closed_form_results.h"

#include <cstring>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>

#include "inversion/metrics.h"
#include "inversion/pixels.h"
#include "tools/io/image.h"
#include "tools/io/image_grid.h"
#include "tools/io/npz.h"
#include "tools/io/png.h"

namespace palimpsest::tools {
namespace {

using inversion::ReadExample;
using nlohmann::json;

/// [n, ...] of examples [1, ...].
Literal joined(const std::vector<ReadExample>& examples) {
  const TensorType& one = examples.front().example.type();
  const TensorType type{one.dtype, one.shape.with(0, static_cast<std::int64_t>(examples.size()))};
  const auto data = Literal::allocate(type);
  for (std::size_t i = 0; i < examples.size(); ++i)
    std::memcpy(data.get() + i * one.bytes(), examples[i].example.bytes(), one.bytes());
  return Literal(type, data);
}

std::string numbered(std::size_t index) {
  std::ostringstream name;
  name << "recon_" << std::setw(4) << std::setfill('0') << index << ".png";
  return name.str();
}

bool is_image(const Literal& pixels) {
  return pixels.shape().rank() == 4 && (pixels.shape()[1] == 1 || pixels.shape()[1] == 3);
}

}  // namespace

json write_examples(const RunFolder& folder, const inversion::Problem& problem,
                    const std::vector<ReadExample>& examples, const Console& console) {
  json rows = json::array();
  std::vector<std::vector<std::string>> table{{"EXAMPLE", "EVIDENCE", "UNIT", "UNITS", "SHARE"}};
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const ReadExample& example = examples[i];
    const std::string_view evidence = inversion::name_of(example.evidence);
    rows.push_back({{"evidence", evidence}, {"units", example.units}, {"share", example.share}});
    const bool of_units = !example.units.empty();
    table.push_back({text(i), std::string(evidence), of_units ? text(example.units.front()) : "",
                     of_units ? text(example.units.size()) : "",
                     of_units ? readable_number(example.share) : ""});
  }
  if (examples.empty()) {
    console.line("the gradient of the layer shows no example");
    return rows;
  }
  console.table(table);
  const Literal raw = joined(examples);
  const Literal pixels = inversion::pixels_of(problem, raw);
  write_atomically(folder.file("recon.npz"),
                   npz_bytes({{"images", inversion::clamped(pixels)}, {"raw", raw}}));
  if (!is_image(pixels)) return rows;
  const std::vector<Literal> images = unstacked(inversion::clamped(pixels));
  for (std::size_t i = 0; i < images.size(); ++i)
    write_atomically(folder.file("recon", numbered(i)), encode_png(images[i]));
  write_atomically(folder.file("grid.png"), encode_png(image_grid(images)));
  return rows;
}

json solutions_json(const std::vector<inversion::LayerSolution>& layers, const Console& console) {
  json rows = json::array();
  std::vector<std::vector<std::string>> table{
      {"LAYER", "UNKNOWNS", "EQUATIONS", "RANK", "RESIDUAL"}};
  for (const inversion::LayerSolution& layer : layers) {
    rows.push_back({{"node", layer.node},
                    {"unknowns", layer.unknowns},
                    {"equations", layer.equations},
                    {"rank", layer.rank},
                    {"residual", layer.residual}});
    table.push_back({layer.node, text(layer.unknowns), text(layer.equations), text(layer.rank),
                     readable_number(layer.residual)});
  }
  console.table(table);
  return rows;
}

json compare_examples(const inversion::Problem& problem, const std::vector<ReadExample>& examples,
                      const Literal& truth, const Console& console) {
  const Literal images = inversion::clamped(inversion::pixels_of(problem, joined(examples)));
  json rows = json::array();
  std::vector<std::vector<std::string>> table{{"TRUTH", "NEAREST", "MSE", "PSNR"}};
  for (std::int64_t t = 0; t < truth.shape()[0]; ++t) {
    std::int64_t nearest = 0;
    double least = inversion::mean_squared_error(images, 0, truth, t);
    for (std::int64_t i = 1; i < images.shape()[0]; ++i) {
      const double error = inversion::mean_squared_error(images, i, truth, t);
      if (error >= least) continue;
      least = error;
      nearest = i;
    }
    const double psnr = inversion::psnr(least);
    rows.push_back({{"truth", t}, {"nearest", nearest}, {"mse", least}, {"psnr", psnr}});
    table.push_back({text(t), text(nearest), readable_number(least), readable_number(psnr)});
  }
  console.table(table);
  return rows;
}

}  // namespace palimpsest::tools
