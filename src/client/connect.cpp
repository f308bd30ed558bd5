// A client's life in one call.
#include <utility>

#include "triloop/client.h"

namespace triloop {

ConnectionEnd connect(const std::string& url, Processor processor, const ClientOptions& options) {
  Client client(url, std::move(processor), options);
  client.start();
  return client.wait();
}

std::optional<ConnectionEnd> connect_for(const std::string& url, Processor processor,
                                         std::chrono::milliseconds timeout,
                                         const ClientOptions& options) {
  Client client(url, std::move(processor), options);
  client.start();
  return client.wait_for(timeout);  // and if that is too short the client goes, which ends it
}

}  // namespace triloop
