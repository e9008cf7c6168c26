/** Reads requests for certificates and signs them with the cluster's authority. */
import type { SubjectAlternativeNameExtension, X509Certificate } from "@peculiar/x509";
import type { Clock } from "#base/clock.ts";
import type { Random } from "#base/random.ts";
import { loadX509, type X509Library } from "#base/x509-library.ts";

/** What a request asks for, as far as somebody must look at it. */
export interface RequestFacts {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
  readonly emails: readonly string[];
  readonly urls: readonly string[];
}

export interface CertificateSigner {
  /** Of a request in PEM, in base64. Throws when it cannot be read. */
  readonly read: (request: string) => Promise<RequestFacts>;
  /** The certificate in PEM, in base64. */
  readonly sign: (request: string, wanted: Wanted) => Promise<string>;
}

export interface Wanted {
  readonly usages: readonly string[];
  readonly lifetimeMs: number;
}

export interface Authority {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
/** Other clocks may be slow. */
const backdateMs = 5 * 60_000;

const pemOf = (base64: string): string => Buffer.from(base64, "base64").toString();

interface SignerPorts {
  readonly clock: Clock;
  readonly random: Random;
  /** Performs what leaves the event loop, as loading and signing do; at once when absent. */
  readonly outside?: (<T>(work: () => Promise<T>) => Promise<T>) | undefined;
}

export function certificateSigner(authority: Authority, ports: SignerPorts): CertificateSigner {
  const { outside = (work) => work() } = ports;
  return {
    read: (request) => outside(async () => factsOf(await loadX509(), pemOf(request))),
    sign: (request, wanted) => outside(() => signed(authority, { request, wanted, ports })),
  };
}

interface Signing {
  readonly request: string;
  readonly wanted: Wanted;
  readonly ports: SignerPorts;
}

async function signed(authority: Authority, signing: Signing): Promise<string> {
  const { request, wanted, ports } = signing;
  const { usages, lifetimeMs } = wanted;
  const x509 = await loadX509();
  const asked = new x509.Pkcs10CertificateRequest(pemOf(request));
  const issuer = new x509.X509Certificate(authority.certificate);
  const nowMs = ports.clock.now();
  const ends = Math.min(nowMs + lifetimeMs, issuer.notAfter.getTime());
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(ports.random),
    subject: asked.subject,
    issuer: issuer.subject,
    notBefore: new Date(nowMs - backdateMs),
    notAfter: new Date(ends),
    publicKey: asked.publicKey,
    signingKey: await signingKeyOf(x509, authority.key),
    signingAlgorithm: algorithm,
    extensions: await extensionsOf(x509, { asked, issuer, usages }),
  });
  return Buffer.from(`${made.toString("pem")}\n`).toString("base64");
}

interface Asked {
  readonly asked: InstanceType<X509Library["Pkcs10CertificateRequest"]>;
  readonly issuer: X509Certificate;
  readonly usages: readonly string[];
}

async function extensionsOf(x509: X509Library, { asked, issuer, usages }: Asked) {
  const names = namesIn(asked);
  const extended = usages.flatMap((usage) => extendedUsages[usage] ?? []);
  const flags = usages.reduce((all, usage) => all | (usageBits[usage] ?? 0), 0);
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the bits of several flags.
    ...(flags === 0 ? [] : [new x509.KeyUsagesExtension(flags, true)]),
    ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended, false)]),
    await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ...(names ? [names] : []),
  ];
}

const alternativeNames = "2.5.29.17";

const namesIn = (asked: Asked["asked"]): SubjectAlternativeNameExtension | null =>
  asked.getExtension(alternativeNames) as SubjectAlternativeNameExtension | null;

function factsOf(x509: X509Library, pem: string): RequestFacts {
  const asked = new x509.Pkcs10CertificateRequest(pem);
  const names = namesIn(asked)?.names.items ?? [];
  const of = (type: string): readonly string[] =>
    names.filter((name) => name.type === type).map(({ value }) => value);
  return {
    commonName: asked.subjectName.getField("CN")[0] ?? "",
    organizations: asked.subjectName.getField("O"),
    dnsNames: of("dns"),
    addresses: of("ip"),
    emails: of("email"),
    urls: of("url"),
  };
}

function signingKeyOf(x509: X509Library, pem: string): Promise<CryptoKey> {
  const [der = new ArrayBuffer()] = x509.PemConverter.decode(pem);
  return crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
}

/** 127 random bits, never negative. */
function serialNumber(random: Random): string {
  const bytes = Uint8Array.from(random.bytes(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString("hex");
}

/** upstream: pkg/controller/certificates/authority/policies.go; bits as in RFC 5280, first is lowest. */
const usageBits: Readonly<Record<string, number>> = {
  signing: 1,
  "digital signature": 1,
  "content commitment": 2,
  "key encipherment": 4,
  "data encipherment": 8,
  "key agreement": 16,
  "cert sign": 32,
  "crl sign": 64,
  "encipher only": 128,
  "decipher only": 256,
};

const extendedUsages: Readonly<Record<string, string>> = {
  any: "2.5.29.37.0",
  "server auth": "1.3.6.1.5.5.7.3.1",
  "client auth": "1.3.6.1.5.5.7.3.2",
  "code signing": "1.3.6.1.5.5.7.3.3",
  "email protection": "1.3.6.1.5.5.7.3.4",
  "s/mime": "1.3.6.1.5.5.7.3.4",
  "ipsec end system": "1.3.6.1.5.5.7.3.5",
  "ipsec tunnel": "1.3.6.1.5.5.7.3.6",
  "ipsec user": "1.3.6.1.5.5.7.3.7",
  timestamping: "1.3.6.1.5.5.7.3.8",
  "ocsp signing": "1.3.6.1.5.5.7.3.9",
  "microsoft sgc": "1.3.6.1.4.1.311.10.3.3",
  "netscape sgc": "2.16.840.1.113730.4.1",
};
