#pragma once
// A program that runs several candidates side by side, seen candidate by candidate. A program of
// one lane is that of the function itself, without a leading axis.

#include <cstring>

#include "runtime/program.h"

namespace palimpsest::inversion {

class LanedProgram {
 public:
  /// Every input and output of `program` is [lanes, ...] of a type in `inputs` or `outputs`; with
  /// one lane it is of that type.
  LanedProgram(runtime::Program program, std::int64_t lanes, std::vector<TensorType> inputs,
               std::vector<TensorType> outputs)
      : program_(std::move(program)),
        lanes_(static_cast<std::size_t>(lanes)),
        input_types_(std::move(inputs)),
        output_types_(std::move(outputs)) {}

  std::size_t lanes() const { return lanes_; }
  void run() { program_.run(); }
  runtime::Program& program() { return program_; }
  const runtime::Program& program() const { return program_; }

  /// Of one candidate.
  const TensorType& input_type(std::size_t position) const { return input_types_[position]; }

  void set(std::size_t lane, std::size_t position, const Literal& literal) {
    if (!(literal.type() == input_types_[position]))
      throw ShapeError(text("program: input ", position, ": ", input_types_[position],
                            " expected, ", literal.type(), " came"));
    const std::span<std::byte> memory = of_lane(program_.input(position), lane);
    if (!memory.empty()) std::memcpy(memory.data(), literal.bytes(), memory.size());
  }
  /// A rank-0 input of either float type.
  void set(std::size_t lane, std::size_t position, double number) {
    if (input_types_[position].dtype == DType::f32)
      input_as<float>(lane, position).front() = static_cast<float>(number);
    else
      input_as<double>(lane, position).front() = number;
  }

  Literal input_literal(std::size_t lane, std::size_t position) {
    return Literal::copy_of(input_types_[position], of_lane(program_.input(position), lane).data());
  }
  template <class T>
  std::span<T> input_as(std::size_t lane, std::size_t position) {
    return of_lane(program_.input_as<T>(position), lane);
  }
  template <class T>
  std::span<const T> output_as(std::size_t lane, std::size_t position) const {
    return of_lane(program_.output_as<T>(position), lane);
  }
  /// A rank-0 f64 output.
  double number(std::size_t lane, std::size_t position) const {
    return output_as<double>(lane, position).front();
  }

 private:
  template <class T>
  std::span<T> of_lane(std::span<T> all, std::size_t lane) const {
    const std::size_t count = all.size() / lanes_;
    return all.subspan(lane * count, count);
  }

  runtime::Program program_;
  std::size_t lanes_;
  std::vector<TensorType> input_types_, output_types_;
};

}  // namespace palimpsest::inversion
