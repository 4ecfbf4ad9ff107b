#include "tests/tools/io_support.h"
#include "tools/io/npy.h"
#include "tools/io/npz.h"
#include "tools/io/safetensors.h"
#include "tools/io/update_reader.h"

namespace palimpsest::tools {
namespace {

using namespace testing;
namespace fs = std::filesystem;

UpdateMetadata metadata(std::string_view toml) { return parse_update_metadata(toml, "the-file"); }

constexpr std::string_view full_sidecar = R"(kind = "delta"
sign = "old_minus_new"
scale = 0.5
loss = "cross_entropy"
reduction = "sum"
num_examples = 3
batch_size = 2
local_steps = 4
local_epochs = 2
prox_mu = 0.01
labels = [1, 0, 1]
buffers_included = true
dtype_on_wire = "f16"
clients_aggregated = 1
round = 7
framework = "a framework"
source_sha256 = "00"

[optimizer]
name = "adam"
lr = 0.001
momentum = 0.9
nesterov = false
weight_decay = 1e-04
beta1 = 0.9
beta2 = 0.999
epsilon = 1e-08
schedule = "constant"

[bn]
mode = "train"
momentum = 0.1
convention = "torch"

[normalization]
mean = [0.5, 0.25, 0.125]
deviation = [1.0, 2.0, 0.5]

[[defense]]
kind = "clip"
norm = 4.0

[[defense]]
kind = "gaussian"
sigma = 0.1

[[defense]]
kind = "other"
mechanism = "a shuffle"
)";

std::vector<NamedTensor> two_tensors() {
  return {{"w", Literal::of({2}, std::vector<float>{1, 2})}, {"b", Literal::scalar(3.0f)}};
}

TEST_CASE("a sidecar with every key is read and written back to the letter") {
  const UpdateMetadata read = metadata(full_sidecar);
  CHECK(read.kind == inversion::SentKind::delta);
  CHECK(read.sign == inversion::Sign::old_minus_new);
  CHECK(read.reduction == nn::Reduction::sum);
  CHECK(read.labels == std::vector<std::int64_t>{1, 0, 1});
  CHECK(read.optimizer->beta2 == 0.999);
  CHECK(read.bn->convention == MomentumConvention::torch);
  CHECK(read.normalization->deviation == std::vector<double>{1, 2, 0.5});
  REQUIRE(read.defenses.size() == 3);
  CHECK(read.defenses[1].defense == inversion::Defense(inversion::GaussianNoise{0.1}));
  CHECK(read.defenses[2].mechanism == "a shuffle");
  CHECK(update_metadata_text(read) == full_sidecar);
}

TEST_CASE("sidecars that are wrong are refused with line and key") {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", "kind: 'gradient', 'delta' or 'weights' expected"},
      {"kind = 'gradients'", "the-file:1: kind: one of"},
      {"kind = 1", "kind: a string"},
      {"kind = 'gradient'\nsign = 'new_minus_old'", "the-file:2: sign"},
      {"kind = 'delta'\nscale = 0", "scale: a number in"},
      {"kind = 'delta'\nlocal_step = 1", "unknown key 'local_step', did you mean 'local_steps'?"},
      {"kind = 'delta'\nlocal_steps = 0", "local_steps: an integer in"},
      {"kind = 'delta'\nnum_examples = 1.5", "num_examples: an integer"},
      {"kind = 'delta'\n[optimizer]\nlearning_rate = 1", "unknown key 'optimizer.learning_rate'"},
      {"kind = 'delta'\noptimizer = 'sgd'", "optimizer: a table"},
      {"kind = 'delta'\n[optimizer]\nlr = -1", "optimizer.lr: a number in"},
      {"kind = 'delta'\nlabels = [-1]", "labels: integers in"},
      {"kind = 'delta'\nlabels = [1]\nlabel_counts = [1]", "either labels or label_counts"},
      {"kind = 'delta'\nnum_examples = 2\nlabels = [1]", "labels: 2 labels"},
      {"kind = 'delta'\nnum_examples = 2\nlabel_counts = [1, 2]", "label_counts: 2 labels"},
      {"kind = 'delta'\n[bn]\nmode = 'frozen'", "bn.mode: one of"},
      {"kind = 'delta'\n[normalization]\nmean = [1]", "one number per channel"},
      {"kind = 'delta'\n[normalization]\nmean = [1]\ndeviation = [0]", "positive numbers"},
      {"kind = 'delta'\n[defense]\nkind = 'clip'", "defense: an array of tables"},
      {"kind = 'delta'\n[[defense]]\nnorm = 1", "defense[0].kind: the name of a defence"},
      {"kind = 'delta'\n[[defense]]\nkind = 'clp'", "defense[0].kind: one of"},
      {"kind = 'delta'\n[[defense]]\nkind = 'clip'", "defense[0].norm: a number"},
      {"kind = 'delta'\n[[defense]]\nkind = 'clip'\nsigma = 1", "defense[0].norm: a number"},
      {"kind = 'delta'\n[[defense]]\nkind = 'sparsify'\nshare = 1", "a share in [0, 1)"},
      {"kind = 'delta'\n[[defense]]\nkind = 'sign'\nepsilon = 1",
       "unknown key 'defense[0].epsilon'"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.first);
    const std::string error = input_error([&] { metadata(row.first); });
    CAPTURE(error);
    CHECK(error.find(row.second) != std::string::npos);
  }
}

