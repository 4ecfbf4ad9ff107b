#pragma once
// A trained network as the library sees it: a function, its named parameters, and the sites
// that priors and label rules need. Import returns one; nothing here knows a file format.

#include <string>
#include <vector>

#include "graph/function.h"
#include "graph/literal.h"

namespace palimpsest {

/// A trainable tensor. Its value in the function is input `input`; `initial` is what the
/// model file holds, in the file's own layout.
struct Parameter {
  std::string name;
  std::size_t input = 0;
  Literal initial;
};

/// A BatchNormalization node.
struct BatchNormSite {
  std::string node;
  Value input;           ///< what is normalised, [N, C, spatial...]
  Literal running_mean;  ///< [C], as in the file
  Literal running_variance;
  std::string mean_name, variance_name;  ///< initializer names of the running statistics
  double epsilon = 1e-5;
  double momentum = 0.9;  ///< ONNX's: running = running * momentum + batch * (1 - momentum)
  bool train = false;     ///< true: normalises by the statistics of the batch
  Value batch_mean, batch_variance;  ///< of this batch (population variance), [C]
};

enum class OutputKind { logits, probabilities, log_probabilities };

/// The last fully connected layer before the output, when there is one.
struct ClassifierHead {
  std::string node;
  std::string weight_name, bias_name;  ///< bias_name is empty when there is no bias
  Value features;                      ///< [N, F], the input of the layer
  /// The weight is [C, F]; false: [F, C].
  bool weight_is_output_by_input = true;
};

enum class ImageLayout { unknown, nchw, nhwc };

/// An input that the client feeds with data: floats, or integers such as token ids.
struct DataInput {
  std::string name;
  std::size_t input = 0;  ///< position in function.inputs
  ImageLayout layout = ImageLayout::unknown;
};

struct Model {
  Function function;  ///< inputs: data inputs first, then one per parameter
  std::vector<DataInput> data;
  std::vector<Parameter> parameters;
  std::vector<std::string> output_names;
  /// The value a classification loss takes: before a final Softmax or LogSoftmax if there is
  /// one, else output 0.
  Value logits;
  OutputKind output_kind = OutputKind::logits;
  std::vector<BatchNormSite> batch_norms;
  bool has_head = false;
  ClassifierHead head;
  std::vector<std::string> dropouts;  ///< names of Dropout nodes
  /// Names and counts, sorted.
  std::vector<std::pair<std::string, std::int64_t>> operators;
  std::vector<std::string> warnings;
  std::string producer;
  std::int64_t opset = 0;
};

}  // namespace palimpsest
