#include "tools/audit/audit_plan.h"

#include <algorithm>

#include "tools/io/escape.h"

namespace palimpsest::tools {
namespace {

using inversion::Control;

/// "1-gaussian_0.1": the number keeps names apart that look alike as file names.
std::string numbered(std::size_t index, const std::string& name) {
  return text(index, '-', safe_file_name(name));
}

std::string folder_of_subject(const AuditPlan& plan, const AuditSubject& subject) {
  if (!subject.control) return numbered(*subject.defense, plan.defenses[*subject.defense]);
  std::string name = safe_file_name(inversion::name_of(*subject.control));
  if (subject.defense)
    name += text('-', numbered(*subject.defense, plan.defenses[*subject.defense]));
  return name;
}

}  // namespace

std::int64_t AuditPlan::groups() const { return images.shape()[0] / client.examples; }

Literal rows_of(const Literal& tensor, std::int64_t first, std::int64_t count) {
  const TensorType type{tensor.dtype(), tensor.shape().with(0, count)};
  const std::size_t row = tensor.type().bytes() / static_cast<std::size_t>(tensor.shape()[0]);
  return Literal::copy_of(type, tensor.bytes() + row * static_cast<std::size_t>(first));
}

std::vector<AuditSubject> controls_of(const AuditPlan& plan, std::size_t attack,
                                      std::size_t defense) {
  std::vector<AuditSubject> subjects;
  for (const Control control :
       inversion::controls_of(*plan.client.model, plan.client.loss, plan.attacks[attack].spec)) {
    AuditSubject subject{attack, control, std::nullopt};
    if (control == Control::random_update) subject.defense = defense;
    subjects.push_back(subject);
  }
  return subjects;
}

std::vector<AuditSubject> subjects_of(const AuditPlan& plan) {
  std::vector<AuditSubject> subjects;
  const auto add = [&](const AuditSubject& subject) {
    if (std::ranges::find(subjects, subject) == subjects.end()) subjects.push_back(subject);
  };
  for (std::size_t attack = 0; attack < plan.attacks.size(); ++attack) {
    for (std::size_t defense = 0; defense < plan.defenses.size(); ++defense)
      for (const AuditSubject& control : controls_of(plan, attack, defense)) add(control);
    for (std::size_t defense = 0; defense < plan.defenses.size(); ++defense)
      add({attack, std::nullopt, defense});
  }
  return subjects;
}

std::vector<AuditRun> runs_of(const AuditPlan& plan) {
  std::vector<AuditRun> runs;
  for (const AuditSubject& subject : subjects_of(plan))
    for (std::int64_t group = 0; group < plan.groups(); ++group)
      for (std::int64_t seed = 0; seed < plan.seeds; ++seed)
        runs.push_back({subject, group, plan.first_seed + static_cast<std::uint64_t>(seed)});
  return runs;
}

std::string title_of(const AuditPlan& plan, const AuditSubject& subject) {
  std::string title = plan.attacks[subject.attack].name;
  if (subject.control) title += text(", ", inversion::name_of(*subject.control));
  if (subject.defense) title += ", " + plan.defenses[*subject.defense];
  return title;
}

std::string folder_of(const AuditPlan& plan, const AuditRun& run) {
  const std::size_t attack = run.subject.attack;
  return text("runs/", numbered(attack, plan.attacks[attack].name), '/',
              folder_of_subject(plan, run.subject), "/images-", run.group, "-seed-", run.seed);
}

inversion::AttackSpec spec_of(const AuditPlan& plan, const AuditRun& run) {
  inversion::AttackSpec spec = plan.attacks[run.subject.attack].spec;
  spec.seed = run.seed;
  return run.subject.control ? inversion::control_spec(spec, *run.subject.control) : spec;
}

}  // namespace palimpsest::tools
