/** For tests of certificates: requests, and an authority that signs them. */
// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 demands it, first.
import "reflect-metadata";
import {
  type JsonGeneralNames,
  PemConverter,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { Authority } from "./signer.ts";

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

const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
const root = await X509CertificateGenerator.createSelfSigned({
  name: "CN=kubernetes",
  keys,
  signingAlgorithm: algorithm,
  notBefore: new Date("2000-01-01"),
  notAfter: new Date("2200-01-01"),
});
const exported = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
export const authority: Authority = {
  certificate: root.toString("pem"),
  key: PemConverter.encode(exported, "PRIVATE KEY"),
};
