// How near fused kernels come to the bandwidth of the memory:
//   scripts/build.sh release fused_bandwidth && build/release/bench/fused_bandwidth
// Tensors of 64 MiB, which fit no cache. One thread, processor time of it, median of the rounds;
// rounds go over all kernels and a plain copy in turn, so that what disturbs the machine disturbs
// all of them. Prints a table in Markdown.

#include <time.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <iomanip>
#include <iostream>

#include "ops/cpu_kernels.h"
#include "ops/movement/movement.h"
#include "ops/nn/norm.h"
#include "ops/nn/softmax.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "passes/dead_code.h"
#include "passes/fuse.h"
#include "runtime/compile.h"

using namespace palimpsest;

namespace {

constexpr std::int64_t channels = 64, positions = (std::int64_t{64} << 20) / 4 / channels;
const Shape activation{1, positions, channels}, vector{1, 1, channels};
constexpr std::int64_t width = 512, tokens = (std::int64_t{64} << 20) / 4 / width;
const Shape sequence{tokens, width}, features{1, width};
constexpr int rounds = 9;

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// What is measured: a name, the bytes that it has to read and to write, and the work.
struct Subject {
  std::string name;
  double bytes;
  std::function<void()> run;
  std::vector<double> seconds{};
};

struct Input {
  Shape shape;
  DType dtype = DType::f32;
};

Subject subject(std::string name, const std::vector<Input>& inputs,
                const std::function<std::vector<Value>(Operands)>& outputs) {
  Function function;
  for (const Input& input : inputs)
    function.inputs.push_back(function.graph->input({input.dtype, input.shape}));
  function.outputs = outputs(function.inputs);
  const Function fused = passes::without_dead_nodes(passes::fuse(function));
  auto program = std::make_shared<runtime::Program>(runtime::compile(fused, all_cpu_kernels()));
  double bytes = 0;
  for (std::size_t i = 0; i < program->inputs(); ++i) {
    program->set(i, Literal::filled(program->input_type(i), 1));
    bytes += static_cast<double>(program->input_type(i).bytes());
  }
  for (std::size_t i = 0; i < program->outputs(); ++i)
    bytes += static_cast<double>(program->output_type(i).bytes());
  return {std::move(name), bytes, [program] { program->run(); }};
}

Subject plain_copy() {
  const std::size_t bytes = static_cast<std::size_t>(activation.elements()) * sizeof(float);
  auto from = std::make_shared<std::vector<std::byte>>(bytes);
  auto to = std::make_shared<std::vector<std::byte>>(bytes);
  return {"a plain copy", 2.0 * static_cast<double>(bytes),
          [=] { std::memcpy(to->data(), from->data(), bytes); }};
}

Value repeated(Value x) { return broadcast_to(x, activation); }

/// Along the last axis; tokens lie one behind the other.
std::vector<Subject> by_rows() {
  const Input tensor{sequence}, per_feature{features};
  return {
      subject("softmax", {tensor}, [](Operands x) { return std::vector{nn::softmax(x[0], 1)}; }),
      subject("adjoint of softmax: p (c - sum(p c))", {tensor, tensor},
              [](Operands x) { return std::vector{x[0] * (x[1] - reduce_sum(x[0] * x[1], {1}))}; }),
      subject("layer normalisation", {tensor, per_feature, per_feature},
              [](Operands x) { return std::vector{nn::layer_norm(x[0], x[1], x[2], 1, 1e-5)}; }),
  };
}

/// With the statistics of all positions, channels last.
Subject batch_norm() {
  const Input tensor{activation}, per_channel{vector};
  return subject("batch normalisation by channels", {tensor, per_channel, per_channel},
                 [](Operands x) {
                   const double count = static_cast<double>(positions);
                   const Value centred = x[0] - reduce_sum(x[0], {1}) / count;
                   const Value variance = reduce_sum(centred * centred, {1}) / count;
                   return std::vector{centred * (rsqrt(variance + 1e-5) * x[1]) + x[2]};
                 });
}

std::vector<Subject> subjects() {
  const Input tensor{activation}, per_channel{vector}, mask{activation, DType::boolean};
  const Input number{{1, 1, 1}};
  const auto wide = [](Value x) { return cast(x, DType::f64); };
  return {
      plain_copy(),
      subject("sums of g g and g g* in f64", {tensor, tensor},
              [&](Operands x) {
                return std::vector{inner(wide(x[0]), wide(x[0])), inner(wide(x[0]), wide(x[1]))};
              }),
      subject(
          "v = a g + b g*", {tensor, tensor, number, number},
          [&](Operands x) { return std::vector{x[0] * repeated(x[2]) + x[1] * repeated(x[3])}; }),
      subject(
          "relu(x scale + shift) by channels", {tensor, per_channel, per_channel},
          [&](Operands x) { return std::vector{relu(x[0] * repeated(x[1]) + repeated(x[2]))}; }),
      subject("tangent behind a mask: select(m, s + t, 0)", {tensor, tensor, mask},
              [&](Operands x) { return std::vector{select(x[2], x[0] + x[1], zeros_like(x[0]))}; }),
      subject("sums of dy and dy x by channels", {tensor, tensor},
              [&](Operands x) {
                return std::vector{reduce_sum(x[0], {0, 1}), reduce_sum(x[0] * x[1], {0, 1})};
              }),
  };
}

double median(std::vector<double> seconds) {
  std::nth_element(seconds.begin(), seconds.begin() + rounds / 2, seconds.end());
  return seconds[rounds / 2];
}

}  // namespace

int main() {
  std::vector<Subject> all = subjects();
  for (Subject& each : by_rows()) all.push_back(std::move(each));
  all.push_back(batch_norm());
  for (int round = 0; round <= rounds; ++round)
    for (Subject& each : all) {
      const double start = thread_seconds();
      each.run();
      if (round > 0) each.seconds.push_back(thread_seconds() - start);  // the first one warms up
    }
  const double copy = all[0].bytes / median(all[0].seconds);
  std::cout << "| one pass | MiB read and written | GB/s | of the copy |\n|---|---|---|---|\n"
            << std::fixed;
  for (const Subject& each : all) {
    const double rate = each.bytes / median(each.seconds);
    std::cout << "| " << each.name << " | " << std::setprecision(0) << each.bytes / (1 << 20)
              << " | " << std::setprecision(1) << rate * 1e-9 << " | " << std::setprecision(2)
              << rate / copy << " |\n";
  }
}
