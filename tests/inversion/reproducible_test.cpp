// Bits of a matching iteration and the number of threads.

#include <doctest/doctest.h>

#include "runtime/compile.h"
#include "tests/support/golden.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

/// The derivative at one random candidate.
Literal result_of(const Function& iteration, const runtime::CompileOptions& options) {
  runtime::Program program = runtime::compile(iteration, small_models::kernels(), options);
  program.set(0, small_models::uniform(program.input_type(0), 7));
  program.run();
  return program.get(0);
}

}  // namespace

TEST_CASE("a reproducible iteration has the same bits at one, two and three threads") {
  for (const std::string name : {"lenet", "resnet18", "resnet50", "vgg11", "mobilenet_v2",
                                 "densenet121", "inception_v3", "convnext_tiny"}) {
    CAPTURE(name);
    const Model model = test::golden_model(name);
    const Function iteration = test::matching_iteration(model, {.distance = DistanceKind::cosine});
    const Literal alone = result_of(iteration, {.threads = 1, .reproducible = true});
    for (const int threads : {2, 3})
      CHECK(result_of(iteration, {.threads = threads, .reproducible = true}) == alone);
  }
}

TEST_CASE("an iteration has the same bits whenever it is compiled for the same threads") {
  for (const std::string name : {"lenet", "resnet18", "mobilenet_v2"}) {
    CAPTURE(name);
    const Model model = test::golden_model(name);
    const Function iteration = test::matching_iteration(model, {.distance = DistanceKind::cosine});
    const Literal first = result_of(iteration, {.threads = 2});
    for (int run = 0; run < 5; ++run) CHECK(result_of(iteration, {.threads = 2}) == first);
  }
}

}  // namespace palimpsest::inversion
