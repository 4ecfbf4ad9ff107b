// How far the engine is from the golden values of one model, as one line of JSON.
//   oracle_compare model.onnx golden.npz [--dtype f64|f32]

#include <iostream>
#include <nlohmann/json.hpp>
#include <string_view>

#include "tests/support/golden.h"

int main(int argc, char** argv) {
  using namespace palimpsest;
  const bool has_dtype = argc == 5 && std::string_view(argv[3]) == "--dtype";
  if (argc != 3 && !has_dtype) {
    std::cerr << "usage: oracle_compare model.onnx golden.npz [--dtype f64|f32]\n";
    return 2;
  }
  const DType dtype = has_dtype && std::string_view(argv[4]) == "f32" ? DType::f32 : DType::f64;
  try {
    const std::filesystem::path model = argv[1];
    const test::GoldenErrors errors = test::golden_errors(model, test::load_golden(argv[2]), dtype);
    const nlohmann::json line{{"model", model.stem().string()},
                              {"logits", errors.logits},
                              {"gradients", errors.gradients},
                              {"matching_cosine", errors.matching_cosine},
                              {"matching_l2", errors.matching_l2},
                              {"parameters", errors.parameters},
                              {"mask_flips", errors.mask_flips.value_or(0)}};
    std::cout << line.dump() << '\n';
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
}
