/**
 * The library that reads and makes certificates, loaded when first needed: few processes ever do, and
 * all want to start fast.
 */
import type * as x509Library from "@peculiar/x509";

export type X509Library = typeof x509Library;

export async function loadX509(): Promise<X509Library> {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}
