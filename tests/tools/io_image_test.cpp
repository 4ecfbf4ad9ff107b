#include <zlib.h>

#include <cmath>
#include <map>

#include "tests/tools/io_support.h"
#include "tools/io/image.h"
#include "tools/io/image_grid.h"
#include "tools/io/image_transform.h"
#include "tools/io/jpeg.h"
#include "tools/io/npy.h"
#include "tools/io/npz.h"
#include "tools/io/png.h"

namespace palimpsest::tools {
namespace {

using namespace testing;

std::map<std::string, Literal> arrays(std::string_view name) {
  const TensorList list = parse_npz(read_file(fixture(name)), name);
  return {list.tensors.begin(), list.tensors.end()};
}

/// Greatest difference between an image [C, H, W] in [0, 1] and Pillow's bytes [H, W] or [H, W, C].
double difference(const Literal& image, const Literal& pillow) {
  const std::int64_t channels = image.shape()[0];
  REQUIRE(image.elements() == pillow.elements());
  const std::vector<double> ours = image.doubles(), theirs = pillow.doubles();
  const auto pixels = static_cast<std::size_t>(image.shape()[1] * image.shape()[2]);
  double worst = 0;
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    const std::size_t c = i % static_cast<std::size_t>(channels),
                      p = i / static_cast<std::size_t>(channels);
    worst = std::max(worst, std::abs(ours[c * pixels + p] - theirs[i] / 255));
  }
  return worst;
}

TEST_CASE("PNG files of every colour type decode to what Pillow decodes") {
  std::map<std::string, Literal> expected = arrays("decoded.npz");
  expected["rgba.png"] = expected["rgb.png"];  // alpha is dropped
  for (const std::string name : {"rgb.png", "grey.png", "palette.png", "bilevel.png", "rgba.png"}) {
    CAPTURE(name);
    const Literal image = read_image(fixture(name));
    CHECK(image.shape() == Shape{name == "grey.png" || name == "bilevel.png" ? 1 : 3, 8, 12});
    CHECK(difference(image, expected[name]) < 1e-6);
  }
}

TEST_CASE("16-bit PNG samples keep their precision and gamma is ignored") {
  const Literal image = read_image(fixture("rgb16.png"));
  REQUIRE(image.shape() == Shape{3, 1, 2});
  const std::vector<double> values = image.doubles();
  CHECK(values[0] == 0);
  CHECK(values[2] == doctest::Approx(1.0 / 65535).epsilon(1e-6));
  CHECK(values[4] == 1);
  CHECK(values[1] == doctest::Approx(32768.0 / 65535).epsilon(1e-6));
}

TEST_CASE("JPEG files decode to what Pillow decodes, up to the rounding of two decoders") {
  std::map<std::string, Literal> expected = arrays("decoded.npz");
  for (const std::string name : {"baseline.jpg", "progressive.jpg", "grey.jpg"}) {
    CAPTURE(name);
    const Literal image = read_image(fixture(name));
    CHECK(image.shape()[0] == (name == "grey.jpg" ? 1 : 3));
    CHECK(difference(image, expected[name]) < 1.5 / 255);
  }
}

TEST_CASE("CMYK JPEG files are refused") {
  CHECK(input_error([] { read_image(fixture("cmyk.jpg")); }).find("CMYK") != std::string::npos);
}

TEST_CASE("what encode_png writes, decode_png reads back") {
  std::vector<float> values;
  for (int i = 0; i < 3 * 4 * 5; ++i) values.push_back(static_cast<float>(i * 4) / 255.0f);
  const Literal colour = Literal::of({3, 4, 5}, values);
  CHECK(decode_png(encode_png(colour), "file") == colour);
  const Literal one = Literal::of({1, 12, 5}, values);
  CHECK(decode_png(encode_png(one), "file") == one);
}

TEST_CASE("encode_png clamps, rounds and writes NaN as black") {
  const Literal image = Literal::of({1, 1, 4}, std::vector<float>{-1, 2, NAN, 0.5f});
  const std::vector<double> values = decode_png(encode_png(image), "file").doubles();
  CHECK(values[0] == 0);
  CHECK(values[1] == 1);
  CHECK(values[2] == 0);
  CHECK(values[3] == doctest::Approx(128.0 / 255));
  CHECK_THROWS_AS(encode_png(Literal::filled({DType::f32, {2, 1, 1}}, 0)), ShapeError);
}

TEST_CASE("image arrays are read in either layout, u1 or float, one or a batch") {
  const ScratchFolder folder;
  const auto write = [&](const Literal& array) {
    write_atomically(folder / "a.npy", npy_bytes(array));
  };
  write(Literal::of({2, 2}, std::vector<float>{0, 0.25f, 0.5f, 1}));
  CHECK(read_image(folder / "a.npy").shape() == Shape{1, 2, 2});
  write(Literal::of({1, 2, 3}, std::vector<double>{0, 0.1, 0.2, 0.3, 0.4, 0.5}));
  CHECK(read_image(folder / "a.npy").shape() == Shape{1, 2, 3});
  write(Literal::of({2, 4, 3}, std::vector<double>(24, 0.5)));
  CHECK(read_image(folder / "a.npy").shape() == Shape{3, 2, 4});
  write(Literal::filled({DType::f32, {5, 3, 2, 2}}, 0));
  const std::vector<NamedImage> batch = read_images(folder / "a.npy");
  REQUIRE(batch.size() == 5);
  CHECK(batch[4].name == "a.npy[4]");
  CHECK_THROWS_AS(read_image(folder / "a.npy"), InputError);
  for (const Literal& wrong :
       {Literal::of({1, 1}, std::vector<float>{1.5f}), Literal::of({1, 1}, std::vector<float>{NAN}),
        Literal::of({1, 1}, std::vector<std::int64_t>{1}),
        Literal::filled({DType::f32, {2, 4, 4}}, 0), Literal::filled({DType::f32, {4}}, 0),
        Literal::filled({DType::f32, {0, 3}}, 0)}) {
    write(wrong);
    CHECK_THROWS_AS(read_image(folder / "a.npy"), InputError);
  }
}

TEST_CASE("channels-last arrays are transposed") {
  const ScratchFolder folder;
  std::vector<float> values;
  for (int i = 0; i < 2 * 4 * 3; ++i) values.push_back(static_cast<float>(i) / 24);
  write_atomically(folder / "a.npy", npy_bytes(Literal::of({2, 4, 3}, values)));
  const Literal image = read_image(folder / "a.npy");
  CHECK(image.values<float>()[8] == values[1]);           // channel 1, first pixel
  CHECK(image.values<float>()[2 * 8 + 7] == values[23]);  // channel 2, last pixel
}

TEST_CASE("a folder gives its images in natural order and ignores other files") {
  const ScratchFolder folder;
  const Literal image = Literal::filled({DType::f32, {1, 2, 2}}, 1);
  for (const std::string_view name : {"x10.png", "x9.png"})
    write_atomically(folder / name, encode_png(image));
  write_atomically(folder / "notes.txt", std::string_view("x"));
  const std::vector<NamedImage> images = read_images(folder.path());
  REQUIRE(images.size() == 2);
  CHECK(images[0].name == "x9.png");
  const ScratchFolder empty;
  CHECK_THROWS_AS(read_images(empty.path()), InputError);
}

TEST_CASE("images stack to a batch and come apart again") {
  const Literal a = Literal::filled({DType::f32, {1, 2, 2}}, 0.25),
                b = Literal::filled({DType::f32, {1, 2, 2}}, 0.5);
  CHECK(stacked({a, b}).shape() == Shape{2, 1, 2, 2});
  CHECK(unstacked(stacked({a, b})) == std::vector<Literal>{a, b});
  CHECK_THROWS_AS(stacked({a, Literal::filled({DType::f32, {1, 2, 3}}, 0)}), InputError);
  CHECK_THROWS_AS(stacked({}), InputError);
}

TEST_CASE("resizing agrees with Pillow's bilinear filter up and down") {
  std::map<std::string, Literal> expected = arrays("resized.npz");
  const Literal source = expected.extract("source").mapped().reshaped({1, 9, 7});
  for (const auto& entry : expected) {
    CAPTURE(entry.first);
    const Literal& pillow = entry.second;
    const std::vector<double> ours =
        resized(source, pillow.shape()[0], pillow.shape()[1]).doubles();
    const std::vector<double> theirs = pillow.doubles();
    double worst = 0;
    for (std::size_t i = 0; i < theirs.size(); ++i)
      worst = std::max(worst, std::abs(ours[i] - theirs[i]));
    CHECK(worst < 1e-6);
  }
  CHECK_THROWS_AS(resized(source, 0, 3), InputError);
}

TEST_CASE("the shorter side is resized and the middle is cropped") {
  const Literal image = Literal::filled({DType::f32, {3, 20, 31}}, 0.5);
  CHECK(resized_shorter_side(image, 10).shape() == Shape{3, 10, 15});
  const Literal row = Literal::of({1, 1, 5}, std::vector<float>{0, 1, 2, 3, 4});
  CHECK(center_cropped(row, 1, 3) == Literal::of({1, 1, 3}, std::vector<float>{1, 2, 3}));
  CHECK_THROWS_AS(center_cropped(row, 2, 3), InputError);
}

TEST_CASE("grey is Rec. 601 luma and comes back as three equal channels") {
  const Literal colour = Literal::of({3, 1, 1}, std::vector<float>{1, 0.5f, 0.25f});
  const Literal luma = grey(colour);
  CHECK(luma.values<float>()[0] == doctest::Approx(0.299 + 0.2935 + 0.0285));
  CHECK(rgb(luma).shape() == Shape{3, 1, 1});
  CHECK(grey(luma) == luma);
  CHECK(rgb(colour) == colour);
}

TEST_CASE("a comparison grid shows truth, reconstruction and difference enlarged") {
  const Literal truth = Literal::filled({DType::f32, {1, 32, 32}}, 0.75);
  const Literal found = Literal::filled({DType::f32, {1, 32, 32}}, 0.5);
  const Literal grid = comparison_grid({truth, truth}, {found, truth});
  CHECK(grid.shape() == Shape{3, 2 * 128 + 4, 3 * 128 + 8});
  const auto at = [&](std::int64_t y, std::int64_t x) {
    return grid.values<float>()[static_cast<std::size_t>(y * grid.shape()[2] + x)];
  };
  CHECK(at(0, 0) == 0.75f);
  CHECK(at(0, 128) == 1.0f);  // gap
  CHECK(at(0, 132) == 0.5f);
  CHECK(at(127, 264) == 0.25f);
  CHECK(at(132, 264) == 0.0f);
  CHECK_THROWS_AS(comparison_grid({truth}, {}), InputError);
}

TEST_CASE("a grid leaves missing tiles white") {
  const Literal image = Literal::filled({DType::f32, {3, 200, 100}}, 0);
  const Literal grid = image_grid({image, image, image}, {.columns = 2, .least_side = 1, .gap = 2});
  CHECK(grid.shape() == Shape{3, 402, 202});
  CHECK(grid.values<float>()[401 * 202] == 0);
  CHECK(grid.values<float>()[401 * 202 + 201] == 1);
}

/// A PNG that claims another width, with the CRC of its header made right.
Bytes png_of_width(std::uint32_t width) {
  Bytes file = read_file(fixture("rgb.png"));
  for (std::size_t i = 0; i < 4; ++i) file[16 + i] = static_cast<std::byte>(width >> (24 - 8 * i));
  const auto crc =
      static_cast<std::uint32_t>(::crc32(0, reinterpret_cast<const Bytef*>(file.data()) + 12, 17));
  for (std::size_t i = 0; i < 4; ++i) file[29 + i] = static_cast<std::byte>(crc >> (24 - 8 * i));
  return file;
}

TEST_CASE("damaged images are refused with the reason") {
  const Bytes png = read_file(fixture("rgb.png"));
  check_all_refused({{"header CRC", patched(png, 29, std::uint32_t{0}), "PNG"},
                     {"data", patched(png, 45, ~std::uint64_t{0}), "PNG"},
                     {"too wide", png_of_width(32'769), "PNG"},
                     {"no width", png_of_width(0), "PNG"},
                     {"wider than its data", png_of_width(32'768), "PNG"}},
                    [](ByteView file, std::string_view place) { decode_png(file, place); });
  CHECK(decode_png(png_of_width(12), "file").shape() == Shape{3, 8, 12});
}

TEST_CASE("image sizes are bounded a side and in all") {
  CHECK_NOTHROW(check_image_size(32'768, 2048, "file"));
  CHECK_THROWS_AS(check_image_size(32'768, 2049, "file"), InputError);
  CHECK_THROWS_AS(check_image_size(1, 32'769, "file"), InputError);
  CHECK_THROWS_AS(check_image_size(0, 1, "file"), InputError);
}

TEST_CASE("an image truncated anywhere is refused") {
  check_prefixes_refused(read_file(fixture("rgb.png")),
                         [](ByteView file, std::string_view place) { decode_png(file, place); });
  for (const std::string_view name : {"baseline.jpg", "progressive.jpg"})
    check_prefixes_refused(read_file(fixture(name)),
                           [](ByteView file, std::string_view place) { decode_jpeg(file, place); });
}

TEST_CASE("no flipped byte of an image does more than change or refuse it") {
  for (const std::string_view name : {"palette.png", "rgb16.png", "progressive.jpg", "grey.jpg"}) {
    const Bytes good = read_file(fixture(name));
    for (std::size_t i = 0; i < good.size(); ++i) {
      Bytes file = good;
      file[i] = ~file[i];
      // JPEG headers may now claim any size up to 65535 x 65535: limits must hold before decoding.
      const bool png = name.ends_with("png");
      const auto decode = [&] { png ? decode_png(file, "file") : decode_jpeg(file, "file"); };
      input_error(decode);  // any other exception, or a crash, fails the test
    }
  }
}

/// A progressive JPEG whose first scan (of the DC coefficients, so it may be repeated) comes often.
Bytes with_scans(int count) {
  const Bytes good = read_file(fixture("progressive.jpg"));
  const std::string_view text = characters(good);
  const std::size_t scan = text.find("\xFF\xDA"), end = text.find("\xFF\xC4", scan);
  Bytes out;
  append(out, text.substr(0, scan));
  for (int i = 0; i < count; ++i) append(out, text.substr(scan, end - scan));
  append(out, text.substr(end));
  return out;
}

TEST_CASE("a JPEG with too many scans is refused") {
  CHECK(decode_jpeg(with_scans(10), "file") == read_image(fixture("progressive.jpg")));
  CHECK(input_error([] { decode_jpeg(with_scans(200), "file"); }).find("at most 100 scans") !=
        std::string::npos);
}

}  // namespace
}  // namespace palimpsest::tools
