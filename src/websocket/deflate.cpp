#include "websocket/deflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <set>
#include <vector>

#include "websocket/deflate_terms.h"
#include "websocket/encoded.h"

namespace triloop {
namespace {

using namespace deflate_terms;

// zlib's level of memory, 1 to 9: 2^(9 + level) bytes of tables, at most as many as the window has.
// With less than 3 a message of 1 KiB is more than one block; what more than 5 gains is two per
// cent of a large message, and nothing of 1 KiB. See docs/decisions/0012-deflate.md.
constexpr int memory_level(int window_bits) { return std::clamp(window_bits - 7, 3, 5); }

constexpr std::size_t kChunkBytes = 16 * 1024;

// What a sender leaves out at the end of a message: 00 00 FF FF (section 7.2.1).
constexpr std::size_t kTailBytes = 4;

// Takes one parameter of an offer in. False if it is none that is known. `ours` is the window that
// neither side shall exceed, in bits.
bool take_parameter(std::string_view parameter, int ours, DeflateParameters& agreed) {
  const std::size_t equals = std::min(parameter.find('='), parameter.size());
  const std::string_view name = trim(parameter.substr(0, equals));
  const bool has_value = equals < parameter.size();
  const std::string_view value = has_value ? trim(parameter.substr(equals + 1)) : "";
  if (name == "server_no_context_takeover") {
    return agreed.server_no_context_takeover = !has_value;
  }
  if (name == "client_no_context_takeover") {
    return agreed.client_no_context_takeover = !has_value;
  }
  const std::optional<int> bits = window_bits(value);
  if (name == "server_max_window_bits" && bits && *bits >= kLeastWindowBits) {
    agreed.server_max_window_bits = std::min(*bits, ours);
    return true;
  }
  if (name == "client_max_window_bits" && (bits || !has_value)) {
    if (bits || ours < kMaxWindowBits) {
      agreed.client_max_window_bits = std::min(bits.value_or(kMaxWindowBits), ours);
    }
    return true;
  }
  return false;
}

std::optional<DeflateParameters> take_offer(std::string_view offer, int ours) {
  const std::vector<std::string_view> parts = split(offer, ';');
  if (parts.front() != "permessage-deflate") return std::nullopt;
  DeflateParameters agreed;
  agreed.server_max_window_bits = ours;
  std::set<std::string_view> seen;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string_view name = trim(parts[i].substr(0, parts[i].find('=')));
    if (!seen.insert(name).second || !take_parameter(parts[i], ours, agreed)) return std::nullopt;
  }
  return agreed;
}

// The next piece of what is to be worked on.
void give(z_stream& z, std::string_view& rest, std::size_t most_at_once) {
  const std::string_view piece = rest.substr(0, most_at_once);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
  z.avail_in = static_cast<uInt>(piece.size());
  rest.remove_prefix(piece.size());
}

}  // namespace

std::optional<DeflateParameters> choose_deflate(std::string_view offers, int window_bits) {
  for (const std::string_view offer : split(offers, ',')) {
    if (auto agreed = take_offer(offer, window_bits)) return agreed;
  }
  return std::nullopt;
}

std::string to_header(const DeflateParameters& parameters) {
  std::string header = "permessage-deflate";
  if (parameters.server_no_context_takeover) header += "; server_no_context_takeover";
  if (parameters.client_no_context_takeover) header += "; client_no_context_takeover";
  if (parameters.server_max_window_bits < kMaxWindowBits) {
    header += "; server_max_window_bits=" + std::to_string(parameters.server_max_window_bits);
  }
  if (parameters.client_max_window_bits) {
    header += "; client_max_window_bits=" + std::to_string(*parameters.client_max_window_bits);
  }
  return header;
}