TEST_CASE("writing metadata without a kind is refused") {
  CHECK_THROWS_AS(update_metadata_text({}), InputError);
}

TEST_CASE("an update written as npz or safetensors reads back with its metadata") {
  const ScratchFolder folder;
  for (const std::string_view name : {"u.npz", "u.safetensors"}) {
    CAPTURE(name);
    write_update(folder / name, two_tensors(), metadata(full_sidecar));
    const UpdateFile update = read_update(folder / name);
    CHECK(update.tensors == two_tensors());
    CHECK(update_metadata_text(update.metadata) == full_sidecar);
    CHECK(update.warnings.empty());
  }
  CHECK_THROWS_AS(write_update(folder / "u.bin", two_tensors(), metadata("kind = 'delta'")),
                  InputError);
}

TEST_CASE("the content of a file decides, not its name") {
  const ScratchFolder folder;
  write_atomically(folder / "one", npz_bytes(two_tensors()));
  write_atomically(folder / "two.npz", safetensors_bytes(two_tensors()));
  write_atomically(folder / "three.bin", npy_bytes(Literal::scalar(1.0f)));
  CHECK(read_update(folder / "one").format == "npz");
  CHECK(read_update(folder / "two.npz").format == "safetensors");
  const UpdateFile npy = read_update(folder / "three.bin");
  CHECK(npy.format == "npy");
  CHECK(npy.tensors.front().first.empty());
  CHECK_FALSE(npy.metadata.kind);
}

TEST_CASE("a sidecar beside a safetensors file replaces the metadata inside, with a warning") {
  const ScratchFolder folder;
  write_update(folder / "u.safetensors", two_tensors(), metadata("kind = 'delta'"));
  write_atomically(folder / "u.safetensors.toml", std::string_view("kind = 'gradient'\n"));
  const UpdateFile update = read_update(folder / "u.safetensors");
  CHECK(update.metadata.kind == inversion::SentKind::gradient);
  CHECK(update.warnings.size() == 1);
}

TEST_CASE("metadata written by the safetensors library is read from its palimpsest entry") {
  const UpdateFile update = read_update(fixture("mixed.safetensors"));
  CHECK(update.metadata.kind == inversion::SentKind::gradient);
  CHECK(update.metadata.batch_size == 2);
}

TEST_CASE("loose safetensors metadata keys are not believed, and that is said") {
  const ScratchFolder folder;
  write_atomically(folder / "u.safetensors", safetensors_bytes(two_tensors(), {{"kind", "delta"}}));
  const UpdateFile update = read_update(folder / "u.safetensors");
  CHECK_FALSE(update.metadata.kind);
  CHECK(update.warnings.size() == 1);
}

TEST_CASE("a pickle is refused with the way out") {
  const ScratchFolder folder;
  const std::string zip = input_error([] { read_update(fixture("pickle.pt")); });
  CHECK(zip.find("safetensors.torch.save_file") != std::string::npos);
  write_atomically(folder / "old.pt", std::string_view("\x80\x02}q."));
  const std::string legacy = input_error([&] { read_update(folder / "old.pt"); });
  CHECK(legacy.find("pickle") != std::string::npos);
}

