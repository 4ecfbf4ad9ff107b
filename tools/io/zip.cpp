// Reading. The order of checks is the order of trust: end record, directory, local headers.

#include "tools/io/zip.h"

#include <zlib.h>

#include <algorithm>
#include <optional>
#include <set>

#include "graph/error.h"
#include "tools/io/byte_cursor.h"
#include "tools/io/escape.h"

namespace palimpsest::tools {
namespace {

constexpr std::uint32_t end_signature = 0x06054b50;
constexpr std::uint32_t locator64_signature = 0x07064b50;
constexpr std::uint32_t end64_signature = 0x06064b50;
constexpr std::uint32_t entry_signature = 0x02014b50;
constexpr std::uint32_t local_signature = 0x04034b50;
constexpr std::uint64_t end_bytes = 22, locator64_bytes = 20, end64_bytes = 56;
constexpr std::uint64_t entry_bytes = 46, local_bytes = 30;
constexpr std::uint32_t in_zip64 = 0xFFFFFFFF;

/// Where the central directory lies.
struct Directory64 {
  std::uint64_t entries = 0, size = 0, offset = 0;
  std::uint64_t end = 0;  ///< where it must end: the first byte of the end record(s)
};

struct Entry {
  ZipMember member;
  std::uint64_t packed_size = 0, local_offset = 0;
  std::uint16_t flags = 0;
};

class Reader {
 public:
  Reader(ByteView file, std::string_view place) : file_(file), place_(place) {}

  std::vector<ZipMember> members() {
    const Directory64 directory = find_directory();
    std::vector<Entry> entries = read_entries(directory);
    refuse_duplicates(entries);
    locate(entries, directory.offset);
    std::vector<ZipMember> members;
    for (Entry& entry : entries) members.push_back(std::move(entry.member));
    return members;
  }

 private:
  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw InputError(text(place_, ": zip: ", parts...));
  }

  /// The end record is the last that fits, with a comment that reaches the end of the file.
  std::uint64_t find_end() const {
    constexpr std::uint64_t longest_comment = 0xFFFF;
    if (file_.size() < end_bytes)
      fail("an end record of 22 bytes expected, ", file_.size(), " bytes came");
    const std::uint64_t last = file_.size() - end_bytes;
    for (std::uint64_t back = 0; back <= std::min(last, longest_comment); ++back) {
      ByteCursor cursor(file_.subspan(last - back), place_);
      if (cursor.read<std::uint32_t>("end record") != end_signature) continue;
      cursor.seek(20, "end record");
      if (cursor.read<std::uint16_t>("end record") == back) return last - back;
    }
    fail("an end record expected, none found: truncated or no zip file");
  }

  Directory64 find_directory() const {
    Directory64 directory;
    directory.end = find_end();
    ByteCursor cursor(file_, place_);
    cursor.seek(directory.end + 4, "end record");
    const auto disk = cursor.read<std::uint16_t>("end record");
    const auto first_disk = cursor.read<std::uint16_t>("end record");
    const auto entries_here = cursor.read<std::uint16_t>("end record");
    directory.entries = cursor.read<std::uint16_t>("end record");
    directory.size = cursor.read<std::uint32_t>("end record");
    directory.offset = cursor.read<std::uint32_t>("end record");
    const bool saturated =
        directory.entries == 0xFFFF || directory.size == in_zip64 || directory.offset == in_zip64;
    // Some writers (torch.save) add zip64 records to small archives too.
    const bool zip64 = saturated || has_locator64(directory.end);
    if (zip64) return find_directory64(directory.end);
    if (disk != 0 || first_disk != 0 || entries_here != directory.entries)
      fail("a single disk expected, several came");
    return checked(directory);
  }

  bool has_locator64(std::uint64_t end) const {
    if (end < locator64_bytes) return false;
    ByteCursor cursor(file_.subspan(end - locator64_bytes), place_);
    return cursor.read<std::uint32_t>("zip64 locator") == locator64_signature;
  }

  Directory64 find_directory64(std::uint64_t end) const {
    if (end < locator64_bytes + end64_bytes) fail("a zip64 end record expected, no room for one");
    ByteCursor cursor(file_, place_);
    cursor.seek(end - locator64_bytes, "zip64 locator");
    if (cursor.read<std::uint32_t>("zip64 locator") != locator64_signature)
      fail("a zip64 locator expected, none found");
    cursor.take(4, "zip64 locator");
    Directory64 directory;
    directory.end = cursor.read<std::uint64_t>("zip64 locator");
    // No extensible data: the record must touch its locator.
    if (directory.end != end - locator64_bytes - end64_bytes)
      fail("a zip64 end record before its locator expected, offset ", directory.end, " came");
    cursor.seek(directory.end, "zip64 end record");
    if (cursor.read<std::uint32_t>("zip64 end record") != end64_signature)
      fail("a zip64 end record expected, other bytes came");
    cursor.take(20, "zip64 end record");  // own size, versions, disks
    const auto entries_here = cursor.read<std::uint64_t>("zip64 end record");
    directory.entries = cursor.read<std::uint64_t>("zip64 end record");
    directory.size = cursor.read<std::uint64_t>("zip64 end record");
    directory.offset = cursor.read<std::uint64_t>("zip64 end record");
    if (entries_here != directory.entries) fail("a single disk expected, several came");
    return checked(directory);
  }

