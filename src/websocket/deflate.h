/// Compression of messages: permessage-deflate, RFC 7692, on zlib. No sockets and no threads in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace triloop {

class Encoded;

/// What was agreed on (section 7.1), and what is nobody else's matter.
struct DeflateParameters {
  bool server_no_context_takeover = false;    ///< each message of ours starts without history
  bool client_no_context_takeover = false;    ///< each message of the peer's does
  int server_max_window_bits = 15;            ///< our history is at most 2^bits bytes
  std::optional<int> client_max_window_bits;  ///< the peer's, if it offered to bound it
  int level = 1;                              ///< ours: zlib's, 1 to 9
};

/// The first offer in a Sec-WebSocket-Extensions header that can be met. nullopt if there is none:
/// an unknown, doubled or malformed parameter declines an offer, and so does a window of 2^8 bytes
/// for the server, which zlib does not do. Our window is at most 2^window_bits bytes (9 to 15),
/// also if the offer says nothing of it; the peer's, too, if it offers to bound it (section 7.1.2).
std::optional<DeflateParameters> choose_deflate(std::string_view offers, int window_bits);

/// What zlib is given at a time: it counts in 32 bits.
constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;

/// The header by which a server accepts: "permessage-deflate; server_max_window_bits=10".
std::string to_header(const DeflateParameters& parameters);

/// Compresses the messages of one connection. For one thread. Takes its memory at the first
/// message: 6 KiB, four times the window, and at most 16 KiB for tables.
class Deflater {
 public:
  explicit Deflater(const DeflateParameters& parameters);
  ~Deflater();

  /// Replaces a message by its compressed form (section 7.2.1). Throws std::bad_alloc.
  void compress(std::string& message, std::size_t most_at_once = kMostAtOnce);

  /// The compressed form of what many are sent. The peer's history has it then, and this one's not:
  /// so the next message starts without.
  std::string_view insert(const Encoded& message);

 private:
  struct Stream;
  const int window_bits_;
  const int level_;
  const bool keeps_history_;
  std::unique_ptr<Stream> stream_;
};

/// Expands the messages of one connection. For one thread. Takes its memory, 8 KiB and the peer's
/// window, at the first compressed message.
class Inflater {
 public:
  enum class Result {
    kOk,
    kTooBig,   ///< `out` would become larger than the limit; it is a little larger at most
    kCorrupt,  ///< this is no DEFLATE data
  };

  explicit Inflater(const DeflateParameters& parameters);
  ~Inflater();

  /// Expands a piece of a message and appends it to `out`. Throws std::bad_alloc.
  Result expand(std::string_view data, std::size_t limit, std::string& out,
                std::size_t most_at_once = kMostAtOnce);

  /// The message is complete, with the four bytes that are missing at its end (section 7.2.2).
  /// False if it is not: what was expanded stops in the middle of something.
  bool end_message();

 private:
  struct Stream;
  Result expand_what_is_in(std::size_t limit, std::string& out);

  const int window_bits_;
  const bool keeps_history_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace triloop
