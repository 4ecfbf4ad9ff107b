#include "tools/cli/reconstruction.h"

#include <algorithm>
#include <cmath>

#include "tools/io/escape.h"
#include "tools/io/image.h"
#include "tools/io/npz.h"

namespace palimpsest::tools {
namespace {

void check_images(const Literal& images, const std::string& place) {
  if (images.dtype() != DType::f32 || images.shape().rank() != 4 || images.elements() == 0)
    throw InputError(text(place, ": images f32 [N, C, H, W] expected, ", images.type(), " came"));
  const std::span<const float> values = images.values<float>();
  if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
    throw InputError(text(place, ": finite pixels expected"));
}

SavedReconstruction from_run(const std::filesystem::path& file) {
  const std::string place = terminal_text(file.native());
  SavedReconstruction result;
  bool found = false;
  for (const auto& [name, tensor] : parse_npz(read_file(file), place).tensors) {
    if (name == "images") {
      result.images = tensor;
      found = true;
    }
    if (name == "raw") result.raw = tensor;
    if (name == "targets") result.targets = tensor;
    if (name == "labels" && !is_float(tensor.dtype())) result.labels = tensor;
  }
  if (!found) throw InputError(text(place, ": has no member 'images'"));
  check_images(result.images, place);
  if (!result.raw) return result;
  check_images(*result.raw, place);
  if (!(result.raw->type() == result.images.type()))
    throw InputError(text(place, ": 'raw' as 'images', ", result.images.type(), ", expected, ",
                          result.raw->type(), " came"));
  return result;
}

}  // namespace

SavedReconstruction read_reconstruction(const std::filesystem::path& path) {
  const std::filesystem::path file = path / "recon.npz";
  if (std::filesystem::exists(file)) return from_run(file);
  std::vector<Literal> images;
  for (NamedImage& named : read_images(path)) images.push_back(std::move(named.image));
  return {stacked(images), {}, {}, {}};
}

}  // namespace palimpsest::tools
