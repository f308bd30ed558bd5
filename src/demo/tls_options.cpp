#include <map>

#include "demo/option_groups.h"

namespace triloop {

void add_tls_options(CLI::App& app, TlsArguments& arguments, TlsOptions& tls) {
  app.add_option("--tls-certificate", arguments.certificates,
                 "speak TLS: certificate and chain in PEM; repeat it and its key for more names")
      ->allow_extra_args(false)
      ->type_name("FILE");
  app.add_option("--tls-key", arguments.keys, "key in PEM, one for each certificate")
      ->allow_extra_args(false)
      ->type_name("FILE");
  app.add_option("--tls-min", tls.min_version, "oldest version of TLS: 1.2, 1.3")
      ->default_str("1.2")
      ->transform(CLI::CheckedTransformer(std::map<std::string, TlsVersion>{
                                              {"1.2", TlsVersion::k12}, {"1.3", TlsVersion::k13}})
                      .description(""))
      ->type_name("VERSION");
  app.add_option("--tls-client-ca", tls.client_ca_file,
                 "clients need a certificate by one of these, in PEM")
      ->type_name("FILE");
}

void finish_tls_options(const TlsArguments& arguments, TlsOptions& tls) {
  if (arguments.certificates.size() != arguments.keys.size()) {
    throw CLI::ValidationError("--tls-certificate",
                               "each needs a --tls-key, and each key one of those");
  }
  for (std::size_t i = 0; i < arguments.keys.size(); ++i) {
    tls.certificates.push_back({arguments.certificates[i], arguments.keys[i]});
  }
}

}  // namespace triloop
