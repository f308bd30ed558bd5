// Certificates for a test, in a folder that goes with it.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export function certificates(t) {
  const folder = mkdtempSync(join(tmpdir(), "triloop-tls-"));
  t.after(() => rmSync(folder, { recursive: true }));
  let serial = 0;
  const openssl = (...args) => execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });

  /** A new one of this common name, for localhost and 127.0.0.1; issued by `issuer`, or by itself. */
  function issue(name, issuer) {
    const path = join(folder, String((serial += 1)));
    const files = { chain: `${path}.pem`, key: `${path}.key` };
    const by = issuer ? ["-CA", issuer.chain, "-CAkey", issuer.key] : ["-addext", "keyUsage=critical,digitalSignature,keyCertSign"];
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90",
      "-subj", `/O=Example/CN=${name}`, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
      "-addext", "crlDistributionPoints=URI:http://localhost/revoked.crl", ...by, // which nobody fetches
      "-keyout", files.key, "-out", files.chain);
    return { ...files, cert: readFileSync(files.chain, "utf8"), keyText: readFileSync(files.key, "utf8") };
  }
  return { folder, issue };
}

/** The program's options for it. */
export const options = (certificate) => ["--tls-certificate", certificate.chain, "--tls-key", certificate.key];