  Directory64 checked(const Directory64& directory) const {
    constexpr std::uint64_t most_entries = 100'000;
    const bool touches_end =
        directory.size <= directory.end && directory.offset == directory.end - directory.size;
    if (!touches_end)
      fail("a central directory that ends at byte ", directory.end, " expected, ", directory.size,
           " bytes at ", directory.offset, " came");
    if (directory.entries > most_entries || directory.entries > directory.size / entry_bytes)
      fail("at most ", most_entries, " entries that fit ", directory.size, " bytes expected, ",
           directory.entries, " came");
    return directory;
  }

  std::vector<Entry> read_entries(const Directory64& directory) const {
    ByteCursor cursor(file_.subspan(directory.offset, directory.size), place_);
    std::vector<Entry> entries;
    entries.reserve(directory.entries);
    for (std::uint64_t i = 0; i < directory.entries; ++i) entries.push_back(read_entry(cursor));
    if (cursor.remaining() != 0) fail(cursor.remaining(), " bytes after the last directory entry");
    return entries;
  }

  Entry read_entry(ByteCursor& cursor) const {
    if (cursor.read<std::uint32_t>("directory entry") != entry_signature)
      fail("a directory entry expected, other bytes came");
    cursor.take(4, "directory entry");  // versions
    Entry entry;
    entry.flags = cursor.read<std::uint16_t>("flags");
    const auto method = cursor.read<std::uint16_t>("method");
    cursor.take(4, "date");
    entry.member.crc = cursor.read<std::uint32_t>("CRC");
    const auto packed_size = cursor.read<std::uint32_t>("packed size");
    const auto size = cursor.read<std::uint32_t>("size");
    const auto name_length = cursor.read<std::uint16_t>("name length");
    const auto extra_length = cursor.read<std::uint16_t>("extra length");
    const auto comment_length = cursor.read<std::uint16_t>("comment length");
    const auto disk = cursor.read<std::uint16_t>("disk");
    cursor.take(6, "attributes");
    const auto offset = cursor.read<std::uint32_t>("local offset");
    entry.member.name = characters(cursor.take(name_length, "member name"));
    const ByteView extra = cursor.take(extra_length, "extra field");
    cursor.take(comment_length, "member comment");
    if (disk != 0 && disk != 0xFFFF) fail(shown(entry), " lies on another disk");
    check_method(entry, method);
    read_sizes(entry, size, packed_size, offset, extra);
    return entry;
  }

  void check_method(Entry& entry, std::uint16_t method) const {
    // 0x6: level of deflate; 0x8: sizes follow the data (we have them here); 0x800: UTF-8 name.
    constexpr unsigned harmless = 0x0006 | 0x0008 | 0x0800;
    if ((entry.flags & 1) != 0) fail(shown(entry), " is encrypted");
    if ((entry.flags & ~harmless) != 0) fail(shown(entry), " has unsupported flags ", entry.flags);
    if (method != 0 && method != 8)
      fail(shown(entry), ": method 0 (stored) or 8 (deflate) expected, ", method, " came");
    entry.member.deflated = method == 8;
  }

  /// The zip64 extra holds, in this order, just the fields that are saturated in the entry.
  void read_sizes(Entry& entry, std::uint32_t size, std::uint32_t packed_size, std::uint32_t offset,
                  ByteView extra) const {
    std::optional<ByteCursor> wide;
    ByteCursor fields(extra, place_);
    while (fields.remaining() >= 4) {
      const auto id = fields.read<std::uint16_t>("extra field");
      const ByteView field = fields.take(fields.read<std::uint16_t>("extra field"), "extra field");
      if (id == 1) wide.emplace(field, place_);
    }
    const auto widened = [&](std::uint32_t value) -> std::uint64_t {
      if (value != in_zip64) return value;
      if (!wide) fail(shown(entry), ": a zip64 extra field expected, none came");
      return wide->read<std::uint64_t>("zip64 extra field");
    };
    entry.member.size = widened(size);
    entry.packed_size = widened(packed_size);
    entry.local_offset = widened(offset);
  }

  void refuse_duplicates(const std::vector<Entry>& entries) const {
    std::set<std::string_view> names;
    for (const Entry& entry : entries)
      if (!names.insert(entry.member.name).second) fail(shown(entry), " occurs twice");
  }

  /// Finds each member's bytes; walking in file order makes overlap a comparison with the next.
  void locate(std::vector<Entry>& entries, std::uint64_t directory_offset) const {
    std::vector<Entry*> in_file_order;
    for (Entry& entry : entries) in_file_order.push_back(&entry);
    std::ranges::sort(in_file_order, {}, &Entry::local_offset);
    for (std::size_t i = 0; i < in_file_order.size(); ++i) {
      const std::uint64_t limit =
          i + 1 < in_file_order.size() ? in_file_order[i + 1]->local_offset : directory_offset;
      locate(*in_file_order[i], limit);
    }
  }

