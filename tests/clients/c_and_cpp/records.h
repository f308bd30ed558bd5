// What the programs in C++ are asked for, and how they say what happens: see ../README.md.
#pragma once

#include <climits>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

inline bool asked(const char* name) { return std::getenv(name) != nullptr; }
inline std::string setting(const char* name) { return asked(name) ? std::getenv(name) : ""; }
inline int number(const char* name, int otherwise) {
  return asked(name) ? std::stoi(setting(name)) : otherwise;
}

inline std::vector<std::string> parts(const char* name, char separator) {
  std::istringstream text(setting(name));
  std::vector<std::string> all;
  for (std::string one; std::getline(text, one, separator);) all.push_back(one);
  return all;
}

inline std::vector<std::pair<std::string, std::string>> headers() {
  std::vector<std::pair<std::string, std::string>> all;
  for (const std::string& line : parts("WS_HEADERS", '\n')) {
    const auto colon = line.find(": ");
    all.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  return all;
}

struct Message {
  bool text;
  std::string data;
};

inline std::vector<Message> messages() {
  std::vector<Message> all;
  for (const std::string& file : parts("WS_SEND", ' ')) {
    std::ifstream in(file, std::ios::binary);
    all.push_back(
        {file.substr(file.size() - 4) == ".txt", {std::istreambuf_iterator<char>(in), {}}});
  }
  return all;
}

/// How many messages and pongs it waits for before it closes.
inline int to_come() {
  return asked("WS_RECEIVE") ? number("WS_RECEIVE", 0) + asked("WS_PING") : INT_MAX;
}

/// In one piece, so that what threads say is not mixed.
inline void say(const std::string& line, const std::string& data = "") {
  std::cout << line + "\n" + data << std::flush;
}

inline void heard(bool text, const std::string& data) {
  say((text ? "text " : "binary ") + std::to_string(data.size()), data);
}
