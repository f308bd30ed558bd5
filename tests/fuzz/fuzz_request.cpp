// Any bytes as a request: no crash; the verdict does not depend on how they are cut; and every
// answer is one head that cannot be taken for two.
#include "pieces.h"
#include "websocket/deflate.h"
#include "websocket/http.h"

namespace triloop::fuzzing {
namespace {

struct Verdict {
  int status = 0;            // of an error; 200 for a request; 0 if it is not complete
  std::size_t consumed = 0;  // by the request
  std::string request;

  std::string text() const {
    return std::to_string(status) + ", " + std::to_string(consumed) + " bytes: " + request;
  }
};

// Nothing of what the peer has said may end a line of the answer, or begin a second answer.
void check_answer(const std::string& answer, std::size_t body) {
  demand(answer.size() >= body + 4, "an answer without a head");
  const std::string head = answer.substr(0, answer.size() - body);
  demand(head.rfind("HTTP/1.1 ", 0) == 0, "an answer that is not HTTP");
  demand(head.find("\r\n\r\n") == head.size() - 4, "an answer with two heads");
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i] == '\n') demand(i > 0 && head[i - 1] == '\r', "a line feed alone");
    if (head[i] == '\r') demand(i + 1 < head.size() && head[i + 1] == '\n', "a return alone");
  }
}

void check_error(const HttpError& error) {
  demand(error.status() >= 400 && error.status() < 600, "an error that is no error's status");
  Response response;
  response.status = error.status();
  response.body = error.what();
  response.headers = error.headers();
  check_answer(http_response(response, true, 0), response.body.size());
  check_answer(http_response(response, false, 0), 0);
}

void check_request(const Request& request) {
  demand(!request.method.empty() && !request.path.empty(), "a request without method or path");
  demand(request.path.front() == '/', "a path without a slash");
  if (request.version != "HTTP/1.0") {  // which need not say one
    demand(!request.header("host").empty(), "a request without Host");
  }
  for (const auto& [name, value] : request.headers) {
    demand(!name.empty(), "a header without a name");
    demand((name + value).find_first_of(std::string("\r\n\0", 3)) == std::string::npos,
           "a header with a line's end in it");
  }
  for (const char* known : {"", "chat", "v1.chat"}) {
    if (*known != '\0' && !list_contains(request.header("Sec-WebSocket-Protocol"), known)) continue;
    try {
      const auto agreed = choose_deflate(request.header("Sec-WebSocket-Extensions"), 12);
      const std::string extensions = agreed ? to_header(*agreed) : "";
      const std::string answer = upgrade_response(request, known, extensions);
      check_answer(answer, 0);
      demand(answer.rfind("HTTP/1.1 101 ", 0) == 0, "an upgrade that is not 101");
      demand(request.method == "GET" && request.version != "HTTP/1.0" &&
                 request.header("Sec-WebSocket-Version") == "13",
             "an upgrade that should have been refused");
    } catch (const HttpError& error) {
      check_error(error);
    }
  }
}

template <typename Next>
Verdict parse(std::string bytes, Next next) {
  RequestParser parser;
  Verdict verdict;
  try {
    while (verdict.consumed < bytes.size()) {
      const std::size_t size = std::min(next(), bytes.size() - verdict.consumed);
      Bytes piece{bytes.data() + verdict.consumed, size};
      const bool complete = parser.consume(piece);
      demand(piece.size <= size, "more taken than there was");
      demand(complete || piece.size == 0, "bytes left by a request that needs more");
      verdict.consumed += size - piece.size;
      if (!complete) continue;
      const Request request = parser.take_request();
      check_request(request);
      verdict.status = 200;
      verdict.request =
          request.method + ' ' + request.path + '?' + request.query + ' ' + request.version;
      for (const auto& [name, value] : request.headers) {
        verdict.request += '\n';
        verdict.request += name;
        verdict.request += ": ";
        verdict.request += value;
      }
      return verdict;
    }
  } catch (const HttpError& error) {
    check_error(error);
    verdict = {};  // how far it got is its own affair
    verdict.status = error.status();
  }
  return verdict;
}

}  // namespace
}  // namespace triloop::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace triloop::fuzzing;
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Verdict whole = parse(bytes, [&] { return bytes.size(); });
  Cutter cutter(data[0]);
  const Verdict cut = parse(bytes, [&] { return cutter.next(); });
  if (whole.text() != cut.text()) {
    finding("the verdict depends on the pieces", "whole: " + whole.text(), "cut: " + cut.text());
  }
  return 0;
}
