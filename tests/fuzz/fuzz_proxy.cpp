// Any bytes as a PROXY header: no crash; never a byte taken beyond it; the verdict does not depend
// on how they are cut; and whom it names is an address.
#include <string>
#include <system_error>

#include "net/network.h"
#include "net/proxy_header.h"
#include "pieces.h"

namespace triloop::fuzzing {
namespace {

struct Verdict {
  std::error_code error;
  std::size_t taken = 0;
  std::string source;

  std::string text() const {
    return error ? error.message() : std::to_string(taken) + " bytes: " + source;
  }
};

template <typename Next>
Verdict parse(const std::string& bytes, Next next) {
  ProxyHeader header;
  Verdict verdict;
  while (header.wants() > 0 && !verdict.error && verdict.taken < bytes.size()) {
    demand(verdict.taken + header.wants() <= ProxyHeader::kMostBytes, "it wants too much");
    const std::size_t size = std::min({header.wants(), next(), bytes.size() - verdict.taken});
    header.consume(std::string_view(bytes).substr(verdict.taken, size), verdict.error);
    verdict.taken += size;
  }
  if (!verdict.error && header.wants() > 0) verdict.error = ProxyHeaderError::cut_off;
  verdict.source = header.source();
  return verdict;
}

void check(const Verdict& verdict, const std::string& bytes) {
  if (!verdict.source.empty()) {
    demand(!verdict.error, "an address in spite of an error");
    demand(ip_of(verdict.source).has_value(), "a source that is no address");
    demand(!is_unix(verdict.source), "a source of no network");
  }
  if (verdict.error || bytes[0] != 'P') return;
  demand(verdict.taken <= 107, "a line that is too long");
  demand(bytes.find("\r\n") + 2 == verdict.taken, "a line that does not end in its end");
}

}  // namespace
}  // namespace triloop::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace triloop::fuzzing;
  if (size < 2) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Verdict whole = parse(bytes, [&] { return bytes.size(); });
  check(whole, bytes);
  Cutter cutter(data[0]);
  const Verdict cut = parse(bytes, [&] { return cutter.next(); });
  if (whole.text() != cut.text()) {
    finding("the verdict depends on the pieces", "whole: " + whole.text(), "cut: " + cut.text());
  }
  return 0;
}
