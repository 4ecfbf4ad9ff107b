// eval on the bundled example: every measure it can be asked for, and what it refuses.

#include <cmath>
#include <fstream>
#include <limits>

#include "tests/support/model_bytes.h"
#include "tests/tools/command_support.h"
#include "tests/tools/io_support.h"
#include "tools/io/image.h"
#include "tools/io/npz.h"
#include "tools/io/png.h"

namespace palimpsest::tools {
namespace {

namespace fs = std::filesystem;

using namespace palimpsest::testing;
using nlohmann::json;
using testing::data_of;
using testing::quickstart;
using testing::run;
using testing::ScratchFolder;

using Words = std::vector<std::string>;

std::string photograph(const std::string& name) {
  return std::string(PALIMPSEST_SOURCE_DIR) + "/examples/photos/" + name + ".png";
}

Words eval(const std::string& recovered, const std::string& truth, const Words& more = {}) {
  Words words{"eval", recovered, "--truth", truth};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// (a, b) -> the mean of (a - b)^2 over channels and pixels, any height and width, one pair.
fs::path write_mean_square(const ScratchFolder& folder) {
  GraphParts parts;
  parts.nodes = {node("Sub", {"a", "b"}, {"d"}), node("Mul", {"d", "d"}, {"dd"}),
                 node("ReduceMean", {"dd"}, {"distance"}, {integers_attribute("axes", {1, 2, 3})})};
  parts.inputs = {value_info("a", {1, 3, -1, -1}), value_info("b", {1, 3, -1, -1})};
  parts.outputs = {value_info("distance", {1, 1, 1, 1})};
  const fs::path path = folder / "square.onnx";
  std::ofstream(path, std::ios::binary) << model(graph(parts), 11);
  return path;
}

/// The images of a file, each moved to the left by `columns`, as PNG.
fs::path write_moved(const ScratchFolder& folder, const std::string& from, std::int64_t columns) {
  const Literal image = read_image(from);
  const Shape& shape = image.shape();
  const auto in = image.values<float>();
  std::vector<float> out(in.begin(), in.end());
  for (std::int64_t row = 0; row < shape[0] * shape[1]; ++row)
    for (std::int64_t x = 0; x + columns < shape[2]; ++x)
      out[static_cast<std::size_t>(row * shape[2] + x)] =
          in[static_cast<std::size_t>(row * shape[2] + x + columns)];
  fs::path path = folder / "moved.png";
  write_atomically(path, encode_png(Literal::of<float>(shape, out)));
  return path;
}

}  // namespace

TEST_CASE("eval states the convention of every figure that it prints") {
  const ScratchFolder folder;
  const std::string truth = quickstart("truth.png");
  const fs::path network = write_mean_square(folder);
  const Words all{"--registered",
                  "--lpips",
                  network.string(),
                  "--pool",
                  photograph("brick"),
                  "--model",
                  quickstart("lenet.onnx"),
                  "--update",
                  quickstart("update.npz"),
                  "--labels",
                  "3"};
  const json data = data_of(eval(photograph("cat-nose"), truth, all));
  const json& conventions = data.at("conventions");
  for (const char* key :
       {"mse", "psnr", "ssim", "fft2d", "registered_psnr", "registration_confidence", "lpips",
        "mse_r", "iip_pixels", "iip_representation", "update_match", "pairs"}) {
    CAPTURE(key);
    CHECK(conventions.at(key).get<std::string>().size() > 20);
    if (std::string(key) != "pairs") CHECK(data.contains(key));
  }
  for (const auto& [key, value] : data.at("images").front().items())
    if (key != "truth" && key != "recovered") CHECK(conventions.contains(key));

  const testing::Ran ran = run(eval(photograph("cat-nose"), truth, all));
  CHECK(ran.exit_code == 0);
  for (const char* words : {"FFT2D: ", "R-PSNR: ", "LPIPS: distance by the network square.onnx",
                            "MSE-R: ", "IIP-PIXELS: ", "IIP-MODEL: ", "update match: cosine"}) {
    CAPTURE(words);
    CHECK(ran.output.find(words) != std::string::npos);
  }
}

TEST_CASE("eval of the true image itself: nothing is left to find") {
  const ScratchFolder folder;
  const std::string truth = quickstart("truth.png");
  const json data =
      data_of(eval(truth, truth,
                   {"--lpips", write_mean_square(folder).string(), "--pool", photograph("brick"),
                    "--pool", photograph("cat-nose"), "--model", quickstart("lenet.onnx"),
                    "--update", quickstart("update.npz"), "--labels", "3"}));
  CHECK(data.at("mse") == 0);
  CHECK(data.at("psnr").is_null());  // infinite
  CHECK(data.at("fft2d") == 0);
  CHECK(data.at("lpips") == 0);
  CHECK(data.at("mse_r") == 0);
  for (const char* space : {"pixels", "representation"}) {
    const json& found = data.at("identification").at(space);
    CHECK(found.at("precision") == 1);
    CHECK(found.at("pool") == 3);
    CHECK(found.at("chance").get<double>() == doctest::Approx(1.0 / 3));
  }
  // The update was made from this image by PyTorch, in f32.
  CHECK(data.at("update_match").at("cosine").get<double>() > 1 - 1e-6);
  CHECK(data.at("update_match").at("relative_error").get<double>() < 1e-3);
}

TEST_CASE("eval with LPIPS gives the network's distance, in the range that was said") {
  const ScratchFolder folder;
  const std::string network = write_mean_square(folder).string();
  const auto lpips = [&](const Words& more) {
    Words words{"--lpips", network};
    words.insert(words.end(), more.begin(), more.end());
    return data_of(eval(photograph("cat-nose"), quickstart("truth.png"), words));
  };
  const json centred = lpips({}), unit = lpips({"--lpips-range", "0,1"});
  // The network is the mean squared error of what it is given.
  CHECK(unit.at("lpips").get<double>() ==
        doctest::Approx(unit.at("mse").get<double>()).epsilon(1e-5));
  CHECK(centred.at("lpips").get<double>() ==
        doctest::Approx(4 * centred.at("mse").get<double>()).epsilon(1e-5));
}

TEST_CASE("eval finds a moved image again, and tells a wrong one from the original") {
  const ScratchFolder folder;
  const std::string truth = photograph("astronaut-224");
  const json data = data_of(eval(write_moved(folder, truth, 7).string(), truth,
                                 {"--registered", "--pool", photograph("cat-224")}));
  CHECK(data.at("registered_psnr").get<double>() > data.at("psnr").get<double>() + 10);
  CHECK(data.at("registration_confidence").get<double>() > 0.9);
  CHECK(data.at("iip_pixels") == 1);
  const json wrong = data_of(
      eval(photograph("cat-224"), truth, {"--registered", "--pool", photograph("cat-224")}));
  CHECK(wrong.at("iip_pixels") == 0);
  CHECK(wrong.at("registered_psnr") == wrong.at("psnr"));
}

TEST_CASE("eval of a run holds what the attack found against the update it was given") {
  const ScratchFolder folder;
  const std::string out = (folder / "run").string(), truth = quickstart("truth.png");
  const Words attack{"invert",       quickstart("lenet.onnx"),
                     "--update",     quickstart("update.npz"),
                     "--recipe",     "dlg",
                     "--iterations", "3",
                     "--restarts",   "1",
                     "--seed",       "1",
                     "--threads",    "1",
                     "--progress",   "none",
                     "--out",        out};
  REQUIRE(run(attack).exit_code == 0);
  const json data = data_of(eval(out, truth,
                                 {"--model", quickstart("lenet.onnx"), "--update",
                                  quickstart("update.npz"), "--truth-labels", "3", "--write"}));
  const double cosine = data.at("update_match").at("cosine").get<double>();
  CHECK(std::abs(cosine) <= 1);
  CHECK(data.at("label_instance_recall").is_number());
  std::ifstream file(folder / "run" / "metrics.csv");
  std::string heading;
  std::getline(file, heading);
  CHECK(heading == "truth,recovered,mse,psnr,ssim,fft2d,mse_r");
}

TEST_CASE("eval refuses what it cannot measure, with the exit code of the reason") {
  const ScratchFolder folder;
  const std::string truth = quickstart("truth.png"), lenet = quickstart("lenet.onnx");
  const std::string update = quickstart("update.npz");
  const auto code = [&](const Words& more) { return run(eval(truth, truth, more)).exit_code; };
  CHECK(code({"--update", update}) == 2);                    // no model
  CHECK(code({"--model", lenet, "--update", update}) == 2);  // no targets
  CHECK(code({"--lpips", lenet}) == 4);                      // no network of two images
  CHECK(code({"--lpips", "no-such.onnx"}) == 5);
  CHECK(code({"--lpips", write_mean_square(folder).string(), "--lpips-range", "1"}) == 2);
  CHECK(code({"--pool", truth}) == 3);                                // none but originals
  CHECK(code({"--truth-labels", "3"}) == 3);                          // an image has no labels
  CHECK(code({"--model", write_mean_square(folder).string()}) == 3);  // its size is open
}

TEST_CASE("eval refuses a run folder whose images are none") {
  const ScratchFolder folder;
  const auto code = [&](const Literal& images) {
    write_atomically(folder / "recon.npz", npz_bytes({{"images", images}}));
    return run(eval(folder.path().string(), quickstart("truth.png"))).exit_code;
  };
  CHECK(code(Literal::filled({DType::f32, {1, 3, 32, 32}}, 0.5)) == 0);
  CHECK(code(Literal::filled({DType::f32, {1, 3, 32, 32}},
                             std::numeric_limits<double>::quiet_NaN())) == 3);
  CHECK(code(Literal::filled({DType::f64, {1, 3, 32, 32}}, 0.5)) == 3);
  CHECK(code(Literal::filled({DType::f32, {3, 32, 32}}, 0.5)) == 3);
}

}  // namespace palimpsest::tools
