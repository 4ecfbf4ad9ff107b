#pragma once
// A primitive of the language with its type erased. A primitive is a plain struct: a name,
// fields, a shape rule and exactly one derivative fact. The concepts below refuse a
// primitive without its fact at compile time. Kernels are unknown here.

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <typeindex>
#include <typeinfo>

#include "graph/value.h"

namespace palimpsest {

/// The kinds of derivative fact; vjp and jvp are derived from it (autodiff/rules.h).
enum class Derivative {
  pointwise,    ///< y[i] depends on x_k[i] only: `partial` gives dy/dx_k elementwise
  joint,        ///< linear in all float operands taken together: `transpose` per operand
  multilinear,  ///< linear in each operand on its own: `transpose` per operand
  nonlinear,    ///< `differential` gives the linear map dx_k -> dy as a graph
  inert         ///< no derivative flows: integer results, or zero almost everywhere
};

/// `Value partial(int operand, Operands x, Value y) const`: dy/dx_operand, shaped like y.
template <class P>
concept Pointwise = requires(const P& op, int operand, Operands x, Value y) {
  { op.partial(operand, x, y) } -> std::same_as<Value>;
};

/// `Value transpose(int operand, Operands x, Value ct) const`: the adjoint of the linear map
/// from that operand to the result, applied to the cotangent. `linearity` says which map.
template <class P>
concept Transposable = requires(const P& op, int operand, Operands x, Value ct) {
  { op.transpose(operand, x, ct) } -> std::same_as<Value>;
  { P::linearity } -> std::convertible_to<Derivative>;
};

/// `Value differential(int operand, Operands x, Value y, Value tangent) const`.
template <class P>
concept Nonlinear = requires(const P& op, int operand, Operands x, Value y, Value t) {
  { op.differential(operand, x, y, t) } -> std::same_as<Value>;
};

template <class P>
concept Inert = requires {
  { P::inert } -> std::convertible_to<bool>;
};

template <class P>
concept NamedWithShapeRule = requires(const P& op, Types in) {
  { P::name } -> std::convertible_to<std::string_view>;
  { op.infer(in) } -> std::same_as<TensorType>;
};

template <class P>
concept OneDerivativeFact =
    int{Pointwise<P>} + int{Transposable<P>} + int{Nonlinear<P>} + int{Inert<P>} == 1;

template <class P>
concept Primitive = std::equality_comparable<P> && std::copy_constructible<P> &&
    NamedWithShapeRule<P> && OneDerivativeFact<P>;

template <Primitive P>
constexpr Derivative derivative_of() {
  if constexpr (Pointwise<P>)
    return Derivative::pointwise;
  else if constexpr (Transposable<P>)
    return P::linearity;
  else if constexpr (Nonlinear<P>)
    return Derivative::nonlinear;
  else
    return Derivative::inert;
}

/// The first condition keeps copying an Op from asking whether Op itself is a primitive.
template <class P, class Erased>
concept PrimitiveBehind = !std::same_as<P, Erased> && Primitive<P>;

class Op {
 public:
  template <PrimitiveBehind<Op> P>
  Op(P primitive)  // NOLINT(google-explicit-constructor): a primitive is an Op
      : model_(std::make_shared<Model<P>>(std::move(primitive))) {}

  std::string_view name() const { return model_->name(); }
  Derivative derivative() const { return model_->derivative(); }
  /// Type of the result. Throws ShapeError when the operands do not fit.
  TensorType infer(Types in) const { return model_->infer(in); }
  /// The facts; each throws std::logic_error when the primitive is of another kind.
  Value partial(int operand, Operands x, Value y) const { return model_->partial(operand, x, y); }
  Value transpose(int operand, Operands x, Value ct) const {
    return model_->transpose(operand, x, ct);
  }
  Value differential(int operand, Operands x, Value y, Value tangent) const {
    return model_->differential(operand, x, y, tangent);
  }
  /// The fields in words, for printing ("axes=[1]"); empty when there are none.
  std::string attributes() const { return model_->attributes(); }
  std::size_t hash() const { return model_->hash(); }
  std::type_index type() const { return model_->type(); }

  /// The primitive itself when it is a P, else null.
  template <Primitive P>
  const P* as() const {
    return model_->type() == typeid(P) ? &static_cast<const Model<P>&>(*model_).primitive : nullptr;
  }

  bool operator==(const Op& other) const {
    return model_ == other.model_ || (type() == other.type() && model_->equals(*other.model_));
  }

 private:
  struct Concept {
    virtual ~Concept() = default;
    virtual std::string_view name() const = 0;
    virtual Derivative derivative() const = 0;
    virtual TensorType infer(Types in) const = 0;
    virtual Value partial(int operand, Operands x, Value y) const = 0;
    virtual Value transpose(int operand, Operands x, Value ct) const = 0;
    virtual Value differential(int operand, Operands x, Value y, Value tangent) const = 0;
    virtual std::string attributes() const = 0;
    virtual std::size_t hash() const = 0;
    virtual std::type_index type() const = 0;
    virtual bool equals(const Concept& other) const = 0;
  };

  [[noreturn]] static void wrong_kind(std::string_view name, std::string_view wanted);

  template <Primitive P>
  struct Model final : Concept {
    explicit Model(P p) : primitive(std::move(p)) {}
    std::string_view name() const override { return P::name; }
    Derivative derivative() const override { return derivative_of<P>(); }
    TensorType infer(Types in) const override { return primitive.infer(in); }
    Value partial(int operand, Operands x, Value y) const override {
      if constexpr (Pointwise<P>)
        return primitive.partial(operand, x, y);
      else
        wrong_kind(P::name, "partial");
    }
    Value transpose(int operand, Operands x, Value ct) const override {
      if constexpr (Transposable<P>)
        return primitive.transpose(operand, x, ct);
      else
        wrong_kind(P::name, "transpose");
    }
    Value differential(int operand, Operands x, Value y, Value tangent) const override {
      if constexpr (Nonlinear<P>)
        return primitive.differential(operand, x, y, tangent);
      else
        wrong_kind(P::name, "differential");
    }
    std::string attributes() const override {
      if constexpr (requires { primitive.attributes(); })
        return primitive.attributes();
      else
        return {};
    }
    std::size_t hash() const override {
      std::size_t seed = typeid(P).hash_code();
      if constexpr (requires { primitive.hash(); }) seed ^= primitive.hash();
      return seed;
    }
    std::type_index type() const override { return typeid(P); }
    bool equals(const Concept& other) const override {
      return primitive == static_cast<const Model&>(other).primitive;
    }
    P primitive;
  };

  std::shared_ptr<const Concept> model_;
};

}  // namespace palimpsest
