#pragma once
// An attack as plain settings; a recipe file mirrors these fields. The published attacks are
// functions that fill them in.

#include <cstdint>
#include <optional>
#include <string>

#include "inversion/group.h"
#include "inversion/labels.h"
#include "inversion/objective.h"
#include "inversion/view.h"
#include "optimizers/gradient_shape.h"
#include "optimizers/lbfgs.h"
#include "optimizers/schedule.h"

namespace palimpsest::inversion {

enum class LabelSource {
  given,    ///< Problem::targets
  recover,  ///< by a rule of labels.h, before the search
  joint     ///< searched together with the images (Zhu et al. 2019)
};

/// What is searched.
enum class Space {
  pixels,
  latent,  ///< what Problem::generator makes images from
  /// The latent in the first part of the run, then the generator's weights, the same for all images
  /// of the batch (after Jeon et al. 2021, who give each image its own).
  latent_then_weights
};

enum class ImageOptimizer {
  lbfgs,
  adam,
  cma_es,  ///< by values alone: evolution (a step is a generation)
  turbo    ///< by values alone: Bayesian optimisation (a step is a batch)
};

/// Searches by values alone.
struct CmaEsSpec {
  std::int64_t population = 0;  ///< candidates of a generation; 0: 4 + floor(3 ln n)
  double step_size = 1;         ///< of the first generation, around the first candidate
};
struct TurboSpec {
  std::int64_t batch = 10;
  std::int64_t initial = 0;  ///< points that open a trust region; 0: twice the latent's size
  double bound = 2;          ///< every entry is searched in [-bound, bound]
};

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

/// The second part of a search of Space::latent_then_weights.
struct WeightsSpec {
  double latent_share = 0.1;  ///< of the iterations go to the latent
  double rate = 1e-3;         ///< of Adam on the weights, without schedule
};

/// A FedAvg update as one gradient between the old and the new weights, see surrogate.h.
struct SurrogateSpec {
  bool use = false;
  double share = 0.5;  ///< of the old weights, at first; then it is searched as well
  double rate = 1e-3;  ///< of Adam on the share
};

struct AttackSpec {
  std::string name = "custom";
  ObjectiveSpec objective;
  LabelSource labels = LabelSource::recover;
  LabelRule label_rule = LabelRule::automatic;

  Space space = Space::pixels;
  ImageOptimizer optimizer = ImageOptimizer::adam;
  CmaEsSpec cma_es;
  TurboSpec turbo;
  WeightsSpec weights;
  SurrogateSpec surrogate;
  optimizers::LbfgsSettings lbfgs;  ///< its rate is used as it is, without schedule
  optimizers::AdamSettings adam;
  double rate = 0.1;  ///< of Adam
  optimizers::Schedule schedule;
  optimizers::GradientShape gradient_shape = optimizers::GradientShape::raw;
  /// After each step of Adam, times its rate, N(0, 1) is added to each pixel (Yin et al. 2021).
  double pixel_noise = 0;
  ViewSpec view;
  GroupSpec group;  ///< with a form, the restarts are its seeds and run side by side
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
  std::optional<Literal> start_images, start_latent, start_target_logits;
};

/// Deep Leakage from Gradients (Zhu et al. 2019): images and soft labels together, squared
/// distance, L-BFGS.
AttackSpec dlg();
/// iDLG (Zhao et al. 2020): the label first, then the image as in DLG.
AttackSpec idlg();
/// Inverting Gradients (Geiping et al. 2020): cosine distance and total variation, Adam on the
/// sign of the gradient, box, step decay.
AttackSpec inverting_gradients();
/// GradInversion (Yin et al. 2021): gradients, statistics and a group of eight registered seeds.
AttackSpec grad_inversion();
/// DeepInversion (Yin et al. 2020): the labels and the model's statistics, without the update.
AttackSpec deep_inversion();
/// Latent Projection, the baseline that GradInversion compares with: the latent of a generator,
/// by Adam. Its settings were not published; these are ours.
AttackSpec latent_projection();
/// Generative Gradient Leakage (Li et al. 2022) by CMA-ES, TuRBO or Adam.
AttackSpec generative_gradient_leakage(ImageOptimizer optimizer = ImageOptimizer::cma_es);
/// Gradient inversion with a generative image prior (Jeon et al. 2021): the latent, then the
/// weights.
AttackSpec gias();
/// Surrogate model extension (Zhu et al. 2023), for FedAvg updates of unknown local training.
AttackSpec surrogate_extension();
/// Inverting Gradients with a softened sign, cosine decay and warm-up: what later work found to
/// help.
AttackSpec modern();

}  // namespace palimpsest::inversion
