/** Requests for certificates, for tests. */
// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 demands it, first.
import "reflect-metadata";
import {
  type JsonGeneralNames,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** In PEM, in base64, as a CertificateSigningRequest has it. */
export async function requestFor(name: string, names: JsonGeneralNames = []): Promise<string> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const made = await Pkcs10CertificateRequestGenerator.create({
    name,
    keys,
    signingAlgorithm: algorithm,
    extensions: names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : [],
  });
  return Buffer.from(`${made.toString("pem")}\n`).toString("base64");
}
