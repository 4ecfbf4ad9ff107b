// The proof of the derivative facts: every row of every family, by all checks, in f64. What
// each family reached is printed, whether or not it is within the bounds.

#include <doctest/doctest.h>

#include <algorithm>
#include <iomanip>
#include <iostream>

#include "tests/support/check_gradients.h"
#include "tests/support/cpu.h"

using namespace palimpsest;
using namespace palimpsest::testing;

namespace {

void print_errors(std::string_view what, std::vector<GradientErrors> all,
                  double GradientErrors::*check) {
  std::sort(all.begin(), all.end(),
            [&](const GradientErrors& a, const GradientErrors& b) { return a.*check < b.*check; });
  std::cout << "  " << std::left << std::setw(14) << what << std::scientific << std::setprecision(1)
            << " min " << all.front().*check << "  median " << all[all.size() / 2].*check
            << "  max " << all.back().*check << "  bound " << bounds.*check << '\n';
}

void print_table(const std::string& family, const std::vector<GradientErrors>& all) {
  std::cout << family << ": " << all.size() << " cases\n";
  print_errors("first order", all, &GradientErrors::first_order);
  print_errors("adjoint", all, &GradientErrors::adjoint);
  print_errors("second order", all, &GradientErrors::second_order);
  print_errors("symmetry", all, &GradientErrors::symmetry);
  print_errors("routes", all, &GradientErrors::routes);
}

void prove(const std::string& family, void (*add_cases)(Rows&)) {
  Rows rows;
  add_cases(rows);
  std::vector<GradientErrors> all;
  for (const Row& row : rows)
    for (int number = 0; number < row.samples; ++number) {
      const std::string sample = text(row.name(), " sample ", number);
      CAPTURE(sample);
      const GradientErrors errors = gradient_errors(row.sample(number), cpu());
      CHECK(errors.first_order <= bounds.first_order);
      CHECK(errors.adjoint <= bounds.adjoint);
      CHECK(errors.second_order <= bounds.second_order);
      CHECK(errors.symmetry <= bounds.symmetry);
      CHECK(errors.routes <= bounds.routes);
      all.push_back(errors);
    }
  print_table(family, all);
}

}  // namespace

TEST_SUITE_BEGIN("proof");

TEST_CASE("derivatives of pointwise primitives agree with differences and among themselves") {
  prove("pointwise", add_pointwise_cases);
}

TEST_CASE("derivatives of movement primitives agree with differences and among themselves") {
  prove("movement", add_movement_cases);
}

TEST_CASE("derivatives of reductions agree with differences and among themselves") {
  prove("reduce", add_reduce_cases);
}

TEST_CASE("derivatives of indexed reads and sums agree with differences and among themselves") {
  prove("gather", add_gather_cases);
}

TEST_CASE("derivatives of linear algebra agree with differences and among themselves") {
  prove("linalg", add_linalg_cases);
}

TEST_CASE("derivatives of the conv family agree with differences and among themselves") {
  prove("conv", add_conv_cases);
}

TEST_CASE("derivatives of sliding windows agree with differences and among themselves") {
  prove("window", add_window_cases);
}

TEST_CASE("derivatives next to made tensors agree with differences and among themselves") {
  prove("source", add_source_cases);
}

TEST_CASE("derivatives of the composites agree with differences and among themselves") {
  prove("composites", add_composite_cases);
}

TEST_SUITE_END();