TEST_CASE("files of no accepted kind, and files without a tensor, are refused") {
  const ScratchFolder folder;
  write_atomically(folder / "text", std::string_view("hello world"));
  write_atomically(folder / "empty", ByteView());
  write_atomically(folder / "none.npz", npz_bytes({}));
  CHECK(input_error([&] { read_update(folder / "text"); }).find("npz, npy, safetensors") !=
        std::string::npos);
  CHECK_THROWS_AS(read_update(folder / "empty"), InputError);
  CHECK_THROWS_AS(read_update(folder / "none.npz"), InputError);
  CHECK_THROWS_AS(read_update(folder / "missing.npz"), IoError);
}

TEST_CASE("a folder of npy files is read in natural order, numbers being positions") {
  const ScratchFolder folder;
  for (const int i : {0, 2, 10})
    write_atomically(folder / text(i, ".npy"), npy_bytes(Literal::scalar(static_cast<float>(i))));
  write_atomically(folder / "update.toml", std::string_view("kind = 'weights'\n"));
  write_atomically(folder / "README", std::string_view("x"));
  const UpdateFile update = read_update(folder.path());
  REQUIRE(update.tensors.size() == 3);
  CHECK(update.tensors[2].second == Literal::scalar(10.0f));
  CHECK(update.tensors[2].first.empty());
  CHECK(update.metadata.kind == inversion::SentKind::weights);
  REQUIRE(update.warnings.size() == 1);
  CHECK(update.warnings[0].find("README") != std::string::npos);
}

TEST_CASE("a folder of npy files takes names from stems") {
  const ScratchFolder folder;
  write_atomically(folder / "grad_conv1.weight.npy", npy_bytes(Literal::scalar(1.0f)));
  CHECK(read_update(folder.path()).tensors.front().first == "conv1.weight");
}

TEST_CASE("index.json gives names and order") {
  const ScratchFolder folder;
  fs::create_directory(folder / "sub");
  write_atomically(folder / "0.npy", npy_bytes(Literal::scalar(0.0f)));
  write_atomically(folder / "sub/1.npy", npy_bytes(Literal::scalar(1.0f)));
  write_atomically(
      folder / "index.json",
      std::string_view(R"([{"name":"b","file":"sub/1.npy"},{"name":"a","file":"0.npy"}])"));
  const UpdateFile update = read_update(folder.path());
  REQUIRE(update.tensors.size() == 2);
  CHECK(update.tensors[0] == NamedTensor("b", Literal::scalar(1.0f)));
}

TEST_CASE("an index that is wrong or leads out of its folder is refused") {
  const ScratchFolder folder;
  fs::create_directory(folder / "in");
  write_atomically(folder / "out.npy", npy_bytes(Literal::scalar(0.0f)));
  write_atomically(folder / "in/0.npy", npy_bytes(Literal::scalar(0.0f)));
  for (const std::string_view index :
       {R"([{"name":"a","file":"../out.npy"}])", R"({"a":"0.npy"})", R"([{"name":"a"}])", R"([1])",
        R"([{"name":"a","file":1}])", R"([{"name":"a","file":"0.npy","x":1}])", "[",
        R"([[[[[]]]]])", "[]"}) {
    CAPTURE(index);
    write_atomically(folder / "in/index.json", index);
    CHECK_THROWS_AS(read_update(folder / "in"), InputError);
  }
}

TEST_CASE("a folder without tensors, or with two kinds of them, is refused") {
  const ScratchFolder folder;
  CHECK(input_error([&] { read_update(folder.path()); }).find("neither came") != std::string::npos);
  write_atomically(folder / "0.npy", npy_bytes(Literal::scalar(0.0f)));
  write_atomically(folder / "0.pb", ByteView());
  CHECK(input_error([&] { read_update(folder.path()); }).find("both came") != std::string::npos);
}

TEST_CASE("the byte budget covers all files of a folder together") {
  const ScratchFolder folder;
  const Bytes file = npy_bytes(Literal::filled({DType::f32, {100}}, 1));
  write_atomically(folder / "0.npy", file);
  write_atomically(folder / "1.npy", file);
  CHECK(read_update(folder.path(), 1000).tensors.size() == 2);
  CHECK_THROWS_AS(read_update(folder.path(), 799), InputError);
}

}  // namespace
}  // namespace palimpsest::tools
