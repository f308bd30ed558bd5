// Five ways to have two threads and one TLS session that look right, and the right one, in small.
// docs/tls.md shows each between its marks, with the shortest schedule that breaks it.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "scheduler.h"
#include "triloop/sync.h"

namespace explore {
namespace small_tls {

using triloop::CondVar;
using triloop::Mutex;
using triloop::MutexLock;

struct Record {
  int number;
  std::string text;
};
using Records = std::deque<Record>;

inline const std::string kKeyUpdate = "KeyUpdate";

// [the session]
struct Session {
  void feed(const Record& record) { incoming.push_back(record); }

  // The text of the next record, if there is one that has a text.
  std::optional<std::string> decrypt() {
    if (incoming.empty()) return std::nullopt;
    const std::string text = incoming.front().text;
    incoming.pop_front();
    if (text != kKeyUpdate) return text;
    encrypt("answer");  // RFC 8446 section 4.6.3: to decrypt may be to encrypt
    return std::nullopt;
  }

  void encrypt(const std::string& text) {
    const int number = next_number.load();
    outgoing.push_back({number, text});
    next_number.store(number + 1);
  }

  Records take_outgoing() { return std::exchange(outgoing, {}); }

  Records incoming, outgoing;
  triloop::Atomic<int> next_number{1};
};
// [end]

// One direction of a TCP connection.
struct Pipe {
  static constexpr std::size_t kMost = 1;

  // Waits for room.
  void send(const Records& all) {
    for (const Record& record : all) {
      const MutexLock lock(mutex);
      while (records.size() == kMost) room.wait(mutex);
      records.push_back(record);
      bytes.notify_one();
      remark("sends record " + std::to_string(record.number) + ", " + record.text);
    }
  }

  // Waits for the other end.
  Record receive() {
    const MutexLock lock(mutex);
    while (records.empty()) bytes.wait(mutex);
    const Record record = records.front();
    records.pop_front();
    room.notify_one();
    remark("receives record " + std::to_string(record.number) + ", " + record.text);
    return record;
  }

  Mutex mutex;
  CondVar bytes, room;
  Records records;
};
struct Kernel {
  Pipe in, out;
};

// [the right one]
struct Tls {
  // The reader.
  std::string read() {
    for (;;) {
      {
        const MutexLock lock(mutex);
        if (const auto text = session.decrypt()) return *text;
      }
      const Record record = kernel.in.receive();  // waits for the peer
      const MutexLock lock(mutex);
      session.feed(record);
    }
  }

  // The writer. With its own text goes what the reader's half has to say.
  void write(const std::string& text) {
    Records records;
    {
      const MutexLock lock(mutex);
      session.encrypt(text);
      records = session.take_outgoing();
    }
    kernel.out.send(records);  // waits for room
  }

  Mutex mutex;
  Session session;
  Kernel kernel;
};
// [end]

struct LockAcrossTheRead : Tls {
  // [a lock across the read]
  std::string read() {
    const MutexLock lock(mutex);
    for (;;) {
      if (const auto text = session.decrypt()) return *text;
      session.feed(kernel.in.receive());
    }
  }
  // [end]
};

struct LockAcrossTheSend : Tls {
  // [a lock across the send]
  void write(const std::string& text) {
    const MutexLock lock(mutex);
    session.encrypt(text);
    kernel.out.send(session.take_outgoing());
  }
  // [end]
};

struct NoLock : Tls {
  // [no lock]
  std::string read() {
    for (;;) {
      if (const auto text = session.decrypt()) return *text;
      session.feed(kernel.in.receive());
    }
  }

  void write(const std::string& text) {
    session.encrypt(text);
    kernel.out.send(session.take_outgoing());
  }
  // [end]
};

struct OneLockForEachDirection : Tls {
  // [one lock for each direction]
  std::string read() {
    for (;;) {
      {
        const MutexLock lock(in_mutex);
        if (const auto text = session.decrypt()) return *text;
      }
      const Record record = kernel.in.receive();
      const MutexLock lock(in_mutex);
      session.feed(record);
    }
  }

  void write(const std::string& text) {
    Records records;
    {
      const MutexLock lock(out_mutex);
      session.encrypt(text);
      records = session.take_outgoing();
    }
    kernel.out.send(records);
  }

  Mutex in_mutex, out_mutex;
  // [end]
};

struct TheReaderSends : Tls {
  // [the reader sends its own words]
  std::string read() {
    for (;;) {
      Records words;
      {
        const MutexLock lock(mutex);
        if (const auto text = session.decrypt()) return *text;
        words = session.take_outgoing();
      }
      kernel.out.send(words);
      const Record record = kernel.in.receive();
      const MutexLock lock(mutex);
      session.feed(record);
    }
  }
  // [end]
};

}  // namespace small_tls
}  // namespace explore
