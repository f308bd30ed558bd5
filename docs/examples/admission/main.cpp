// Three ways to find out who somebody is before he is let in: see docs/admission.md.
#include <triloop/server.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include "secrets.h"
#include "tickets.h"

using triloop::let_in;
using triloop::refuse;
using triloop::Request;
using triloop::Response;

namespace {

// What the processor is told about its peer.
struct User {
  std::string name;
};

constexpr std::int64_t kSessionSeconds = 12 * 3600;

std::int64_t now() {  // what a signature says must outlive the process, and so it is a date
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since_1970).count();
}

// One of "a=1; session=abc": RFC 6265 section 4.2.1.
std::string cookie_of(const Request& request, const std::string& name) {
  const std::string all = "; " + request.header("Cookie");
  const std::size_t at = all.find("; " + name + "=");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 3;
  return all.substr(begin, all.find(';', begin) - begin);
}

std::string session_cookie(const std::string& key, const std::string& name) {
  // On https also "; Secure", and the name __Host-session.
  return "session=" + sign(key, name, now() + kSessionSeconds) +
         "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(kSessionSeconds);
}

Response text(const std::string& body, int status = 200) {
  return {"text/plain; charset=utf-8", body + "\n", {{"Cache-Control", "no-store"}}, status};
}

// Stands for your own login, which asks for a password first.
Response log_in(const std::string& key, const Request& request) {
  const std::string name = request.parameter("name");
  const bool plain = name.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos;
  if (name.empty() || name.size() > 20 || !plain) return text("a name is up to 20 letters", 400);
  Response response = text("hello, " + name);
  response.headers.emplace_back("Set-Cookie", session_cookie(key, name));
  return response;
}

// What the three have in common: who has been let in is known by name.
void greet(triloop::Connection& connection) {
  connection.write(triloop::Message::text("hello, " + connection.admitted<User>().name));
  for (triloop::Message& message : connection) connection.write(std::move(message));
}

void admit_by_cookie(triloop::Server& server, const std::string& key) {
  server.admit("/cookie", [key](const Request& request) {
    const auto name = signed_name(key, cookie_of(request, "session"), now());
    if (!name) return refuse(text("403: log in first", 403));
    return let_in().value(User{*name}).header("Set-Cookie", session_cookie(key, *name));
  });
}

// From the mac() of a token to whose it is: who reads the table has no token.
using Tokens = std::map<std::string, std::string>;

void admit_by_token(triloop::Server& server, const std::string& key, const Tokens& tokens) {
  server.admit("/token", [key, tokens](const Request& request) {
    const std::string scheme = "Bearer ", given = request.header("Authorization");
    Response who = text("401: a token, please", 401);
    who.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"example\"");  // RFC 6750
    if (given.compare(0, scheme.size(), scheme) != 0) return refuse(who);
    const auto found = tokens.find(mac(key, given.substr(scheme.size())));
    if (found == tokens.end()) return refuse(who);
    return let_in().value(User{found->second});
  });
}

void admit_by_ticket(triloop::Server& server, const std::string& key, Tickets& tickets) {
  server.page("/ticket", [key, &tickets](const Request& request) {
    const auto name = signed_name(key, cookie_of(request, "session"), now());
    if (!name) return text("403: log in first", 403);
    const auto ticket = tickets.give(*name);
    return ticket ? text(*ticket) : text("503: too many tickets are out", 503);
  });
  server.admit("/by-ticket", [&tickets](const Request& request) {
    const auto name = tickets.take(request.parameter("ticket"));
    if (!name) return refuse(text("403: a new ticket, please", 403));
    return let_in().value(User{*name});
  });
}

triloop::Server* running = nullptr;

}  // namespace

int main(int argc, char** argv) {  // admission_server [PORT [SECONDS]], the lifetime of a ticket
  const char* const given = std::getenv("EXAMPLE_KEY");
  // Yours comes from a file that only the server reads; one that is new each time ends all
  // sessions.
  const std::string key = given != nullptr ? given : random_name();
  triloop::Options options;
  options.bind = {"127.0.0.1"};
  options.heartbeat = {};
  if (argc > 1) options.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  triloop::Server server(options);

  triloop::PathOptions own_pages = options;
  const std::string url = server.url();
  own_pages.allowed_origins = {url.substr(0, url.size() - 1)};
  server.handle("/cookie", greet, {}, own_pages);
  admit_by_cookie(server, key);

  server.handle("/token", greet);
  admit_by_token(server, key, {{mac(key, "the-robot-s-token"), "robot"}});

  Tickets tickets(std::chrono::seconds(argc > 2 ? std::atoi(argv[2]) : 30));
  server.handle("/by-ticket", greet, {}, own_pages);
  admit_by_ticket(server, key, tickets);
  server.page("/login", [key](const Request& request) { return log_in(key, request); });

  running = &server;
  std::signal(SIGTERM, [](int) { running->stop(); });
  std::cout << "listening on " << url << std::endl;
  return server.run().empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}