  void locate(Entry& entry, std::uint64_t limit) const {
    if (limit > file_.size() || entry.local_offset > limit)
      fail(shown(entry), ": a local header before byte ", limit, " expected, ", entry.local_offset,
           " came");
    ByteCursor cursor(file_.subspan(entry.local_offset, limit - entry.local_offset), place_);
    if (cursor.remaining() < local_bytes ||
        cursor.read<std::uint32_t>("local header") != local_signature)
      fail(shown(entry), ": a local header at byte ", entry.local_offset, " expected");
    cursor.seek(26, "local header");
    const auto name_length = cursor.read<std::uint16_t>("local name length");
    const auto extra_length = cursor.read<std::uint16_t>("local extra length");
    if (characters(cursor.take(name_length, "local name")) != entry.member.name)
      fail(shown(entry), " has another name in its local header");
    cursor.take(extra_length, "local extra field");
    if (entry.packed_size > cursor.remaining())
      fail(shown(entry), ": ", entry.packed_size, " packed bytes expected before the next member, ",
           cursor.remaining(), " came");
    entry.member.packed = cursor.take(entry.packed_size, "packed bytes");
    check_ratio(entry);
  }

  void check_ratio(const Entry& entry) const {
    constexpr std::uint64_t most = 1032;  // what deflate can reach
    const bool possible = entry.member.deflated ? entry.member.size / most <= entry.packed_size
                                                : entry.member.size == entry.packed_size;
    if (!possible)
      fail(shown(entry), ": ", entry.member.size, " bytes cannot come from ", entry.packed_size,
           " packed bytes");
  }

  static std::string shown(const Entry& entry) {
    return "member " + quoted_name(entry.member.name);
  }

  ByteView file_;
  std::string place_;
};

/// A raw inflate stream, released on every path.
class Inflater {
 public:
  explicit Inflater(std::string_view place) : place_(place) {
    constexpr int raw_stream = -15;
    if (inflateInit2(&stream_, raw_stream) != Z_OK)
      throw ResourceError("zlib: no memory to inflate");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;

  struct Progress {
    std::uint64_t produced = 0;
    bool ended = false;  ///< the stream said so, with no packed byte left over
  };

  /// Fills `out` as far as the packed bytes reach. zlib counts in 32 bits, hence the slices.
  Progress run(ByteView packed, std::span<std::byte> out) {
    constexpr std::size_t slice = std::size_t{1} << 30;
    Progress progress;
    std::size_t consumed = 0;
    for (;;) {
      const std::size_t in = std::min(packed.size() - consumed, slice);
      const std::size_t room = std::min<std::size_t>(out.size() - progress.produced, slice);
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data() + consumed));
      stream_.avail_in = static_cast<uInt>(in);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + progress.produced);
      stream_.avail_out = static_cast<uInt>(room);
      const int status = inflate(&stream_, Z_NO_FLUSH);
      consumed += in - stream_.avail_in;
      progress.produced += room - stream_.avail_out;
      progress.ended = status == Z_STREAM_END && consumed == packed.size();
      if (status == Z_STREAM_END || status == Z_BUF_ERROR) return progress;
      if (status != Z_OK)
        throw InputError(text(place_, ": zip: deflate data expected, ",
                              stream_.msg ? stream_.msg : "an error", " at packed byte ",
                              consumed));
    }
  }

 private:
  std::string place_;
  z_stream stream_{};
};

std::uint32_t crc_of(ByteView bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

std::vector<ZipMember> parse_zip(ByteView file, std::string_view place) {
  return Reader(file, place).members();
}

Bytes unpack_head(const ZipMember& member, std::uint64_t count, std::string_view place) {
  Bytes out(std::min(count, member.size));
  if (!member.deflated)
    std::ranges::copy(member.packed.first(out.size()), out.begin());
  else
    out.resize(Inflater(place).run(member.packed, out).produced);
  return out;
}

Bytes unpack(const ZipMember& member, std::string_view place) {
  Bytes out;
  if (!member.deflated) {
    out.assign(member.packed.begin(), member.packed.end());
  } else {
    // One byte of room more than declared, so that a longer stream is seen, not cut.
    out.resize(member.size + 1);
    const auto [produced, ended] = Inflater(place).run(member.packed, out);
    if (produced != member.size || !ended)
      throw InputError(text(place, ": zip: ", member.size, " unpacked bytes expected, ",
                            produced > member.size ? "more" : "fewer or trailing", " came"));
    out.resize(member.size);
  }
  if (const std::uint32_t crc = crc_of(out); crc != member.crc)
    throw InputError(text(place, ": zip: CRC ", member.crc, " expected, ", crc, " came: damaged"));
  return out;
}

}  // namespace palimpsest::tools
