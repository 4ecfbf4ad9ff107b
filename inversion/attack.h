#pragma once
// An attack as plain settings; a recipe file mirrors these fields. The published attacks are
// functions that fill them in.

#include <cstdint>
#include <optional>
#include <string>

#include "inversion/labels.h"
#include "inversion/objective.h"
#include "optimizers/gradient_shape.h"
#include "optimizers/lbfgs.h"
#include "optimizers/schedule.h"

namespace palimpsest::inversion {

enum class LabelSource {
  given,    ///< Problem::targets
  recover,  ///< by a rule of labels.h, before the search
  joint     ///< searched together with the images (Zhu et al. 2019)
};

enum class ImageOptimizer { lbfgs, adam };

enum class Box {
  none,
  clip  ///< every step ends inside the pixel range [0, 1]
};

/// Which candidate of a restart counts as its result.
enum class Keep {
  best,  ///< that of the least objective
  last   ///< the last one: for updates of several steps the objective is too rough to choose by
};

enum class Start { normal, uniform, zeros };

/// How exactly products are computed in f32 models.
enum class Precision {
  full,  ///< all in f32
  /// The client's loss in f32; the products of its derivatives read bf16 and sum in f32. On
  /// CPUs without such instructions it is emulated, and slower than full precision.
  mixed
};

/// Who chooses among the kernels that can compute a node. What is found does not depend on it but
/// for rounding.
enum class KernelSelection {
  rules,  ///< each kernel's rules
  tuned   ///< measurements on this machine (Resources::choices)
};

struct AttackSpec {
  std::string name = "custom";
  ObjectiveSpec objective;
  LabelSource labels = LabelSource::recover;
  LabelRule label_rule = LabelRule::automatic;

  ImageOptimizer optimizer = ImageOptimizer::adam;
  optimizers::LbfgsSettings lbfgs;  ///< its rate is used as it is, without schedule
  optimizers::AdamSettings adam;
  double rate = 0.1;  ///< of Adam
  optimizers::Schedule schedule;
  optimizers::GradientShape gradient_shape = optimizers::GradientShape::raw;
  Box box = Box::none;
  Keep keep = Keep::best;
  Precision precision = Precision::full;
  KernelSelection kernels = KernelSelection::rules;

  std::int64_t iterations = 300;  ///< of one restart; for L-BFGS, its outer steps
  std::int64_t restarts = 1;
  double target = 0;  ///< the attack ends, without further restarts, when the objective is below
  std::uint64_t seed = 0;
  Start start = Start::normal;
  /// Given first candidates, instead of random ones, for every restart.
  std::optional<Literal> start_images, start_target_logits;
};

/// Deep Leakage from Gradients (Zhu et al. 2019): images and soft labels together, squared
/// distance, L-BFGS.
AttackSpec dlg();
/// iDLG (Zhao et al. 2020): the label first, then the image as in DLG.
AttackSpec idlg();
/// Inverting Gradients (Geiping et al. 2020): cosine distance and total variation, Adam on the
/// sign of the gradient, box, step decay.
AttackSpec inverting_gradients();

}  // namespace palimpsest::inversion
