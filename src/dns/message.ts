/**
 * DNS messages as values. Names are lower-case text without the last dot, the root is "";
 * a byte that is not plain stands as `\123`, so that text and name correspond one to one.
 * RFC 1035, RFC 2782 (SRV), RFC 3596 (AAAA), RFC 6891 (EDNS0).
 */

export const types = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  ANY: 255,
} as const;

export const rcodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  /** Lies in the OPT record in part. */
  BADVERS: 16,
} as const;

export type Rcode = (typeof rcodes)[keyof typeof rcodes];

/** "Internet", the only class there is. */
export const classIn = 1;

export interface Question {
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

export interface Query {
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
  /** AD: the asker understands authenticated data. */
  readonly wantsAuthenticity: boolean;
  /** CD: the asker checks signatures itself. */
  readonly checkingDisabled: boolean;
  readonly question: Question;
  /** The question as it came; it goes back letter for letter. */
  readonly questionBytes: Uint8Array;
  readonly edns: Edns | undefined;
}

export interface Edns {
  readonly version: number;
  /** How much the asker can take in one datagram. */
  readonly udpBytesMax: number;
  readonly dnssecOk: boolean;
}

export type RecordData =
  | { readonly is: "address"; readonly address: string }
  /** CNAME, PTR, NS. */
  | { readonly is: "name"; readonly name: string }
  | {
      readonly is: "srv";
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    }
  | { readonly is: "exchange"; readonly preference: number; readonly host: string }
  | { readonly is: "text"; readonly text: string }
  | {
      readonly is: "soa";
      readonly primary: string;
      readonly contact: string;
      readonly serial: number;
      readonly refresh: number;
      readonly retry: number;
      readonly expire: number;
      readonly minimum: number;
    }
  /** Of any type whose data has no names in it that could be compressed. */
  | { readonly is: "raw"; readonly bytes: Uint8Array };

export interface DnsRecord {
  readonly name: string;
  readonly type: number;
  readonly ttl: number;
  readonly data: RecordData;
}

export interface Reply {
  readonly rcode: Rcode;
  readonly isAuthoritative: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
}

export const emptyReply = (rcode: Rcode): Reply => ({
  rcode,
  isAuthoritative: false,
  answers: [],
  authorities: [],
  additional: [],
});

/** Header bits. */
export const flags = {
  response: 0x8000,
  authoritative: 0x0400,
  truncated: 0x0200,
  recursionDesired: 0x0100,
  recursionAvailable: 0x0080,
  authentic: 0x0020,
  checkingDisabled: 0x0010,
} as const;

export const headerBytes = 12;
export const nameBytesMax = 255;
export const labelBytesMax = 63;
/** Of a message: lengths are counted in sixteen bits. */
export const messageBytesMax = 65_535;
/** What everybody can take in one datagram. */
export const plainUdpBytesMax = 512;
