// Defences as words of the command line and as elements of the metadata.

#include "tests/tools/io_support.h"
#include "tools/cli/defense_words.h"
#include "tools/cli/exit_code.h"
#include "tools/io/update_metadata.h"

namespace palimpsest::tools {
namespace {

using inversion::Clipping;
using inversion::Defense;
using inversion::Scope;
using inversion::Sparsification;

const std::vector<std::pair<std::string, Defense>> rows{
    {"gaussian:0.1", inversion::GaussianNoise{0.1}},
    {"laplace:1e-05", inversion::LaplacianNoise{1e-5}},
    {"clip:4", Clipping{4, Scope::all}},
    {"clip-layer:0.5", Clipping{0.5, Scope::tensor}},
    {"sparsify:0.9", Sparsification{0.9, Scope::tensor}},
    {"sparsify-global:0.99", Sparsification{0.99, Scope::all}},
    {"quantize:4", inversion::Quantization{4}},
    {"sign", inversion::SignCompression{false}},
    {"scaled-sign", inversion::SignCompression{true}},
    {"soteria:0.8", inversion::Soteria{0.8}},
    {"dp-sgd:1:0.5:1e-06:0.01", inversion::DpSgd{1, 0.5, 1e-6, 0.01}},
    {"secure-aggregation", inversion::SecureAggregation{}}};

std::string usage_error(std::string_view words) {
  try {
    parse_defenses(words);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("every defence has words that give it again") {
  for (const auto& row : rows) {
    const auto& words = row.first;
    CAPTURE(words);
    CHECK(parse_defenses(words) == std::vector<Defense>{row.second});
    CHECK(words_of(row.second) == words);
  }
  CHECK(parse_defenses("").empty());
  CHECK(parse_defenses("dp-sgd:1:0.5") == std::vector<Defense>{inversion::DpSgd{1, 0.5}});
}

TEST_CASE("defences of a chain keep their order") {
  CHECK(parse_defenses("clip:4,gaussian:0.1") ==
        std::vector<Defense>{Clipping{4}, inversion::GaussianNoise{0.1}});
}

TEST_CASE("wrong words are refused with what was expected and what came") {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"clp:4", "'clp' came, did you mean 'clip'?"},
      {"clip", "--defense: clip:NORM expected, 'clip' came"},
      {"clip:4:5", "clip:NORM expected"},
      {"clip:", "clip:NORM: a number expected, '' came"},
      {"clip:4,", "'' came"},
      {"clip:0", "clip: a norm above 0 expected, 0 came"},
      {"sign:1", "sign expected, 'sign:1' came"},
      {"quantize:4.5", "quantize:BITS: a whole number"},
      {"quantize:9999999999", "2 to 32 bits expected"},
      {"dp-sgd:1", "dp-sgd:NORM:NOISE[:DELTA[:RATE]] expected"},
      {"sparsify:1", "a share in [0, 1) expected, 1 came"}};
  for (const auto& row : wrong) {
    const auto& words = row.first;
    CAPTURE(words);
    const std::string error = usage_error(words);
    CAPTURE(error);
    CHECK(error.find(row.second) != std::string::npos);
  }
}

TEST_CASE("every defence is written to the metadata and read back") {
  UpdateMetadata metadata;
  metadata.kind = inversion::SentKind::gradient;
  for (const auto& [words, defense] : rows)
    metadata.defenses.push_back(record_of({defense, "", 0, {}}));
  metadata.defenses.push_back(record_of({inversion::DpSgd{}, "", 0, 2.5}));
  metadata.defenses.push_back({std::nullopt, "a shuffle", {}});
  const std::string toml = update_metadata_text(metadata);
  const UpdateMetadata read = parse_update_metadata(toml, "the-file");
  REQUIRE(read.defenses.size() == metadata.defenses.size());
  for (std::size_t i = 0; i < read.defenses.size(); ++i) {
    CHECK(read.defenses[i].defense == metadata.defenses[i].defense);
    CHECK(read.defenses[i].mechanism == metadata.defenses[i].mechanism);
    CHECK(read.defenses[i].epsilon == metadata.defenses[i].epsilon);
  }
}

}  // namespace palimpsest::tools
