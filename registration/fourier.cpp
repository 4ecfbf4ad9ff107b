#include "registration/fourier.h"

#include <unsupported/Eigen/FFT>
#include <utility>

namespace palimpsest::registration {
namespace {

/// Columns, then rows. Eigen cannot transform a single number, which is its own transform.
template <class Transform>
Spectrum along_both_axes(Spectrum a, const Transform& transform) {
  Eigen::VectorXcd in, out;
  for (Eigen::Index x = 0; a.rows() > 1 && x < a.cols(); ++x) {
    in = a.col(x).matrix();
    transform(out, in);
    a.col(x) = out.array();
  }
  for (Eigen::Index y = 0; a.cols() > 1 && y < a.rows(); ++y) {
    in = a.row(y).matrix().transpose();
    transform(out, in);
    a.row(y) = out.array().transpose();
  }
  return a;
}

}  // namespace

Spectrum fourier(Spectrum a) {
  Eigen::FFT<double> fft;
  return along_both_axes(std::move(a), [&](auto& out, const auto& in) { fft.fwd(out, in); });
}

Spectrum inverse_fourier(Spectrum a) {
  Eigen::FFT<double> fft;
  return along_both_axes(std::move(a), [&](auto& out, const auto& in) { fft.inv(out, in); });
}

}  // namespace palimpsest::registration
