#include "wrong_tls.h"

#include <string>
#include <vector>

#include "scenarios.h"

namespace explore {
namespace {

using namespace small_tls;
using triloop::Thread;

void name_all(Tls& tls) {
  locks_may_nest();  // that the kernel is waited for under a lock is to be seen in what becomes of
                     // it
  name_this_thread("peer");
  name(tls.mutex, "the mutex");
  name(tls.session.next_number, "the next number");
  for (Pipe* const pipe : {&tls.kernel.in, &tls.kernel.out}) name(pipe->mutex, "the kernel");
  name(tls.kernel.in.bytes, "bytes from the peer");
  name(tls.kernel.in.room, "room to the server");
  name(tls.kernel.out.bytes, "bytes from the server");
  name(tls.kernel.out.room, "room to the peer");
}
void name_all(OneLockForEachDirection& tls) {
  name_all(static_cast<Tls&>(tls));
  name(tls.in_mutex, "in_mutex");
  name(tls.out_mutex, "out_mutex");
}

// The other end of it, with one thread.
class Peer {
 public:
  explicit Peer(Kernel& kernel) : kernel_(kernel) {}

  void say(const std::string& text) { kernel_.in.send({{said_++, text}}); }

  void await(const std::string& text) {
    for (std::string got; got != text;) {
      const Record record = kernel_.out.receive();
      require(record.number == heard_++, "it expects another number, and can decrypt nothing more");
      got = record.text;
    }
  }

 private:
  Kernel& kernel_;
  int said_ = 1, heard_ = 1;
};

// As many texts as the peer will say are read, and these are written.
template <typename Way, typename Does>
void speak(int texts, const std::vector<std::string>& written, Does peer_does) {
  Way tls;
  name_all(tls);
  const Thread reader("reader", [&] {
    for (int i = 0; i < texts; ++i) tls.read();
  });
  const Thread writer("writer", [&] {
    for (const std::string& text : written) tls.write(text);
  });
  Peer peer(tls.kernel);
  peer_does(peer);
}

// It says nothing before it has got something.
template <typename Way>
void the_peer_listens_first() {
  speak<Way>(1, {"news"}, [](Peer& peer) {
    peer.await("news");
    peer.say("thanks");
  });
}

// It gets nothing before it has said all.
template <typename Way>
void the_peer_speaks_first() {
  speak<Way>(2, {"news", "more"}, [](Peer& peer) {
    for (const char* const text : {"a", "b"}) peer.say(text);
    peer.await("more");
  });
}

template <typename Way>
void the_peer_has_new_keys() {
  speak<Way>(1, {"news"}, [](Peer& peer) {
    peer.say(kKeyUpdate);
    peer.await("news");
    peer.say("thanks");
  });
}

}  // namespace

const std::vector<Named>& wrong_tls() {
  static const std::vector<Named> all = {
      {"a lock across the read", the_peer_listens_first<LockAcrossTheRead>},
      {"a lock across the send", the_peer_speaks_first<LockAcrossTheSend>},
      {"no lock", the_peer_has_new_keys<NoLock>},
      {"one lock for each direction", the_peer_has_new_keys<OneLockForEachDirection>},
      {"the reader sends its own words", the_peer_has_new_keys<TheReaderSends>},
  };
  return all;
}

const std::vector<Named>& right_tls() {
  static const std::vector<Named> all = {
      {"tls in small: the peer listens first", the_peer_listens_first<Tls>},
      {"tls in small: the peer speaks first", the_peer_speaks_first<Tls>},
      {"tls in small: the peer has new keys", the_peer_has_new_keys<Tls>},
  };
  return all;
}

}  // namespace explore