struct Deflater::Stream {
  Stream(int level, int window_bits) {
    // A negative number of bits: no zlib header around the data.
    if (::deflateInit2(&z, level, Z_DEFLATED, -window_bits, memory_level(window_bits),
                       Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Stream() { ::deflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  z_stream z{};
  bool has_history = false;
};

Deflater::Deflater(const DeflateParameters& parameters)
    : window_bits_(parameters.server_max_window_bits),
      level_(parameters.level),
      keeps_history_(!parameters.server_no_context_takeover) {}
Deflater::~Deflater() = default;

// The compressed form is written over what zlib has taken of the message, so that it needs no
// memory of its own. Noise becomes a little larger: then a gap is made for it, once for all of the
// rest.
void Deflater::compress(std::string& message, std::size_t most_at_once) {
  if (!stream_) stream_ = std::make_unique<Stream>(level_, window_bits_);
  z_stream& z = stream_->z;
  std::array<Bytef, kChunkBytes> chunk;
  std::size_t taken = 0, made = 0;
  do {
    std::string_view rest = std::string_view(message).substr(taken);
    give(z, rest, most_at_once);
    z.next_out = chunk.data();
    z.avail_out = kChunkBytes;
    ::deflate(&z, rest.empty() ? Z_SYNC_FLUSH : Z_NO_FLUSH);
    taken = message.size() - rest.size() - z.avail_in;
    const std::size_t size = kChunkBytes - z.avail_out;
    if (made + size > taken) {
      const std::size_t gap = made + size - taken + (message.size() - taken) / 16;
      message.insert(taken, gap, '\0');
      taken += gap;
    }
    std::memcpy(message.data() + made, chunk.data(), size);
    made += size;
  } while (taken < message.size() || z.avail_out == 0);
  message.resize(made - kTailBytes);
  stream_->has_history = keeps_history_;
  if (!keeps_history_) ::deflateReset(&z);
}

std::string_view Deflater::insert(const Encoded& message) {
  if (stream_ && stream_->has_history) {
    ::deflateReset(&stream_->z);
    stream_->has_history = false;
  }
  return message.compressed(window_bits_, level_);
}

struct Inflater::Stream {
  explicit Stream(int window_bits) {
    if (::inflateInit2(&z, -window_bits) != Z_OK) throw std::bad_alloc();
  }
  ~Stream() { ::inflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  z_stream z{};
  bool behind_a_block = false;
};

// A peer's zlib makes 2^9 of a window of 2^8, but refers back by 250 bytes at most.
Inflater::Inflater(const DeflateParameters& parameters)
    : window_bits_(parameters.client_max_window_bits.value_or(kMaxWindowBits)),
      keeps_history_(!parameters.client_no_context_takeover) {}
Inflater::~Inflater() = default;

Inflater::Result Inflater::expand(std::string_view data, std::size_t limit, std::string& out,
                                  std::size_t most_at_once) {
  if (!stream_) stream_ = std::make_unique<Stream>(window_bits_);
  do {
    give(stream_->z, data, most_at_once);
    const Result result = expand_what_is_in(limit, out);
    if (result != Result::kOk) return result;
  } while (!data.empty());
  return Result::kOk;
}

// Each turn expands at most one chunk, so that a bomb is stopped one chunk above the limit.
Inflater::Result Inflater::expand_what_is_in(std::size_t limit, std::string& out) {
  z_stream& z = stream_->z;
  std::array<Bytef, kChunkBytes> chunk;
  do {
    z.next_out = chunk.data();
    z.avail_out = kChunkBytes;
    const int result = ::inflate(&z, Z_SYNC_FLUSH);
    out.append(reinterpret_cast<const char*>(chunk.data()), kChunkBytes - z.avail_out);
    if (out.size() > limit) return Result::kTooBig;
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    // 128: just behind a block; and no bits of the last byte are over. See inflate() in zlib.h. A
    // call that only asks whether a full chunk was all of it (Z_BUF_ERROR) does not say.
    if (result != Z_BUF_ERROR) stream_->behind_a_block = z.data_type == 128;
    if (result == Z_STREAM_END) {
      // A block marked as the last one: more may follow (section 7.2.3.5), and may refer to what
      // came before (section 7.2.1), which inflateReset() would forget. It is in zlib.h, among what
      // is not described there; to save the window and put it back (inflateGetDictionary()) would
      // be 64 KiB to copy for a block of two bytes.
      ::inflateResetKeep(&z);
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      return Result::kCorrupt;
    }
  } while (z.avail_in > 0 || z.avail_out == 0);
  return Result::kOk;
}

bool Inflater::end_message() {
  if (!stream_) return false;
  const bool complete = stream_->behind_a_block;
  if (!keeps_history_) ::inflateReset(&stream_->z);
  return complete;
}

}  // namespace triloop
