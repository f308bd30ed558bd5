#include "name_bucket.h"

#include <utility>

#include "demo/processors/chat_name.h"
#include "demo/processors/hex.h"
#include "demo/processors/token.h"
#include "json_entry.h"

namespace triloop {
namespace {

// How the engine names a bucket's stream, and the subjects in it.
std::string stream_of(const std::string& bucket) { return "KV_" + bucket; }
std::string prefix_of(const std::string& bucket) { return "$KV." + bucket + "."; }

}  // namespace

NameBucket::NameBucket(std::shared_ptr<Engine> engine, std::string node)
    : engine_(std::move(engine)), node_(std::move(node)) {
  engine_->keep_trying([&] { engine_->make_bucket(engine_->names_bucket(), {}, js_FileStorage); });
  engine_->keep_trying(
      [&] { engine_->make_bucket(engine_->nodes_bucket(), kLease, js_FileStorage); });
}

// -- Keys and what is in them ---------------------------------------------------------------------

NameBucket::Key NameBucket::key_of(const Attendee& who) {
  return hex(who.room) + "." + hex(identity_of(who.name));
}

Reading NameBucket::all() const {
  Reading reading{stream_of(engine_->names_bucket()), prefix_of(engine_->names_bucket()) + ">"};
  reading.last_of_each = true;
  return reading;
}

NameBucket::Key NameBucket::key_in(const Stored& message) const {
  return message.subject.substr(prefix_of(engine_->names_bucket()).size());
}

NameBucket::Entry NameBucket::entry_of(const Stored& message) const {
  const nlohmann::json entry = parse_entry(message.data);
  const Key key = key_in(message);
  const std::string room = bytes_of(key.substr(0, key.find('.')));
  return {{room, string_in(entry, "name"), string_in(entry, "token"), string_in(entry, "visit")},
          string_in(entry, "node"),
          message.seq};
}

// -- Names ----------------------------------------------------------------------------------------

std::optional<std::uint64_t> NameBucket::take(const Attendee& who,
                                              const std::set<std::string>& dead, Attempt& attempt) {
  const std::string& bucket = engine_->names_bucket();
  const std::string subject = prefix_of(bucket) + key_of(who);
  const auto there = engine_->last(stream_of(bucket), subject);
  const std::uint64_t behind = there ? there->seq : 0;
  if (there && !there->deleted) {
    const Entry other = entry_of(*there);
    if (other.who.visit == who.visit) return there->seq;
    const bool is_free = is_same_token(other.who.token, who.token) || dead.count(other.node) > 0;
    if (!is_free || attempt.only_if_gone) return std::nullopt;
  }
  // What was written before may have worked, and another visit have come since: that is the later.
  if (attempt.behind && *attempt.behind != behind) return std::nullopt;
  attempt.behind = behind;
  const nlohmann::json entry{
      {"name", who.name}, {"token", who.token}, {"visit", who.visit}, {"node", node_}};
  Engine::Publish put{subject, text_of(entry)};
  put.behind = behind;
  try {
    return engine_->publish(put);
  } catch (const EngineError& error) {
    if (error.code == JSStreamWrongLastSequenceErr) attempt.behind.reset();  // this one has not
    throw;
  }
}

void NameBucket::free(const Key& key, std::uint64_t seq) {
  Engine::Publish removal{prefix_of(engine_->names_bucket()) + key, {}};
  removal.deletes = true;
  removal.behind = seq;
  try {
    engine_->publish(removal);
  } catch (const EngineError& error) {
    const bool is_taken = error.code == JSStreamWrongLastSequenceErr;
    if (!is_taken) throw;
  }
}

// -- Leases ---------------------------------------------------------------------------------------

void NameBucket::renew_lease() {
  engine_->publish({prefix_of(engine_->nodes_bucket()) + node_, "alive"});
}

void NameBucket::give_lease_back() {
  const std::string& bucket = engine_->nodes_bucket();
  engine_->purge(stream_of(bucket), prefix_of(bucket) + node_);
}

std::set<std::string> NameBucket::living() {
  const std::string& bucket = engine_->nodes_bucket();
  const std::string subjects = prefix_of(bucket) + ">";
  const auto state = engine_->state(stream_of(bucket), subjects.c_str());
  std::set<std::string> nodes;
  if (const jsStreamStateSubjects* const leases = state->State.Subjects) {
    for (int i = 0; i < leases->Count; ++i) {
      nodes.insert(std::string(leases->List[i].Subject).substr(subjects.size() - 1));
    }
  }
  return nodes;
}

}  // namespace triloop
