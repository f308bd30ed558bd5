#include "level_words.h"

#include <cstdio>
#include <string>

#include "level.h"

namespace explore {

const char* name_of(Operation operation) {
  switch (operation) {
    case Operation::kLock:
      return "lock";
    case Operation::kUnlock:
      return "unlock";
    case Operation::kWait:
      return "wait";
    case Operation::kWake:
    case Operation::kGiveUp:
      return "wake";
    case Operation::kNotifyOne:
      return "notify_one";
    case Operation::kNotifyAll:
      return "notify_all";
    case Operation::kLookAtClock:
    case Operation::kReadCount:
    case Operation::kLoad:
      return "load";
    case Operation::kExchange:
    case Operation::kCountUp:
    case Operation::kCountDown:
    case Operation::kDropCount:
    case Operation::kStore:
      return "store";
    case Operation::kStart:
      return "start";
    case Operation::kJoin:
      return "join";
    case Operation::kEnd:
      return "end";
    case Operation::kTimeout:
      return "timeout";
    case Operation::kSpurious:
      return "spurious";
    case Operation::kBegin:
      return "begin";
    case Operation::kValue:
      return "value";
    case Operation::kUseDestroyed:
    case Operation::kCannotStart:
    case Operation::kYield:
    case Operation::kRemark:
      break;
  }
  return "remark";
}

const char* name_of(Standing::Stand stand) {
  switch (stand) {
    case Standing::Stand::kNew:
      return "new";
    case Standing::Stand::kReady:
      return "ready";
    case Standing::Stand::kWantsMutex:
      return "wants";
    case Standing::Stand::kAsleep:
      return "asleep";
    case Standing::Stand::kJoins:
      return "joins";
    case Standing::Stand::kDone:
      break;
  }
  return "done";
}

std::string in_quotes(std::string_view text) {
  std::string all = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      all += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x",
                    static_cast<unsigned>(static_cast<unsigned char>(c)));
      all += code;
    } else {
      all += c;
    }
  }
  return all + "\"";
}

std::string from_root(const char* file) {
  const std::string path = file;
  std::size_t at = std::string::npos;
  for (const char* folder : {"/tests/explore/", "/include/triloop/", "/src/", "/docs/exercises/"}) {
    const std::size_t found = path.rfind(folder);
    if (found != std::string::npos && (at == std::string::npos || found > at)) at = found;
  }
  return at == std::string::npos ? path : path.substr(at + 1);
}

}  // namespace explore
