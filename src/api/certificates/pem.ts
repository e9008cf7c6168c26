/** PEM blocks, as Go's encoding/pem finds them. */
export interface PemBlock {
  readonly type: string;
  readonly hasHeaders: boolean;
  readonly der: Uint8Array;
}

const block =
  /^-----BEGIN ([^\n]*?)-----[ \t]*\r?\n((?:[^\n:-]+:[^\n]*\n)*)\r?\n?([A-Za-z0-9+/=\s]*?)\r?\n?-----END \1-----/gm;

/** The blocks in a field of bytes, which JSON has in base64. */
export const pemBlocks = (base64: string | undefined): readonly PemBlock[] =>
  [
    ...Buffer.from(base64 ?? "", "base64")
      .toString("latin1")
      .matchAll(block),
  ].map(([, type = "", headers = "", body = ""]) => ({
    type,
    hasHeaders: headers !== "",
    der: Buffer.from(body, "base64"),
  }));
