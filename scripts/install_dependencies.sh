#!/usr/bin/env bash
# Installs, on Debian 12, what is missing for building, testing or both.
#   scripts/install_dependencies.sh [build|test]      default: build
set -euo pipefail

# ocl-icd-opencl-dev: the CMake file of libdnnl-dev asks for it, its package only recommends it.
build_packages=(
  g++ cmake ninja-build protobuf-compiler libprotobuf-dev libeigen3-dev libdnnl-dev ocl-icd-opencl-dev
  libssl-dev libcli11-dev nlohmann-json3-dev libtomlplusplus-dev libpng-dev libjpeg62-turbo-dev zlib1g-dev
  doctest-dev
)
test_packages=(
  clang clang-format clang-tidy libomp-dev python3 libonnx-testdata libonnx-dev g++-aarch64-linux-gnu chromium
  fonts-dejavu-core
)

packages=("${build_packages[@]}")
if [[ "${1:-build}" == test ]]; then packages+=("${test_packages[@]}"); fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ "$status" == installed ]] || missing+=("$package")
done
if [[ ${#missing[@]} -eq 0 ]]; then exit 0; fi

as_root=()
if [[ $(id -u) -ne 0 ]]; then as_root=(sudo); fi
echo "Installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
