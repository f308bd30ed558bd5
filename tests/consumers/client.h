/// What a program that uses triloop's client has to say for one question.
#pragma once

#include <triloop/client.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>

/// Connects to /ws on this machine, sends `text`, and returns the first message that has it in it.
/// Throws if none comes within 10 s.
inline std::string ask(std::uint16_t port, const std::string& text) {
  std::string answer;
  triloop::connect("ws://127.0.0.1:" + std::to_string(port) + "/ws",
                   [&](triloop::Connection& connection) {
                     connection.write(triloop::Message::text(text));
                     triloop::Message message;
                     while (connection.read_for(message, std::chrono::seconds(10)) ==
                            triloop::ReadResult::kMessage) {
                       if (message.data.find(text) == std::string::npos) continue;
                       answer = message.data;
                       return;
                     }
                   });
  if (answer.empty()) throw std::runtime_error("the server has no more to say");
  return answer;
}
