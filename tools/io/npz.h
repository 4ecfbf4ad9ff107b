#pragma once
// NumPy's .npz: a zip archive of .npy members.

#include "tools/io/named_tensor.h"
#include "tools/io/zip.h"

namespace palimpsest::tools {

/// The tensors of an archive. When every member is arr_N they are nameless and in the order of
/// N; else they have the member's name without ".npy" and come in central-directory order.
/// Members that are no .npy, and the stray allow_pickle.npy of some NumPy versions, are left
/// out with a warning. Throws InputError for anything invalid and when the tensors would take
/// more than `max_bytes`; sizes come from the .npy headers, before anything is unpacked.
TensorList parse_npz(ByteView file, std::string_view place,
                     std::uint64_t max_bytes = default_max_bytes);

/// An archive that numpy.load reads; nameless tensors become arr_N by position.
Bytes npz_bytes(const std::vector<NamedTensor>& tensors,
                Compression compression = Compression::deflated);

}  // namespace palimpsest::tools
