#pragma once
// The keys of a recipe, each with the field that it stands for and its limits. `Fields` reads them
// from a document or writes them into one (recipe.cpp), so that this is the only list.

#include <limits>

#include "inversion/attack.h"

namespace palimpsest::tools {

using inversion::AttackSpec;
using inversion::ObjectiveSpec;

template <class T>
using Names = std::pair<std::string_view, T>;

inline constexpr Names<inversion::DistanceKind> distance_names[] = {
    {"squared-l2", inversion::DistanceKind::squared_l2},
    {"mean-squared-l2", inversion::DistanceKind::mean_squared_l2},
    {"l2-norms", inversion::DistanceKind::l2_norms},
    {"cosine", inversion::DistanceKind::cosine},
};
inline constexpr Names<inversion::Transform> transform_names[] = {
    {"recorded", inversion::Transform::recorded},
    {"none", inversion::Transform::none},
    {"clipping", inversion::Transform::clipping},
    {"layer-clipping", inversion::Transform::layer_clipping},
    {"observed-support", inversion::Transform::observed_support},
};
inline constexpr Names<inversion::Variation> variation_names[] = {
    {"mean-absolute", inversion::Variation::mean_absolute},
    {"four-directions", inversion::Variation::four_directions},
};
inline constexpr Names<inversion::StatisticsSource> statistics_names[] = {
    {"running", inversion::StatisticsSource::running},
    {"batch", inversion::StatisticsSource::batch},
    {"inferred", inversion::StatisticsSource::inferred},
};
inline constexpr Names<inversion::Route> route_names[] = {
    {"automatic", inversion::Route::automatic},
    {"forward-over-reverse", inversion::Route::forward_over_reverse},
    {"reverse-over-reverse", inversion::Route::reverse_over_reverse},
};
inline constexpr Names<inversion::LabelSource> label_source_names[] = {
    {"given", inversion::LabelSource::given},
    {"recover", inversion::LabelSource::recover},
    {"joint", inversion::LabelSource::joint},
};
inline constexpr Names<inversion::Space> space_names[] = {
    {"pixels", inversion::Space::pixels},
    {"latent", inversion::Space::latent},
    {"latent-then-weights", inversion::Space::latent_then_weights},
};
inline constexpr Names<inversion::ImageOptimizer> optimizer_names[] = {
    {"lbfgs", inversion::ImageOptimizer::lbfgs},
    {"adam", inversion::ImageOptimizer::adam},
    {"cma-es", inversion::ImageOptimizer::cma_es},
    {"turbo", inversion::ImageOptimizer::turbo},
};
inline constexpr Names<optimizers::GradientShape> gradient_names[] = {
    {"raw", optimizers::GradientShape::raw},
    {"hard-sign", optimizers::GradientShape::hard_sign},
    {"soft-sign", optimizers::GradientShape::soft_sign},
};
inline constexpr Names<inversion::Box> box_names[] = {
    {"none", inversion::Box::none},
    {"clip", inversion::Box::clip},
};
inline constexpr Names<inversion::Keep> keep_names[] = {
    {"best", inversion::Keep::best},
    {"last", inversion::Keep::last},
};
inline constexpr Names<inversion::Precision> precision_names[] = {
    {"full", inversion::Precision::full},
    {"mixed", inversion::Precision::mixed},
};
inline constexpr Names<inversion::KernelSelection> kernel_names[] = {
    {"rules", inversion::KernelSelection::rules},
    {"tuned", inversion::KernelSelection::tuned},
};
inline constexpr Names<inversion::Start> start_names[] = {
    {"normal", inversion::Start::normal},
    {"uniform", inversion::Start::uniform},
    {"zeros", inversion::Start::zeros},
};
inline constexpr Names<optimizers::ScheduleKind> schedule_names[] = {
    {"constant", optimizers::ScheduleKind::constant},
    {"step-decay", optimizers::ScheduleKind::step_decay},
    {"cosine", optimizers::ScheduleKind::cosine},
};
inline constexpr Names<inversion::GroupForm> group_names[] = {
    {"none", inversion::GroupForm::none},
    {"lazy-mean", inversion::GroupForm::lazy_mean},
    {"registered", inversion::GroupForm::registered},
};

inline constexpr double largest_number = 1e30;
inline constexpr std::int64_t most_iterations = 100'000'000;

template <class Fields>
void objective_fields(Fields& in, ObjectiveSpec& spec) {
  in.choice("distance", distance_names, spec.distance);
  in.number("matching", 0, largest_number, spec.matching);
  in.choice("transform", transform_names, spec.transform);
  in.number("total_variation", 0, largest_number, spec.total_variation);
  in.choice("variation", variation_names, spec.variation);
  in.number("image_norm", 0, largest_number, spec.image_norm);
  in.number("statistics", 0, largest_number, spec.statistics);
  in.number("first_statistics", 0, largest_number, spec.first_statistics);
  in.choice("statistics_source", statistics_names, spec.statistics_source);
  in.number("group_consistency", 0, largest_number, spec.group_consistency);
  in.number("classification", 0, largest_number, spec.classification);
  in.number("latent_kl", 0, largest_number, spec.latent_kl);
  in.number("latent_norm", 0, largest_number, spec.latent_norm);
  in.choice("route", route_names, spec.route);
}

template <class Fields>
void search_fields(Fields& in, AttackSpec& spec) {
  in.choice("space", space_names, spec.space);
  in.choice("optimizer", optimizer_names, spec.optimizer);
  in.number("rate", 0, largest_number, spec.rate);
  in.choice("gradient", gradient_names, spec.gradient_shape);
  in.number("pixel_noise", 0, largest_number, spec.pixel_noise);
  in.choice("box", box_names, spec.box);
  in.choice("precision", precision_names, spec.precision);
  in.choice("kernels", kernel_names, spec.kernels);
  in.choice("keep", keep_names, spec.keep);
  in.choice("start", start_names, spec.start);
  in.integer("iterations", 1, most_iterations, spec.iterations);
  in.integer("restarts", 1, 1'000'000, spec.restarts);
  in.number("target", 0, largest_number, spec.target);
  in.integer("seed", 0, std::numeric_limits<std::int64_t>::max(), spec.seed);
}

template <class Fields>
void schedule_fields(Fields& in, optimizers::Schedule& schedule) {
  in.choice("kind", schedule_names, schedule.kind);
  in.integer("warmup", 0, most_iterations, schedule.warmup);
}

template <class Fields>
void group_fields(Fields& in, inversion::GroupSpec& group) {
  in.choice("form", group_names, group.form);
  in.integer("start", 0, most_iterations, group.start);
  in.integer("period", 1, most_iterations, group.period);
}

template <class Fields>
void view_fields(Fields& in, inversion::ViewSpec& view) {
  in.integer("roll", 0, 100'000, view.roll);
  in.flag("flip", view.flip);
  in.integer("coarse", 1, 100'000, view.coarse);
  in.number("coarse_share", 0, 1, view.coarse_share);
}

template <class Fields>
void lbfgs_fields(Fields& in, optimizers::LbfgsSettings& lbfgs) {
  in.number("rate", 0, largest_number, lbfgs.rate);
  in.integer("max_iterations", 1, 1'000'000, lbfgs.max_iterations);
  in.integer("max_evaluations", 1, 1'000'000, lbfgs.max_evaluations);
  in.number("tolerance_gradient", 0, 1, lbfgs.tolerance_gradient);
  in.number("tolerance_change", 0, 1, lbfgs.tolerance_change);
  in.integer("history", 1, 10'000, lbfgs.history);
}

template <class Fields>
void adam_fields(Fields& in, optimizers::AdamSettings& adam) {
  in.number("beta1", 0, 1, adam.beta1);
  in.number("beta2", 0, 1, adam.beta2);
  in.number("epsilon", 0, 1, adam.epsilon);
}

template <class Fields>
void cma_es_fields(Fields& in, inversion::CmaEsSpec& spec) {
  in.integer("population", 0, 1'000'000, spec.population);
  in.number("step_size", 1e-12, largest_number, spec.step_size);
}

template <class Fields>
void turbo_fields(Fields& in, inversion::TurboSpec& spec) {
  in.integer("batch", 1, 10'000, spec.batch);
  in.integer("initial", 0, 1'000'000, spec.initial);
  in.number("bound", 1e-12, largest_number, spec.bound);
}

template <class Fields>
void weights_fields(Fields& in, inversion::WeightsSpec& spec) {
  in.number("latent_share", 0, 1, spec.latent_share);
  in.number("rate", 0, largest_number, spec.rate);
}

template <class Fields>
void surrogate_fields(Fields& in, inversion::SurrogateSpec& spec) {
  in.flag("use", spec.use);
  in.number("share", 0, 1, spec.share);
  in.number("rate", 0, largest_number, spec.rate);
}

/// All of them, table by table.
template <class Tables>
void recipe_fields(Tables& tables, AttackSpec& spec) {
  tables.table("objective", [&](auto& in) { objective_fields(in, spec.objective); });
  tables.table("labels", [&](auto& in) {
    in.choice("source", label_source_names, spec.labels);
    in.label_rule("rule", spec.label_rule);
  });
  tables.table("search", [&](auto& in) { search_fields(in, spec); });
  tables.table("schedule", [&](auto& in) { schedule_fields(in, spec.schedule); });
  tables.table("group", [&](auto& in) { group_fields(in, spec.group); });
  tables.table("view", [&](auto& in) { view_fields(in, spec.view); });
  tables.table("lbfgs", [&](auto& in) { lbfgs_fields(in, spec.lbfgs); });
  tables.table("adam", [&](auto& in) { adam_fields(in, spec.adam); });
  tables.table("cma_es", [&](auto& in) { cma_es_fields(in, spec.cma_es); });
  tables.table("turbo", [&](auto& in) { turbo_fields(in, spec.turbo); });
  tables.table("weights", [&](auto& in) { weights_fields(in, spec.weights); });
  tables.table("surrogate", [&](auto& in) { surrogate_fields(in, spec.surrogate); });
}

}  // namespace palimpsest::tools
