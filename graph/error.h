#pragma once
// The typed errors of the library and the one helper that words them. Every message
// says where, what was expected and what came; context is added while passing upward.

#include <sstream>
#include <stdexcept>
#include <string>

namespace palimpsest {

/// Concatenates the printed form of its arguments.
template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

/// Base of all errors that the library throws on purpose.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A model file that cannot be read or is not valid ONNX.
class ImportError : public Error {
 public:
  using Error::Error;
};

/// Operand shapes or dtypes that a primitive does not accept.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// An operator, dtype or device feature that is known but not supported.
class UnsupportedError : public Error {
 public:
  using Error::Error;
};

/// A bad update, image, configuration or argument from the user.
class InputError : public Error {
 public:
  using Error::Error;
};

/// Something that does not fit the budget of memory or time.
class ResourceError : public Error {
 public:
  using Error::Error;
};

/// A device that is missing, lost or refuses a call.
class DeviceError : public Error {
 public:
  using Error::Error;
};

/// A computation that left the finite numbers.
class NumericError : public Error {
 public:
  using Error::Error;
};

/// A file that cannot be opened, written, locked or renamed.
class IoError : public Error {
 public:
  using Error::Error;
};

}  // namespace palimpsest
