/**
 * The cluster's certificates: a CA of its own, and short-lived certificates for every component,
 * renewed long before they end. Keys are ECDSA P-256. Files follow kubeadm's names.
 */
// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 demands it, first.
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import type { Clock } from "#base/clock.ts";
import type { Disk } from "#base/disk.ts";
import type { TlsIdentity } from "#base/http.ts";
import { renewBeforeMs } from "./lifetimes.ts";

const day = 86_400_000;
const caLifetimeMs = 3650 * day;
const leafLifetimeMs = 365 * day;
/** Other clocks may be slow. */
const backdateMs = 5 * 60_000;

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

export interface Authority extends TlsIdentity {
  readonly name: string;
}

export interface LeafRequest {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  readonly usage: "client" | "server" | "both";
  /** DNS names and IP addresses a server answers to. */
  readonly names?: readonly string[];
}

export interface Pki {
  /** Reads the authority, or makes it. */
  readonly authority: (file: string, name: string) => Promise<Authority>;
  /** Reads the certificate, or makes one when it is absent, due, or not what was asked for. */
  readonly leaf: (file: string, authority: Authority, request: LeafRequest) => Promise<TlsIdentity>;
  /** Makes the key pair that signs service account tokens, unless it is there: `.key` and `.pub`. */
  readonly signingKey: (file: string) => Promise<void>;
}

export function pki(folder: string, ports: { disk: Disk; clock: Clock }): Pki {
  const { disk } = ports;

  async function load(file: string): Promise<TlsIdentity | undefined> {
    const [certificate, key] = await Promise.all([
      disk.read(`${folder}/${file}.crt`),
      disk.read(`${folder}/${file}.key`),
    ]);
    if (!certificate || !key) return undefined;
    return { certificate: textOf(certificate), key: textOf(key) };
  }

  async function save(file: string, { certificate, key }: TlsIdentity): Promise<void> {
    await disk.makeFolder(folder, 0o700);
    await disk.write(`${folder}/${file}.key`, key, 0o600);
    await disk.write(`${folder}/${file}.crt`, certificate, 0o644);
  }

  return {
    async authority(file, name) {
      const found = await load(file);
      if (found) return { ...found, name };
      const made = await makeAuthority(name, ports.clock.now());
      await save(file, made);
      return made;
    },
    async leaf(file, authority, request) {
      const found = await load(file);
      const nowMs = ports.clock.now();
      if (found && isGood(found, authority, { ...request, nowMs })) return found;
      const made = await makeLeaf(authority, request, nowMs);
      await save(file, made);
      return made;
    },
    async signingKey(file) {
      if (await disk.read(`${folder}/${file}.key`)) return;
      const { publicKey, privateKey } = await makeSigningKey();
      await disk.makeFolder(folder, 0o700);
      await disk.write(`${folder}/${file}.pub`, publicKey, 0o644);
      await disk.write(`${folder}/${file}.key`, privateKey, 0o600);
    },
  };
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export async function makeAuthority(name: string, nowMs: number): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${name}`,
    notBefore: new Date(nowMs - backdateMs),
    notAfter: new Date(nowMs + caLifetimeMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign |
          x509.KeyUsageFlags.cRLSign |
          x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    name,
    certificate: `${certificate.toString("pem")}\n`,
    key: await keyText(keys.privateKey),
  };
}

async function makeLeaf(
  authority: TlsIdentity,
  request: LeafRequest,
  nowMs: number,
): Promise<TlsIdentity> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const signingKey = await signingKeyOf(authority.key);
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: subjectOf(request),
    issuer: issuer.subject,
    notBefore: new Date(nowMs - backdateMs),
    notAfter: new Date(Math.min(nowMs + leafLifetimeMs, issuer.notAfter.getTime())),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages(request)),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...(request.names
        ? [new x509.SubjectAlternativeNameExtension(request.names.map(nameOf))]
        : []),
    ],
  });
  const chain = `${certificate.toString("pem")}\n`;
  return { certificate: chain, key: await keyText(keys.privateKey) };
}

/** A subject as JSON: names may hold any character. One attribute per organization. */
const subjectOf = ({ commonName, organizations = [] }: LeafRequest): x509.JsonName => [
  ...organizations.map((organization) => ({ O: [organization] })),
  { CN: [commonName] },
];

const usages = ({ usage }: LeafRequest): string[] => [
  ...(usage === "client" ? [] : [x509.ExtendedKeyUsage.serverAuth]),
  ...(usage === "server" ? [] : [x509.ExtendedKeyUsage.clientAuth]),
];

const nameOf = (name: string): x509.JsonGeneralName => ({
  type: /^[\d.]+$|:/.test(name) ? "ip" : "dns",
  value: name,
});

/** 127 random bits, never negative. */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString("hex");
}

async function keyText(key: CryptoKey): Promise<string> {
  const der = await crypto.subtle.exportKey("pkcs8", key);
  return `${x509.PemConverter.encode(der, "PRIVATE KEY")}\n`;
}

function signingKeyOf(pem: string): Promise<CryptoKey> {
  const [der = new ArrayBuffer()] = x509.PemConverter.decode(pem);
  return crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
}

function isGood(
  found: TlsIdentity,
  authority: Authority,
  wanted: LeafRequest & { readonly nowMs: number },
): boolean {
  const certificate = new x509.X509Certificate(found.certificate);
  if (certificate.notAfter.getTime() - wanted.nowMs < renewBeforeMs) return false;
  const issuer = new x509.X509Certificate(authority.certificate);
  if (certificate.issuer !== issuer.subject) return false;
  const subject = new x509.Name(subjectOf(wanted)).toString();
  return certificate.subject === subject && hasNames(certificate, wanted.names ?? []);
}

function hasNames(certificate: x509.X509Certificate, names: readonly string[]): boolean {
  const extension = certificate.getExtension(x509.SubjectAlternativeNameExtension);
  const found = new Set(extension?.names.items.map(({ value }) => value));
  return names.every((name) => found.has(name)) && found.size === new Set(names).size;
}

async function makeSigningKey(): Promise<{ publicKey: string; privateKey: string }> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const der = await crypto.subtle.exportKey("spki", keys.publicKey);
  return {
    privateKey: await keyText(keys.privateKey),
    publicKey: `${x509.PemConverter.encode(der, "PUBLIC KEY")}\n`,
  };
}

/** A certificate that vouches for itself, for examples and trials. */
export async function selfSigned(names: readonly string[], nowMs: number): Promise<TlsIdentity> {
  const [commonName = "localhost"] = names;
  return serverIdentity(await makeAuthority(`${commonName} (made by k8ts)`, nowMs), names, nowMs);
}

/** With the authority's own certificate behind it. */
export async function serverIdentity(
  authority: TlsIdentity,
  names: readonly string[],
  nowMs: number,
): Promise<TlsIdentity> {
  const [commonName = "localhost"] = names;
  const leaf = await makeLeaf(authority, { commonName, usage: "server", names }, nowMs);
  return { key: leaf.key, certificate: leaf.certificate + authority.certificate };
}
