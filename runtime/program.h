#pragma once
// A compiled function: a flat list of launches over one arena. Running it allocates nothing,
// computes no shapes and, at a given number of threads, always yields the same bits.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "graph/literal.h"
#include "graph/op.h"
#include "runtime/profile.h"

namespace palimpsest::runtime {

/// Bytes by purpose. `arena` holds intermediates and workspaces.
struct MemoryReport {
  std::size_t arena = 0;
  std::size_t constants = 0;  ///< constants kept, and weights packed by kernels
  std::size_t io = 0;         ///< inputs and outputs
  /// Launches that come again within a run, to stay within the budget, and products among them.
  std::size_t repeated_launches = 0, repeated_products = 0;
  std::size_t total() const { return arena + constants + io; }
  /// Of programs that exist at the same time.
  MemoryReport& operator+=(const MemoryReport& other) {
    arena += other.arena;
    constants += other.constants;
    io += other.io;
    repeated_launches += other.repeated_launches;
    repeated_products += other.repeated_products;
    return *this;
  }
};

/// One launch, for inspection and profiles.
struct StepInfo {
  std::string primitive;
  std::string label;      ///< where the node comes from in the model
  std::string algorithm;  ///< what the kernel chose
  TensorType output;
  std::optional<Op> op;  ///< absent for the copy of a result into its output
  std::vector<TensorType> inputs;
  std::vector<std::size_t> producers;  ///< the steps whose results it reads, each once
  std::size_t bytes_read = 0;          ///< of its operands; one that it takes twice counts once
};

class Program {
 public:
  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;
  ~Program();

  std::size_t inputs() const;
  std::size_t outputs() const;
  const TensorType& input_type(std::size_t position) const;
  const TensorType& output_type(std::size_t position) const;

  /// Memory of an input, to be written before run(), and of an output, to be read after it.
  /// Both begin as zeros. Pointers of inputs and outputs that feed back into each other change
  /// with every run; after it, the output and the next run's input are the same memory.
  std::span<std::byte> input(std::size_t position);
  std::span<const std::byte> output(std::size_t position) const;

  /// Copies a literal in; throws ShapeError when its type differs.
  void set(std::size_t position, const Literal& literal);
  /// Copies a result out.
  Literal get(std::size_t position) const;
  /// The typed view of an input's or output's memory. Throws ShapeError for another T.
  template <class T>
  std::span<T> input_as(std::size_t position) {
    check_element(input_type(position), dtype_of<T>);
    return {reinterpret_cast<T*>(input(position).data()),
            static_cast<std::size_t>(input_type(position).shape.elements())};
  }
  template <class T>
  std::span<const T> output_as(std::size_t position) const {
    check_element(output_type(position), dtype_of<T>);
    return {reinterpret_cast<const T*>(output(position).data()),
            static_cast<std::size_t>(output_type(position).shape.elements())};
  }

  /// Runs all launches, then feeds state back. Throws NumericError, with the node's label,
  /// when a kernel refuses its data.
  void run();

  /// Adds the times of every later run to a profile, which must outlive them, until null is
  /// given. A run without one reads no clock.
  void profile(Profile* into);

  const MemoryReport& memory() const;
  std::vector<StepInfo> steps() const;

 private:
  friend class ProgramBuilder;
  struct State;
  explicit Program(std::unique_ptr<State> state);
  static void check_element(const TensorType& type, DType dtype);

  std::unique_ptr<State> state_;
};

}  // namespace palimpsest::runtime
