#include "tools/cli/update_options.h"

#include <algorithm>

#include "tools/cli/exit_code.h"
#include "tools/cli/words.h"

namespace palimpsest::tools {
namespace {

using inversion::SentKind;
using inversion::Sign;

SentKind parse_kind(const std::string& word) {
  if (word == "gradient") return SentKind::gradient;
  return word == "delta" ? SentKind::delta : SentKind::weights;
}

/// A client in another mode than the imported model has other gradients.
void warn_of_batch_norm(const Model& model, const UpdateMetadata& metadata,
                        const Console& console) {
  if (!metadata.bn || !metadata.bn->mode) return;
  const bool train = *metadata.bn->mode == BatchNormMode::train;
  const std::string word = train ? "train" : "eval";
  const auto fits = [&](const BatchNormSite& site) { return site.train == train; };
  if (!std::all_of(model.batch_norms.begin(), model.batch_norms.end(), fits))
    console.warning(text("the client ran BatchNormalization in ", word,
                         " mode, the model is imported otherwise: give --bn ", word));
}

}  // namespace

void UpdateOptions::add_to(CLI::App& app) {
  const std::string group = "The update";
  app.add_option("--update", path, "npz, npy, safetensors, .pb, ONNX file, or a folder of tensors")
      ->required()
      ->group(group);
  app.add_option("--before", before, "the weights before training, in any of these formats")
      ->group(group);
  app.add_option("--kind", kind, "what the tensors are (default: from the metadata)")
      ->check(CLI::IsMember({"gradient", "delta", "weights"}))
      ->group(group);
  app.add_option("--sign", sign, "of a delta")
      ->check(CLI::IsMember({"new-minus-old", "old-minus-new"}))
      ->group(group);
  app.add_option("--scale", scale, "what the client multiplied its update by")->group(group);
  app.add_option("--map", map, "parameter=tensor, for tensors that fit no rule (repeatable)")
      ->group(group);
}

UpdateFile UpdateOptions::read(const Console& console) const {
  UpdateFile file = read_update(path);
  for (const std::string& warning : file.warnings) console.warning(warning);
  return file;
}

inversion::MappedUpdate UpdateOptions::mapped(const Model& model, const UpdateFile& file,
                                              const Console& console) const {
  inversion::Update update;
  update.tensors = file.tensors;
  update.kind = kind ? std::optional(parse_kind(*kind)) : file.metadata.kind;
  update.sign = sign ? (*sign == "old-minus-new" ? Sign::old_minus_new : Sign::new_minus_old)
                     : file.metadata.sign.value_or(Sign::new_minus_old);
  update.scale = scale.value_or(file.metadata.scale.value_or(1));
  if (!before.empty()) update.before = read_update(before).tensors;
  for (const std::string& pair : map) update.map.push_back(parse_pair(pair));
  inversion::MappedUpdate mapped = inversion::map_update(model, update);
  for (const std::string& warning : mapped.warnings) console.warning(warning);
  warn_of_batch_norm(model, file.metadata, console);
  return mapped;
}

}  // namespace palimpsest::tools
