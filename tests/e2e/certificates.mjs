// Certificates for a test, in a folder that goes with it. And whether the tests of this process are to speak TLS.

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { within } from "./wait.mjs";

const PATIENCE_MS = 30_000;

export function certificates(t) {
  const made = certificatesIn();
  t.after(made.remove);
  return made;
}

function certificatesIn() {
  const folder = mkdtempSync(join(tmpdir(), "triloop-tls-"));
  let serial = 0;
  const openssl = (...args) => execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });

  /** A new one of this common name, for localhost and 127.0.0.1; issued by `issuer`, or by itself, and then it may issue others. */
  function issue(name, issuer) {
    const path = join(folder, String((serial += 1)));
    const files = { chain: `${path}.pem`, key: `${path}.key` };
    const by = issuer ? ["-CA", issuer.chain, "-CAkey", issuer.key, "-addext", "basicConstraints=critical,CA:FALSE"]
      : ["-addext", "keyUsage=critical,digitalSignature,keyCertSign"];
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90",
      "-subj", `/O=Example/CN=${name}`, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
      "-addext", "crlDistributionPoints=URI:http://localhost/revoked.crl", ...by, // which nobody fetches
      "-keyout", files.key, "-out", files.chain);
    return { ...files, cert: readFileSync(files.chain, "utf8"), keyText: readFileSync(files.key, "utf8") };
  }
  return { folder, issue, remove: () => rmSync(folder, { recursive: true }) };
}

/** The program's options for it. */
export const options = (certificate) => ["--tls-certificate", certificate.chain, "--tls-key", certificate.key];

/** The common name of the certificate that the server shows to who comes now. */
export async function shown(port) {
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
  await within(PATIENCE_MS, once(socket, "secureConnect"), "a session");
  const name = socket.getPeerCertificate().subject.CN;
  socket.destroy();
  return name;
}

/** Are servers and clients to speak TLS with each other? TRILOOP_TEST_TLS in the environment says so, as in the C++ tests. */
export const OVER_TLS = process.env.TRILOOP_TEST_TLS !== undefined;

// One for all servers of this process: node:test runs each file in a process of its own.
const ofThisRun = () => {
  const made = certificatesIn();
  process.on("exit", made.remove);
  return made.issue("server");
};
let own = null;

/** What a server needs for that; nothing without TLS. */
export const optionsOfThisRun = () => (OVER_TLS ? options((own ??= ofThisRun())) : []);
/** What a client needs to believe such a server, however it calls it. */
export const TRUST_OF_THIS_RUN = OVER_TLS ? { rejectUnauthorized: false } : {};
