// Writing: local headers with final sizes (no data descriptors), then the central directory.

#include <zlib.h>

#include <limits>
#include <utility>

#include "graph/error.h"
#include "tools/io/byte_cursor.h"
#include "tools/io/escape.h"
#include "tools/io/zip.h"

namespace palimpsest::tools {
namespace {

constexpr std::uint64_t most_bytes = std::numeric_limits<std::uint32_t>::max() - 1;
constexpr std::uint16_t version = 20, utf8_name = 0x0800, method_deflate = 8;
constexpr std::uint16_t no_time = 0, first_date = 0x21;  // 1980-01-01

Bytes deflated(ByteView bytes) {
  z_stream stream{};
  constexpr int raw_stream = -15, memory_level = 8;
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, raw_stream, memory_level,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    throw ResourceError("zlib: no memory to deflate");
  Bytes out(deflateBound(&stream, static_cast<uLong>(bytes.size())));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) throw ResourceError("zlib: cannot deflate");
  return out;
}

void refuse_large(std::uint64_t bytes, std::string_view what) {
  if (bytes > most_bytes)
    throw ResourceError(text("npz: ", what, " of at most 4 GiB expected, ", bytes,
                             " bytes came; write safetensors instead"));
}

}  // namespace

void ZipWriter::add(std::string_view name, ByteView bytes) {
  constexpr std::uint16_t most_members = 0xFFFE;
  refuse_large(bytes.size(), "a member");
  if (members_ == most_members || name.size() > 0xFFFF)
    throw ResourceError(text("npz: at most ", most_members, " members with short names expected"));
  const bool deflate = compression_ == Compression::deflated;
  const Bytes packed = deflate ? deflated(bytes) : Bytes();
  const ByteView body = deflate ? ByteView(packed) : bytes;
  const auto crc = static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));

  Bytes fields;  // what local header and directory entry have in common
  fields.reserve(26);
  for (const std::uint16_t field :
       {version, utf8_name, deflate ? method_deflate : std::uint16_t{0}, no_time, first_date})
    append(fields, field);
  append(fields, crc);
  append(fields, static_cast<std::uint32_t>(body.size()));
  append(fields, static_cast<std::uint32_t>(bytes.size()));
  append(fields, static_cast<std::uint16_t>(name.size()));
  append(fields, std::uint16_t{0});  // extra length

  const auto offset = static_cast<std::uint32_t>(out_.size());
  append(out_, std::uint32_t{0x04034b50});
  append(out_, fields);
  append(out_, name);
  append(out_, body);
  refuse_large(out_.size(), "an archive");

  append(directory_, std::uint32_t{0x02014b50});
  append(directory_, version);
  append(directory_, fields);
  append(directory_, std::uint16_t{0});  // comment length
  append(directory_, std::uint16_t{0});  // disk
  append(directory_, std::uint16_t{0});  // internal attributes
  append(directory_, std::uint32_t{0});  // external attributes
  append(directory_, offset);
  append(directory_, name);
  ++members_;
}

Bytes ZipWriter::finish() {
  refuse_large(out_.size() + directory_.size(), "an archive");
  const auto offset = static_cast<std::uint32_t>(out_.size());
  append(out_, directory_);
  append(out_, std::uint32_t{0x06054b50});
  append(out_, std::uint32_t{0});  // disks
  append(out_, members_);
  append(out_, members_);
  append(out_, static_cast<std::uint32_t>(directory_.size()));
  append(out_, offset);
  append(out_, std::uint16_t{0});  // comment length
  directory_.clear();
  members_ = 0;
  return std::exchange(out_, {});
}

}  // namespace palimpsest::tools
