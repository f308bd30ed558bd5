#include "engine.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

namespace triloop {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kToBegin{30};
constexpr seconds kOnceAway{1};
constexpr seconds kGrace{1};  // without a failure, until it is said to be back
constexpr milliseconds kFirstPause{20}, kLongestPause{250};
constexpr std::int64_t kCallMs = 1000;              // one attempt
constexpr std::int64_t kMakeMs = 10'000;            // a stream or a bucket: servers have to agree
constexpr const char* kOperation = "KV-Operation";  // a bucket's own header

jsOptions within(std::int64_t ms) {
  jsOptions options;
  ::jsOptions_Init(&options);
  options.Wait = ms;
  return options;
}

// What the client tells in passing is what its calls say too. On one of its own threads.
void hear_nothing(natsConnection*, natsSubscription*, natsStatus, void*) {}

}  // namespace

void check(natsStatus status, jsErrCode code) {
  if (status == NATS_OK) return;
  natsStatus last = NATS_OK;
  const char* const more = ::nats_GetLastError(&last);
  std::string what = ::natsStatus_GetText(status);
  if (last == status && more != nullptr && *more != '\0') what += std::string(": ") + more;
  throw EngineError(what, code);
}

Stored stored(natsMsg* message) {
  Stored it;
  it.subject = ::natsMsg_GetSubject(message);
  it.data.assign(::natsMsg_GetData(message),
                 static_cast<std::size_t>(::natsMsg_GetDataLength(message)));
  const char* operation = nullptr;
  it.deleted = ::natsMsgHeader_Get(message, kOperation, &operation) == NATS_OK;
  it.seq = ::natsMsg_GetSequence(message);
  it.time_ns = ::natsMsg_GetTime(message);
  return it;
}

Engine::Engine(EngineOptions options) : options_(std::move(options)) {
  const TimePoint deadline = Clock::now() + kToBegin;
  for (bool said = false;; said = true) {
    try {
      connect();
      return;
    } catch (const EngineError& error) {
      if (Clock::now() >= deadline || options_.stop_waiting()) {
        throw std::runtime_error(std::string("the engine cannot be reached: ") + error.what());
      }
      if (!said) spdlog::warn("engine: waits for it: {}", error.what());  // a URL may hold a secret
    }
    pause();
  }
}

Engine::~Engine() {
  jetstream_.reset();
  connection_.reset();  // with it the thread that reads
  for (natsSubscription* const one : retired_) ::natsSubscription_Destroy(one);
}

// Unsubscribed, it is found no more. The thread that reads answers our ping when it is done with
// whatever came before; so whoever was unsubscribed before the ping is in nobody's hand then.
void Engine::retire(natsSubscription* subscription) noexcept try {
  ::natsSubscription_Unsubscribe(subscription);
  std::vector<natsSubscription*> done;
  {
    const MutexLock lock(mutex_);
    retired_.push_back(subscription);
    done.swap(retired_);
  }
  const bool answered = ::natsConnection_FlushTimeout(connection_.get(), kCallMs) == NATS_OK;
  if (answered) {
    for (natsSubscription* const one : done) ::natsSubscription_Destroy(one);
    return;
  }
  const MutexLock lock(mutex_);  // it is tried again with the next one
  retired_.insert(retired_.end(), done.begin(), done.end());
} catch (const std::bad_alloc&) {  // then its memory is lost
}

void Engine::connect() {
  natsOptions* raw = nullptr;
  check(::natsOptions_Create(&raw));
  const EnginePtr<natsOptions> options(raw);
  std::vector<const char*> pointers;
  pointers.reserve(options_.urls.size());
  for (const std::string& url : options_.urls) pointers.push_back(url.c_str());
  if (::natsOptions_SetServers(raw, pointers.data(), static_cast<int>(pointers.size())) !=
      NATS_OK) {
    throw std::invalid_argument("--cluster takes nats://HOST:PORT,nats://HOST:PORT");
  }
  check(::natsOptions_SetName(raw, "triloop"));
  check(::natsOptions_SetErrorHandler(raw, &hear_nothing, nullptr));
  check(::natsOptions_SetTimeout(raw, 2000));
  // A server that is gone without a word is noticed within some six seconds.
  check(::natsOptions_SetPingInterval(raw, 2000));
  check(::natsOptions_SetMaxPingsOut(raw, 2));
  check(::natsOptions_SetMaxReconnect(raw, -1));  // for ever
  check(::natsOptions_SetReconnectWait(raw, 250));
  // What cannot be sent now fails, and whoever wanted it tries again: nothing goes out later that
  // has been given up.
  check(::natsOptions_SetReconnectBufSize(raw, 1));
  check(::natsOptions_SetFailRequestsOnDisconnect(raw, true));
  if (!options_.credentials.empty()) {
    check(::natsOptions_SetUserCredentialsFromFiles(raw, options_.credentials.c_str(), nullptr));
  }
  const bool tls = !options_.ca.empty() || !options_.certificate.empty();
  if (tls) check(::natsOptions_SetSecure(raw, true));
  if (!options_.ca.empty())
    check(::natsOptions_LoadCATrustedCertificates(raw, options_.ca.c_str()));
  if (!options_.certificate.empty()) {
    check(::natsOptions_LoadCertificatesChain(raw, options_.certificate.c_str(),
                                              options_.key.c_str()));
  }
  natsConnection* connection = nullptr;
  const natsStatus status = ::natsConnection_Connect(&connection, raw);
  // It is there, and will not let us in later either.
  if (status == NATS_CONNECTION_AUTH_FAILED || status == NATS_SSL_ERROR) {
    throw std::runtime_error(std::string("the engine cannot be reached: ") +
                             ::natsStatus_GetText(status));
  }
  check(status);
  connection_.reset(connection);
  jsOptions call = within(kCallMs);
  jsCtx* jetstream = nullptr;
  check(::natsConnection_JetStream(&jetstream, connection, &call));
  jetstream_.reset(jetstream);
}

