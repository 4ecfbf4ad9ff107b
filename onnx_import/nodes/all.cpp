#include "onnx_import/nodes/nodes.h"

namespace palimpsest::onnx_import {

NodeTable all_nodes() {
  NodeTable table;
  add_arithmetic_nodes(table);
  add_activation_nodes(table);
  add_comparison_nodes(table);
  add_identity_nodes(table);
  add_linear_nodes(table);
  add_einsum_nodes(table);
  add_conv_nodes(table);
  add_pool_nodes(table);
  add_norm_nodes(table);
  add_softmax_nodes(table);
  add_loss_nodes(table);
  add_reduce_nodes(table);
  add_shape_nodes(table);
  add_slice_nodes(table);
  add_pad_nodes(table);
  add_gather_nodes(table);
  add_scatter_nodes(table);
  add_resize_nodes(table);
  add_constant_nodes(table);
  add_control_nodes(table);
  add_recurrent_nodes(table);
  add_sequence_nodes(table);
  return table;
}

}  // namespace palimpsest::onnx_import
