#pragma once
// The one list of all lowerings; each family's part is defined in the file of its name.

#include "onnx_import/node_table.h"

namespace palimpsest::onnx_import {

NodeTable all_nodes();

void add_arithmetic_nodes(NodeTable& table);
void add_activation_nodes(NodeTable& table);
void add_comparison_nodes(NodeTable& table);
void add_identity_nodes(NodeTable& table);
void add_linear_nodes(NodeTable& table);
void add_einsum_nodes(NodeTable& table);
void add_conv_nodes(NodeTable& table);
void add_pool_nodes(NodeTable& table);
void add_norm_nodes(NodeTable& table);
void add_softmax_nodes(NodeTable& table);
void add_loss_nodes(NodeTable& table);
void add_reduce_nodes(NodeTable& table);
void add_shape_nodes(NodeTable& table);
void add_slice_nodes(NodeTable& table);
void add_pad_nodes(NodeTable& table);
void add_gather_nodes(NodeTable& table);
void add_scatter_nodes(NodeTable& table);
void add_resize_nodes(NodeTable& table);
void add_constant_nodes(NodeTable& table);
void add_control_nodes(NodeTable& table);
void add_recurrent_nodes(NodeTable& table);
void add_sequence_nodes(NodeTable& table);

}  // namespace palimpsest::onnx_import