int Engine::replicas() const {
  if (options_.replicas > 0) return options_.replicas;
  return options_.urls.size() >= 3 ? 3 : 1;
}

bool Engine::reachable() const {
  const MutexLock lock(mutex_);
  return !away_;
}

void Engine::keep_trying(const std::function<void()>& attempt) {
  const TimePoint deadline =
      Clock::now() + (reachable() ? options_.patience : milliseconds(kOnceAway));
  for (milliseconds pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    try {
      attempt();
      return worked();
    } catch (const EngineError& error) {
      const bool gives_up = Clock::now() + pause >= deadline;
      failed(error.what(), gives_up);
      if (gives_up) throw;
    }
    wait(pause);
  }
}

void Engine::wait(milliseconds time) {
  const MutexLock lock(mutex_);
  pause_.wait_until(mutex_, Clock::now() + time);
}

void Engine::pause() { wait(kLongestPause); }

// While a leader is elected some calls work and others do not.
void Engine::worked() {
  {
    const MutexLock lock(mutex_);
    if (!away_ || Clock::now() < failed_at_ + kGrace) return;
    away_ = false;
  }
  spdlog::info("engine: can be reached again");
}

void Engine::failed(const std::string& why, bool gives_up) {
  {
    const MutexLock lock(mutex_);
    failed_at_ = Clock::now();
    if (!gives_up || std::exchange(away_, true)) return;
  }
  spdlog::error("engine: cannot be reached: {}", why);
}

void Engine::make_stream(jsStreamConfig config) {
  jsOptions call = within(kMakeMs);
  jsErrCode code{};
  jsStreamInfo* info = nullptr;
  const natsStatus there = ::js_GetStreamInfo(&info, jetstream_.get(), config.Name, &call, &code);
  if (there == NATS_OK) return ::jsStreamInfo_Destroy(info);
  if (there != NATS_NOT_FOUND) check(there, code);
  config.Replicas = replicas();
  check(::js_AddStream(nullptr, jetstream_.get(), &config, &call, &code), code);
}

void Engine::make_bucket(const std::string& name, std::chrono::nanoseconds ttl,
                         jsStorageType storage) {
  kvStore* store = nullptr;
  const natsStatus there = ::js_KeyValue(&store, jetstream_.get(), name.c_str());
  if (there == NATS_OK) return ::kvStore_Destroy(store);
  if (there != NATS_NOT_FOUND) check(there);
  kvConfig config;
  ::kvConfig_Init(&config);
  config.Bucket = name.c_str();
  config.History = 1;
  config.TTL = ttl.count();
  config.StorageType = storage;
  config.Replicas = replicas();
  check(::js_CreateKeyValue(&store, jetstream_.get(), &config));
  ::kvStore_Destroy(store);
}

std::uint64_t Engine::publish(const Publish& what) {
  natsMsg* raw = nullptr;
  check(::natsMsg_Create(&raw, what.subject.c_str(), nullptr, what.data.data(),
                         static_cast<int>(what.data.size())));
  const EnginePtr<natsMsg> message(raw);
  if (what.deletes) check(::natsMsgHeader_Set(raw, kOperation, "DEL"));
  jsPubOptions options;
  ::jsPubOptions_Init(&options);
  options.MaxWait = kCallMs;
  if (!what.id.empty()) options.MsgId = what.id.c_str();
  if (what.behind) {
    options.ExpectLastSubjectSeq = *what.behind;
    options.ExpectNoMessage = *what.behind == 0;
  }
  jsErrCode code{};
  jsPubAck* acknowledgement = nullptr;
  check(::js_PublishMsg(&acknowledgement, jetstream_.get(), raw, &options, &code), code);
  const std::uint64_t seq = EnginePtr<jsPubAck>(acknowledgement)->Sequence;
  // The same id is on its way already, and has no place yet.
  if (seq == 0) throw EngineError("it is not known yet where");
  return seq;
}

std::optional<Stored> Engine::last(const std::string& stream, const std::string& subject) {
  jsErrCode code{};
  natsMsg* message = nullptr;
  const natsStatus status =
      ::js_GetLastMsg(&message, jetstream_.get(), stream.c_str(), subject.c_str(), nullptr, &code);
  if (status == NATS_NOT_FOUND) return std::nullopt;
  check(status, code);
  return stored(EnginePtr<natsMsg>(message).get());
}

void Engine::purge(const std::string& stream, const std::string& subject) {
  jsOptions call = within(kCallMs);
  call.Stream.Purge.Subject = subject.c_str();
  jsErrCode code{};
  check(::js_PurgeStream(jetstream_.get(), stream.c_str(), &call, &code), code);
}

EnginePtr<jsStreamInfo> Engine::state(const std::string& stream, const char* subjects) {
  jsOptions call = within(kCallMs);
  call.Stream.Info.SubjectsFilter = subjects;
  jsErrCode code{};
  jsStreamInfo* info = nullptr;
  check(::js_GetStreamInfo(&info, jetstream_.get(), stream.c_str(), &call, &code), code);
  return EnginePtr<jsStreamInfo>(info);
}

}  // namespace triloop
