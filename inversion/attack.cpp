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

}  // namespace palimpsest::inversion
