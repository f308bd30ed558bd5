// Everything here may run in the signal handler of a crash: it takes no lock and no memory but by
// mmap(2), and calls nothing that does (signal-safety(7)).
#include "observe/trace_json.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "observe/trace.h"
#include "websocket/utf8.h"

namespace triloop::trace {
namespace {

using Kind = Event::Kind;

constexpr unsigned kDeparted = 1;
constexpr unsigned kArrived = 2;

// Which ends of which arrows are there: a hash table, large enough never to be full. Without
// memory for it there are no arrows.
class Arrows {
 public:
  explicit Arrows(std::uint64_t most) noexcept {
    while (size_ < 2 * most) size_ *= 2;
    void* const memory = ::mmap(nullptr, size_ * sizeof(std::uint64_t), PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) table_ = static_cast<std::uint64_t*>(memory);
  }
  ~Arrows() {
    if (table_ != nullptr) ::munmap(table_, size_ * sizeof(std::uint64_t));
  }
  Arrows(const Arrows&) = delete;
  Arrows& operator=(const Arrows&) = delete;

  void note(std::uint64_t arrow, unsigned end) noexcept {
    if (table_ == nullptr) return;
    std::uint64_t& entry = find(arrow);
    entry = arrow << kEndBits | (entry & kEndMask) | end;
  }
  bool has_both_ends(std::uint64_t arrow) const noexcept {
    return table_ != nullptr && (find(arrow) & kEndMask) == (kDeparted | kArrived);
  }

 private:
  static constexpr unsigned kEndBits = 2;
  static constexpr std::uint64_t kEndMask = kDeparted | kArrived;

  std::uint64_t& find(std::uint64_t arrow) const noexcept {
    std::uint64_t place = arrow * 0x9E37'79B9'7F4A'7C15 >> 16;  // Fibonacci hashing
    for (;; ++place) {
      std::uint64_t& entry = table_[place & (size_ - 1)];
      if (entry == 0 || entry >> kEndBits == arrow) return entry;
    }
  }

  std::uint64_t size_ = 1024;  // a power of two
  std::uint64_t* table_ = nullptr;
};

// The lines of one track.
class TrackWriter {
 public:
  TrackWriter(Output& out, const Ring& ring, const Ring::Copy& copy, const Rings& all,
              const Arrows& arrows, std::int64_t now) noexcept
      : out_(out), ring_(ring), copy_(copy), all_(all), arrows_(arrows), now_(now) {}

  void write() noexcept {
    const std::string_view name(copy_.name.data());
    metadata("thread_name") << ",\"args\":{\"name\":";
    out_.quoted(name) << "}}";
    metadata("thread_sort_index") << ",\"args\":{\"sort_index\":" << copy_.order << "}}";
    Ring::Words words;
    for (std::uint64_t i = copy_.first; i < copy_.last; ++i) {
      if (ring_.read(i, words)) write(event_of(words), i);
    }
    for (std::size_t i = 0; i < copy_.open; ++i) {
      const Ring::OpenSlice& open = copy_.open_slices[i];
      slice(open.name, open.at, now_ - open.at);
    }
  }

 private:
  Output& metadata(const char* what) noexcept {
    return begin("M") << ",\"name\":\"" << what << '"';
  }

  // The members that every event has.
  Output& begin(std::string_view phase) noexcept {
    return out_ << ",\n{\"ph\":\"" << phase << "\",\"pid\":" << process_
                << ",\"tid\":" << copy_.track;
  }
  Output& begin(std::string_view phase, std::int64_t at) noexcept {
    return (begin(phase) << ",\"ts\":").micros(at - all_.began);
  }

  void write(const Event& event, std::uint64_t index) noexcept {
    switch (event.kind) {
      case Kind::slice:
        return slice(event.name, event.at, static_cast<std::int64_t>(event.a));
      case Kind::departure:
        return arrow("s", event);
      case Kind::arrival:
        return arrow("f\",\"bp\":\"e", event);
      case Kind::fill:
        counter(event, "messages", event.a);
        return counter(event, "bytes", event.b);
      case Kind::latch:
        return latch(event, index);
      case Kind::text:
        return;  // latch() has read it, or what it belonged to is gone
    }
  }

  void slice(const char* name, std::int64_t at, std::int64_t duration) noexcept {
    (begin("X", at) << ",\"dur\":").micros(duration) << ",\"name\":";
    out_.quoted(name) << '}';
  }

  void arrow(std::string_view phase, const Event& event) noexcept {
    if (!arrows_.has_both_ends(event.a)) return;
    begin(phase, event.at) << ",\"id\":" << event.a << ",\"cat\":\"message\",\"name\":";
    out_.quoted(event.name) << '}';
  }

  void counter(const Event& event, std::string_view unit, std::uint64_t value) noexcept {
    begin("C", event.at) << ",\"name\":\"" << event.name << '-' << std::uint64_t{event.connection}
                         << ' ' << unit << "\",\"args\":{\"" << unit << "\":" << value << "}}";
  }

