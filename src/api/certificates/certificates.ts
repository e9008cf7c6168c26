/** Certificates in fields of objects. */
import { X509Certificate } from "node:crypto";
import { pemBlocks } from "./pem.ts";

export function isCertificate(der: Uint8Array): boolean {
  try {
    return new X509Certificate(Buffer.from(der)).serialNumber !== "";
  } catch {
    return false;
  }
}

/** What is wrong with a bundle of authorities, in base64; undefined when nothing is. */
export function certificatesProblem(base64: string): string | undefined {
  const found = pemBlocks(base64).filter(
    ({ type, hasHeaders }) => type === "CERTIFICATE" && !hasHeaders,
  );
  if (found.length === 0) return "data does not contain any valid RSA or ECDSA certificates";
  return found.every(({ der }) => isCertificate(der)) ? undefined : "x509: malformed certificate";
}
