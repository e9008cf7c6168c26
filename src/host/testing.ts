/** Certificates for tests: an authority, servers on this machine, and clients. */
// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 demands it, first.
import "reflect-metadata";
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from "@peculiar/x509";
import type { TlsIdentity } from "#base/http.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const validFor = {
  notBefore: new Date(Date.now() - 3_600_000),
  notAfter: new Date(Date.now() + 86_400_000),
};

export interface TestAuthority {
  /** PEM. */
  readonly certificate: string;
  /** For "CN=name, O=group"; with DNS names and addresses for a server. */
  readonly issue: (subject: string, names?: readonly string[]) => Promise<TlsIdentity>;
}

export async function testAuthority(name: string): Promise<TestAuthority> {
  const keys = await newKeys();
  const authority = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    extensions: [new BasicConstraintsExtension(true)],
    ...validFor,
  });
  return {
    certificate: authority.toString("pem"),
    issue: (subject, names = []) => issue({ authority, keys }, subject, names),
  };
}

async function issue(
  { authority, keys }: { authority: X509Certificate; keys: KeyPair },
  subject: string,
  names: readonly string[],
): Promise<TlsIdentity> {
  const own = await newKeys();
  const isAddress = (text: string): boolean => /^[\d.]+$|:/.test(text);
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: authority.subject,
    publicKey: own.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new SubjectAlternativeNameExtension(
        names.map((value) => ({
          type: isAddress(value) ? ("ip" as const) : ("dns" as const),
          value,
        })),
      ),
    ],
    ...validFor,
  });
  const key = await crypto.subtle.exportKey("pkcs8", own.privateKey);
  return { key: PemConverter.encode(key, "PRIVATE KEY"), certificate: certificate.toString("pem") };
}

const newKeys = () => crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
type KeyPair = Awaited<ReturnType<typeof newKeys>>;
