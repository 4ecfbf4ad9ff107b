#pragma once
// Hand-built networks for the tests of inversion, with weights and data drawn from the
// library's own generator. No file is read.

#include "graph/model.h"
#include "inversion/problem.h"
#include "runtime/kernel_table.h"

namespace palimpsest::small_models {

struct NetworkSpec {
  std::int64_t batch = 1;
  DType dtype = DType::f32;
  double weight_scale = 0.5;  ///< weights are U(-scale, scale)
};

/// 1x8x8 -> conv 3x3 stride 2 (6) -> sigmoid -> conv 3x3 (6) -> sigmoid -> linear (4 classes).
Model sigmoid_network(const NetworkSpec& spec = {});
/// 3x32x32 -> three convolutions 5x5 (12 channels, strides 2, 2, 1) with sigmoids -> linear (10
/// classes): the LeNet of Deep Leakage from Gradients.
Model lenet(const NetworkSpec& spec = {});
/// 1 x extent x extent -> linear (hidden) -> sigmoid -> linear (10 classes).
Model mlp(std::int64_t extent, std::int64_t hidden, const NetworkSpec& spec = {});
/// Six features -> linear (5) -> tanh -> linear (3 classes).
Model perceptron(const NetworkSpec& spec = {});
/// Six features -> tanh -> the sum of two linear layers (3 classes): the layers' gradients are
/// equal, hence one node of the graph.
Model twin_network(const NetworkSpec& spec = {});
/// 1x4x4 -> conv 3x3 (2) -> batch norm -> relu -> linear (3 classes).
enum class Mode { train, eval };
Model batch_norm_network(const NetworkSpec& spec = {}, Mode mode = Mode::train);
/// A latent [N, size] -> linear -> sigmoid -> images [N, 1, extent, extent]; with `classes` above 0
/// a second input of class probabilities [N, classes] is added to the latent's layer.
struct GeneratorSpec {
  std::int64_t size = 3, extent = 8, classes = 0;
};
Model generator(const GeneratorSpec& generator, const NetworkSpec& spec = {});

/// U[0,1) values.
Literal uniform(const TensorType& type, std::uint64_t seed);
/// A smooth picture in [0, 1] of that type [N, C, H, W], different for each image.
Literal picture(const TensorType& type);

const runtime::KernelTable& kernels();

/// The problem of an attacker who observes what the client makes of these images and labels.
inversion::Problem observed_problem(const Model& model, inversion::Problem problem,
                                    const Literal& images, const Literal& targets);
Literal labels(const std::vector<std::int64_t>& values);

}  // namespace palimpsest::small_models
