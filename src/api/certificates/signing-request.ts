/**
 * Whether the bytes are a PKCS #10 request that was signed with the key it is for. Only its frame is
 * read here; who wants to know the subject parses it. upstream: pkg/apis/certificates/helpers.go
 */
import { createPublicKey, verify } from "node:crypto";
import { pemBlocks } from "./pem.ts";

const requestType = "CERTIFICATE REQUEST";

/** What is wrong with `spec.request`, in base64; undefined when nothing is. */
export function signingRequestProblem(base64: string): string | undefined {
  const [first] = pemBlocks(base64);
  if (first?.type !== requestType) return "PEM block type must be CERTIFICATE REQUEST";
  const request = readRequest(first.der);
  if (!request) return "asn1: structure error: malformed certificate request";
  return isSigned(request) ? undefined : "x509: signature verification error";
}

interface SignedRequest {
  /** What is signed. */
  readonly info: Uint8Array;
  readonly publicKey: Uint8Array;
  /** Object identifier in DER, in hexadecimal. */
  readonly algorithm: string;
  readonly signature: Uint8Array;
}

/** One value in DER. */
interface Element {
  readonly tag: number;
  readonly whole: Uint8Array;
  readonly content: Uint8Array;
}

const sequence = 0x30;
const bitString = 0x03;
const objectId = 0x06;

function readRequest(der: Uint8Array): SignedRequest | undefined {
  const [info, algorithm, signature] = inside(readElements(der)[0]);
  const [, , publicKey] = inside(info);
  const [id] = inside(algorithm);
  if (!info || !publicKey || id?.tag !== objectId || signature?.tag !== bitString) return undefined;
  return {
    info: info.whole,
    publicKey: publicKey.whole,
    algorithm: Buffer.from(id.content).toString("hex"),
    // The first byte of a bit string counts the unused bits at its end.
    signature: signature.content.subarray(1),
  };
}

const inside = (element: Element | undefined): readonly Element[] =>
  element?.tag === sequence ? readElements(element.content) : [];

/** The values one after the other; what is malformed ends them. */
function readElements(der: Uint8Array): readonly Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < der.length;) {
    const element = readElement(der.subarray(at));
    if (!element) break;
    elements.push(element);
    at += element.whole.length;
  }
  return elements;
}

function readElement(der: Uint8Array): Element | undefined {
  const [tag, length] = der;
  if (tag === undefined || length === undefined) return undefined;
  const lengthBytes = length < 0x80 ? 0 : length & 0x7f;
  const start = 2 + lengthBytes;
  let size = lengthBytes === 0 ? length : 0;
  for (const byte of der.subarray(2, start)) size = size * 256 + byte;
  if (start + size > der.length) return undefined;
  return { tag, whole: der.subarray(0, start + size), content: der.subarray(start, start + size) };
}

const hashes: { readonly [oid: string]: string | null } = {
  "2a864886f70d01010b": "sha256",
  "2a864886f70d01010c": "sha384",
  "2a864886f70d01010d": "sha512",
  "2a8648ce3d040302": "sha256",
  "2a8648ce3d040303": "sha384",
  "2a8648ce3d040304": "sha512",
  // Ed25519 hashes by itself.
  "2b6570": null,
};

function isSigned({ info, publicKey, algorithm, signature }: SignedRequest): boolean {
  const hash = hashes[algorithm];
  if (hash === undefined) return false;
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" });
    return verify(hash, info, key, signature);
  } catch {
    return false;
  }
}
