#pragma once
// Images from a generator that the attacker holds, as a prior that is searched through instead of
// pixel by pixel. Inputs of the model: the latent [N, ...], floats; for class-conditional ones a
// second, either class probabilities [N, C], floats, or class indices [N], integers. Output 0: the
// images [N, channels, height, width].

#include "inversion/problem.h"

namespace palimpsest::inversion {

/// Throws InputError when the problem has no generator or its rows or channels do not fit the
/// attacked model and its examples, UnsupportedError for other inputs or outputs.
void check_generator(const Problem& problem);

/// Of the latents of all examples.
TensorType latent_type(const Problem& problem);

/// The images for latents and targets (rows as the loss takes them), as the model's input: brought
/// to its size by area, to its layout and normalisation. `weights`: one value per parameter of the
/// generator, or none for its own.
Value generated_images(const Problem& problem, Value latent, Value targets, Operands weights = {});

}  // namespace palimpsest::inversion
