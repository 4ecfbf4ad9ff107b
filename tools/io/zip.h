#pragma once
// Zip archives in memory, as far as .npz needs them: stored and deflated members, zip64, no
// encryption. Only the central directory is believed; local headers merely have to agree.

#include <string>
#include <vector>

#include "tools/io/files.h"

namespace palimpsest::tools {

/// One member, its compressed bytes still packed.
struct ZipMember {
  std::string name;
  std::uint64_t size = 0;  ///< unpacked, as declared; unpacking stops there
  std::uint32_t crc = 0;
  bool deflated = false;
  ByteView packed;
};

enum class Compression { stored, deflated };

/// The members in central-directory order. The views point into `file`. Throws InputError for
/// encrypted, multi-disk, overlapping or duplicate members, other methods, and for declared
/// sizes that the packed bytes cannot hold (deflate expands at most 1032 times).
std::vector<ZipMember> parse_zip(ByteView file, std::string_view place);

/// The first `count` unpacked bytes (or all when there are fewer), without CRC check.
Bytes unpack_head(const ZipMember& member, std::uint64_t count, std::string_view place);

/// All unpacked bytes. Throws InputError unless they are as many as declared and match the CRC.
Bytes unpack(const ZipMember& member, std::string_view place);

/// Writes archives member by member; reproducible, since every date is 1980-01-01.
class ZipWriter {
 public:
  explicit ZipWriter(Compression compression) : compression_(compression) {}

  /// Throws ResourceError when a member or the archive passes 4 GiB (use safetensors there).
  void add(std::string_view name, ByteView bytes);
  /// The archive, closed. The writer is empty afterwards.
  Bytes finish();

 private:
  Compression compression_;
  Bytes out_, directory_;
  std::uint16_t members_ = 0;
};

}  // namespace palimpsest::tools
