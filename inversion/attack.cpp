#include "inversion/attack.h"

namespace palimpsest::inversion {

AttackSpec dlg() {
  AttackSpec spec;
  spec.name = "dlg";
  spec.labels = LabelSource::joint;
  spec.optimizer = ImageOptimizer::lbfgs;
  spec.iterations = 300;
  return spec;
}

AttackSpec idlg() {
  AttackSpec spec = dlg();
  spec.name = "idlg";
  spec.labels = LabelSource::recover;
  spec.label_rule = LabelRule::idlg;
  spec.target = 1e-6;
  return spec;
}

AttackSpec inverting_gradients() {
  AttackSpec spec;
  spec.name = "inverting-gradients";
  spec.objective.distance = DistanceKind::cosine;
  spec.objective.total_variation = 1e-4;
  spec.rate = 0.1;
  spec.schedule.kind = optimizers::ScheduleKind::step_decay;
  spec.gradient_shape = optimizers::GradientShape::hard_sign;
  spec.box = Box::clip;
  spec.keep = Keep::last;
  spec.iterations = 4800;  // the default of the authors' library; their command takes 24000
  return spec;
}

AttackSpec grad_inversion() {
  AttackSpec spec;
  spec.name = "gradinversion";
  spec.objective.distance = DistanceKind::l2_norms;
  spec.objective.matching = 1e-3;
  spec.objective.total_variation = 1e-4;
  spec.objective.variation = Variation::four_directions;
  spec.objective.image_norm = 1e-6;
  spec.objective.statistics = 0.1;
  spec.objective.first_statistics = 10;
  spec.objective.group_consistency = 0.01;
  spec.label_rule = LabelRule::column_min;
  spec.rate = 0.1;
  spec.schedule = {optimizers::ScheduleKind::cosine, 50};
  spec.pixel_noise = 0.2;
  spec.keep = Keep::last;
  spec.group = {GroupForm::registered, 5000, 100};
  spec.iterations = 20000;
  spec.restarts = 8;
  return spec;
}

AttackSpec deep_inversion() {
  AttackSpec spec;
  spec.name = "deepinversion";
  spec.objective.matching = 0;
  spec.objective.classification = 1;
  spec.objective.total_variation = 1e-4;
  spec.objective.variation = Variation::four_directions;
  spec.objective.image_norm = 1e-5;
  spec.objective.statistics = 0.05;
  spec.objective.first_statistics = 10;
  spec.rate = 0.2;
  spec.adam = {.beta1 = 0.5, .beta2 = 0.9};
  spec.schedule = {optimizers::ScheduleKind::cosine, 100};
  spec.view = {.roll = 30, .flip = true, .coarse = 2, .coarse_share = 2.0 / 3};
  spec.box = Box::clip;
  spec.keep = Keep::last;
  spec.iterations = 3000;
  return spec;
}

AttackSpec latent_projection() {
  AttackSpec spec;
  spec.name = "latent-projection";
  spec.space = Space::latent;
  spec.objective.distance = DistanceKind::mean_squared_l2;
  spec.objective.latent_kl = 0.1;
  spec.rate = 0.1;
  spec.schedule = {optimizers::ScheduleKind::step_decay, 0};
  spec.iterations = 2500;
  return spec;
}

AttackSpec generative_gradient_leakage(ImageOptimizer optimizer) {
  AttackSpec spec;
  spec.name = "ggl";
  spec.space = Space::latent;
  spec.objective.transform = Transform::recorded;
  spec.objective.distance = DistanceKind::mean_squared_l2;
  spec.objective.latent_kl = 0.1;
  spec.label_rule = LabelRule::idlg;
  spec.optimizer = optimizer;
  spec.iterations = 800;
  spec.cma_es.population = 50;
  if (optimizer == ImageOptimizer::turbo) {
    spec.name = "ggl-bo";
    spec.iterations = 100;
    spec.cma_es = {};
    spec.turbo.initial = 256;
  }
  if (optimizer == ImageOptimizer::adam) {
    spec.name = "ggl-adam";
    spec.iterations = 2500;
    spec.cma_es = {};
    spec.schedule.kind = optimizers::ScheduleKind::step_decay;
  }
  return spec;
}

AttackSpec gias() {
  AttackSpec spec;
  spec.name = "gias";
  spec.space = Space::latent_then_weights;
  spec.objective.distance = DistanceKind::cosine;
  spec.objective.total_variation = 1e-6;
  spec.rate = 0.03;
  spec.iterations = 5500;
  spec.restarts = 3;
  spec.weights = {.latent_share = 1.0 / 11, .rate = 1e-3};
  return spec;
}

AttackSpec surrogate_extension() {
  AttackSpec spec;
  spec.name = "sme";
  spec.objective.distance = DistanceKind::cosine;
  spec.objective.total_variation = 0.01;
  spec.rate = 1;
  spec.box = Box::clip;
  spec.iterations = 1000;
  spec.surrogate.use = true;
  return spec;
}

AttackSpec modern() {
  AttackSpec spec = inverting_gradients();
  spec.name = "modern";
  spec.objective.total_variation = 1e-3;
  spec.schedule = {optimizers::ScheduleKind::cosine, 50};
  spec.gradient_shape = optimizers::GradientShape::soft_sign;
  spec.keep = Keep::best;
  return spec;
}

}  // namespace palimpsest::inversion
