#include "follower.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace triloop {
namespace {

constexpr std::int64_t kGlanceMs = 500;
constexpr std::int64_t kAbandonedNanoseconds = 5'000'000'000;
constexpr std::chrono::seconds kSilence{1};  // after that the engine is asked
constexpr std::size_t kMostAtOnce = 64;

}  // namespace

// First the subscription, in our hand, and then what fills it: one that js_SubscribeSync() makes
// and gives up again we could not retire().
Subscription::Subscription(Engine& engine, const Reading& reading)
    : engine_(engine), stream_(reading.stream), subscription_(nullptr, Retire{&engine}) {
  natsInbox* inbox = nullptr;
  check(::natsInbox_Create(&inbox));
  const std::unique_ptr<natsInbox, void (*)(natsInbox*)> guard(inbox, &::natsInbox_Destroy);
  natsSubscription* raw = nullptr;
  check(::natsConnection_SubscribeSync(&raw, engine.connection(), inbox));
  subscription_.reset(raw);
  jsConsumerConfig config;
  ::jsConsumerConfig_Init(&config);
  config.DeliverSubject = inbox;
  config.FilterSubject = reading.subject.c_str();
  config.AckPolicy = js_AckNone;
  config.MaxDeliver = 1;
  config.InactiveThreshold = kAbandonedNanoseconds;
  if (reading.last_of_each) {
    config.DeliverPolicy = js_DeliverLastPerSubject;
  } else {
    config.DeliverPolicy = js_DeliverByStartSequence;
    config.OptStartSeq = std::max<std::uint64_t>(reading.from, 1);
  }
  jsErrCode code{};
  jsConsumerInfo* info = nullptr;
  check(::js_AddConsumer(&info, engine.jetstream(), stream_.c_str(), &config, nullptr, &code),
        code);
  const EnginePtr<jsConsumerInfo> made(info);
  consumer_ = made->Name;
  pending_ = made->NumPending + made->Delivered.Consumer;
}

// If it is not heard, the engine notices that nobody listens.
Subscription::~Subscription() {
  jsErrCode code{};
  ::js_DeleteConsumer(engine_.jetstream(), stream_.c_str(), consumer_.c_str(), nullptr, &code);
}

std::optional<Stored> Subscription::next(std::int64_t ms) {
  natsMsg* raw = nullptr;
  const natsStatus status = ::natsSubscription_NextMsg(&raw, subscription_.get(), ms);
  if (status == NATS_TIMEOUT) return std::nullopt;
  check(status);
  const EnginePtr<natsMsg> message(raw);
  jsMsgMetaData* meta = nullptr;
  check(::natsMsg_GetMetaData(&meta, raw));
  const EnginePtr<jsMsgMetaData> guard(meta);
  if (meta->Sequence.Consumer != ++given_) {
    throw EngineError("a message was lost on its way");
  }
  if (pending_ > 0) --pending_;
  Stored it = stored(raw);
  it.seq = meta->Sequence.Stream;
  it.time_ns = meta->Timestamp;
  return it;
}

bool Subscription::has_next() const {
  std::uint64_t queued = 0;
  return ::natsSubscription_QueuedMsgs(subscription_.get(), &queued) == NATS_OK && queued > 0;
}

void Subscription::check_silence() {
  jsErrCode code{};
  jsConsumerInfo* raw = nullptr;
  check(::js_GetConsumerInfo(&raw, engine_.jetstream(), stream_.c_str(), consumer_.c_str(), nullptr,
                             &code),
        code);
  const EnginePtr<jsConsumerInfo> info(raw);
  if (has_next()) return;
  if (info->Delivered.Consumer != given_ || info->NumPending > 0) {
    throw EngineError("messages have not come");
  }
}

Follower::Follower(Engine& engine, std::string name, Reading reading, Hear hear)
    : engine_(engine),
      reading_(std::move(reading)),
      hear_(std::move(hear)),
      thread_(std::move(name), [this] { run(); }) {}

Follower::~Follower() { stopping_ = true; }

void Follower::run() {
  while (!stopping_) {
    try {
      std::optional<Subscription> subscription;
      engine_.keep_trying([&] { subscription.emplace(engine_, reading_); });
      follow(*subscription);
    } catch (const std::exception& error) {  // also if there is no memory: then from where it was
      spdlog::debug("engine: {} is followed anew: {}", reading_.stream, error.what());
      engine_.pause();
    }
  }
}

void Follower::follow(Subscription& subscription) {
  hear_.begins();
  bool all_heard = false;
  TimePoint silent_since = Clock::now();
  while (!stopping_) {
    if (subscription.pending() == 0 && !std::exchange(all_heard, true)) hear_.all_heard();
    const std::vector<Stored> messages = some_of(subscription);
    if (!messages.empty()) {
      hear_.messages(messages);
      reading_.from = messages.back().seq + 1;
      silent_since = Clock::now();
    } else if (Clock::now() >= silent_since + kSilence) {
      subscription.check_silence();
      silent_since = Clock::now();
    }
  }
}

// Waits for the first, and takes what is there behind it.
std::vector<Stored> Follower::some_of(Subscription& subscription) {
  std::vector<Stored> messages;
  auto message = subscription.next(kGlanceMs);
  while (message) {
    // A replica that is behind begins with what it has last.
    const bool is_known = !reading_.last_of_each && message->seq < reading_.from;
    if (!is_known) messages.push_back(std::move(*message));
    if (messages.size() == kMostAtOnce || !subscription.has_next()) break;
    message = subscription.next(kGlanceMs);
  }
  return messages;
}

}  // namespace triloop
