/// The distributed engine on which several servers share their rooms: NATS with JetStream,
/// https://docs.nats.io/nats-concepts/jetstream. As much of its C client as the journal and the
/// presence need, with destructors and exceptions.
#pragma once

#include <nats/nats.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine_options.h"
#include "triloop/sync.h"

namespace triloop {

/// What the engine said of a call that did not work.
class EngineError : public std::runtime_error {
 public:
  explicit EngineError(const std::string& what, jsErrCode why = {})
      : std::runtime_error(what), code(why) {}
  const jsErrCode code;
};

/// Throws EngineError if a call of the client has ended with anything else than NATS_OK.
void check(natsStatus status, jsErrCode code = {});

struct EngineDeleter {
  void operator()(natsMsg* it) const { ::natsMsg_Destroy(it); }
  void operator()(jsPubAck* it) const { ::jsPubAck_Destroy(it); }
  void operator()(jsStreamInfo* it) const { ::jsStreamInfo_Destroy(it); }
  void operator()(jsConsumerInfo* it) const { ::jsConsumerInfo_Destroy(it); }
  void operator()(jsMsgMetaData* it) const { ::jsMsgMetaData_Destroy(it); }
  void operator()(natsOptions* it) const { ::natsOptions_Destroy(it); }
  void operator()(natsConnection* it) const { ::natsConnection_Destroy(it); }
  void operator()(jsCtx* it) const { ::jsCtx_Destroy(it); }
};
template <typename T>
using EnginePtr = std::unique_ptr<T, EngineDeleter>;

/// One message of a stream.
struct Stored {
  std::uint64_t seq = 0;
  std::string subject, data;
  std::int64_t time_ns = 0;  ///< since 1970, by the clock of the stream's leader
  bool deleted = false;      ///< of a bucket: it says that the key is gone
};

/// A connection to it. Comes back by itself, to any of its servers.
///
/// Thread safety: any thread may call anything.
class Engine {
 public:
  /// Waits until it can be reached, half a minute at most; throws std::runtime_error if not, and
  /// std::invalid_argument if an option makes no sense.
  explicit Engine(EngineOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const EngineOptions& options() const { return options_; }
  std::string lines_stream() const { return options_.name + "_lines"; }
  std::string names_bucket() const { return options_.name + "_names"; }
  std::string nodes_bucket() const { return options_.name + "_nodes"; }

  /// Do calls work, as far as is known? Never blocks.
  bool reachable() const TRILOOP_EXCLUDES(mutex_);

  /// Calls `attempt` until it does not throw EngineError, or `deadline`: then throws what it threw.
  /// Once a call has given up, the next ones try for a second only, until the engine is back: they
  /// come one behind the other, and would add up.
  void keep_trying(const std::function<void()>& attempt) TRILOOP_EXCLUDES(mutex_);

  /// A moment, before something is tried again.
  void pause() TRILOOP_EXCLUDES(mutex_);

  // -- One attempt each: they throw EngineError, within a second or so ----------------------------

  /// Makes a stream, unless it is there.
  void make_stream(jsStreamConfig config);
  /// Makes a bucket, unless it is there. `ttl` 0: what is in it stays.
  void make_bucket(const std::string& name, std::chrono::nanoseconds ttl, jsStorageType storage);

  struct Publish {
    std::string subject, data;
    std::string id{};  ///< a second one with the same id, within two minutes, is the first
    std::optional<std::uint64_t> behind{};  ///< only if this is the last of its subject; 0: none is
    bool deletes = false;                   ///< of a bucket: the key
  };
  /// Returns its sequence once enough replicas have it.
  std::uint64_t publish(const Publish& what);
  /// The last message of a subject, if there is one.
  std::optional<Stored> last(const std::string& stream, const std::string& subject);
  EnginePtr<jsStreamInfo> state(const std::string& stream, const char* subjects = nullptr);

  natsConnection* connection() const { return connection_.get(); }
  jsCtx* jetstream() const { return jetstream_.get(); }
  /// Takes a subject out of a stream, and leaves nothing in its place.
  void purge(const std::string& stream, const std::string& subject);

  /// Ends a subscription; waits for a round trip. It may not simply be destroyed: the client's
  /// reading thread may have it in its hand, https://github.com/nats-io/nats.c/issues/637.
  void retire(natsSubscription* subscription) noexcept TRILOOP_EXCLUDES(mutex_);

 private:
  void connect();
  void wait(std::chrono::milliseconds time) TRILOOP_EXCLUDES(mutex_);
  void worked() TRILOOP_EXCLUDES(mutex_);
  void failed(const std::string& why, bool gives_up) TRILOOP_EXCLUDES(mutex_);
  int replicas() const;

  const EngineOptions options_;
  EnginePtr<natsConnection> connection_;
  EnginePtr<jsCtx> jetstream_;
  mutable Mutex mutex_;
  CondVar pause_;  // nobody notifies: a pause is a wait that ends by itself
  bool away_ TRILOOP_GUARDED_BY(mutex_) = false;
  TimePoint failed_at_ TRILOOP_GUARDED_BY(mutex_){};
  std::vector<natsSubscription*> retired_ TRILOOP_GUARDED_BY(mutex_);  // not destroyed yet
};

/// What a message of a subscription to a stream is.
Stored stored(natsMsg* message);

}  // namespace triloop