  void latch(const Event& event, std::uint64_t index) noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the address of a literal
    const char* const by = reinterpret_cast<const char*>(event.a);
    begin("i", event.at) << ",\"s\":\"t\",\"name\":";
    out_.quoted(event.name) << ",\"args\":{\"connection\":" << std::uint64_t{event.connection}
                            << ",\"by\":\"" << by << "\",\"code\":" << event.b << ",\"reason\":";
    std::array<char, kMostReason> text;
    out_.quoted({text.data(), text_behind(index, text)}) << "}}";
  }

  std::size_t text_behind(std::uint64_t index, std::array<char, kMostReason>& text) noexcept {
    std::size_t size = 0;
    Ring::Words words;
    while (++index < copy_.last && ring_.read(index, words)) {
      TextEvent piece;
      std::memcpy(static_cast<void*>(&piece), words.data(), sizeof(piece));
      if (piece.kind != Kind::text) break;
      const std::size_t bytes = std::min<std::size_t>(piece.bytes, text.size() - size);
      std::copy_n(piece.text.begin(), bytes, text.begin() + size);
      size += bytes;
    }
    return size;
  }

  Output& out_;
  const Ring& ring_;
  const Ring::Copy& copy_;
  const Rings& all_;
  const Arrows& arrows_;
  const std::int64_t now_;  // where slices that are still open end
  const std::uint64_t process_ = static_cast<std::uint64_t>(::getpid());
};

void note_arrows(const Ring& ring, const Ring::Copy& copy, Arrows& arrows) noexcept {
  Ring::Words words;
  for (std::uint64_t i = copy.first; i < copy.last; ++i) {
    if (!ring.read(i, words)) continue;
    const Event event = event_of(words);
    if (event.kind == Kind::departure) arrows.note(event.a, kDeparted);
    if (event.kind == Kind::arrival) arrows.note(event.a, kArrived);
  }
}

}  // namespace

Output& Output::operator<<(char c) noexcept {
  if (used_ == buffer_.size()) flush();
  buffer_[used_++] = c;
  return *this;
}

Output& Output::operator<<(std::string_view text) noexcept {
  for (const char c : text) *this << c;
  return *this;
}

Output& Output::operator<<(std::uint64_t number) noexcept {
  std::array<char, 20> digits;
  std::size_t first = digits.size();
  do {
    digits[--first] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  return *this << std::string_view(&digits[first], digits.size() - first);
}

Output& Output::micros(std::int64_t nanoseconds) noexcept {
  const auto number = static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0));
  const std::uint64_t rest = number % 1000;
  *this << number / 1000 << '.';
  return *this << static_cast<char>('0' + rest / 100) << static_cast<char>('0' + rest / 10 % 10)
               << static_cast<char>('0' + rest % 10);
}

Output& Output::quoted(std::string_view text) noexcept {
  constexpr std::string_view kHex = "0123456789abcdef";
  *this << '"';
  while (!text.empty()) {
    const Character character = first_character(text);
    if (character.bytes == 0) {
      *this << "\\ufffd";
    } else if (character.code_point < 0x20 || character.code_point == 0x7F) {
      *this << "\\u00" << kHex[character.code_point >> 4] << kHex[character.code_point & 15];
    } else {
      if (text.front() == '"' || text.front() == '\\') *this << '\\';
      *this << text.substr(0, character.bytes);
    }
    text.remove_prefix(std::max<std::size_t>(character.bytes, 1));
  }
  return *this << '"';
}

bool Output::flush() noexcept {
  std::size_t sent = 0;
  while (good_ && sent < used_) {
    const ssize_t size = ::write(file_, buffer_.data() + sent, used_ - sent);
    if (size >= 0) {
      sent += static_cast<std::size_t>(size);
    } else {
      good_ = errno == EINTR;
    }
  }
  used_ = 0;
  return good_;
}

void write_json(Output& out, const Rings& all) noexcept {
  std::uint64_t events = 0;
  std::uint64_t forgotten = 0;
  for (std::size_t i = 0; i < all.count; ++i) {
    Ring::Copy& copy = all.copies[i];
    if (!all.rings[i].copy(copy)) copy.track = 0;
    if (copy.track == 0) continue;
    events += copy.last - copy.first;
    forgotten += copy.forgotten;
  }
  // Behind the copies, so that nothing in them is later.
  const std::int64_t now = nanoseconds(GaugeClock::now());
  Arrows arrows(events);
  for (std::size_t i = 0; i < all.count; ++i) {
    if (all.copies[i].track != 0) note_arrows(all.rings[i], all.copies[i], arrows);
  }
  out << "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"events_forgotten\":" << forgotten
      << ",\"threads_left_out\":" << all.threads_left_out << "},\n\"traceEvents\":["
      << "\n{\"ph\":\"M\",\"pid\":" << static_cast<std::uint64_t>(::getpid())
      << ",\"name\":\"process_name\",\"args\":{\"name\":\"triloop\"}}";
  for (std::size_t i = 0; i < all.count; ++i) {
    const Ring::Copy& copy = all.copies[i];
    if (copy.track != 0) TrackWriter(out, all.rings[i], copy, all, arrows, now).write();
  }
  out << "\n]}\n";
}

}  // namespace triloop::trace
