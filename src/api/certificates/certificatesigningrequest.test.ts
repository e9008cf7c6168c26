import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, draftFrom, problemsOf, statusProblems } from "#api/testing.ts";
import { CertificateSigningRequest } from "./certificatesigningrequest.ts";
import {
  fillConditionTimes,
  keepAllButConditions,
  setRequestor,
  validCertificateStatus,
} from "./signing-rules.ts";

const ecdsaRequest = `-----BEGIN CERTIFICATE REQUEST-----
MIHaMIGAAgEAMB4xDTALBgNVBAoMBGRldnMxDTALBgNVBAMMBGphbmUwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAARkdXjtiFOt2LTzdhNYpFeqkKFrKyct2Yf54s1e
gADVPprYjQjuKTaHWs8VDa17ledFWyOwa0DAGwMDSNcUCBycoAAwCgYIKoZIzj0E
AwIDSQAwRgIhALZiGGoyHTyNlDTrsoRggH7RxCs2B6eufKQgWrO2IpZaAiEApcAQ
6v0iEFMKwkh5iFvkUEsT/L0/Pp8GvKBNpcCVa9U=
-----END CERTIFICATE REQUEST-----
`;
const ed25519Request = `-----BEGIN CERTIFICATE REQUEST-----
MIGOMEICAQAwDzENMAsGA1UEAwwEamFuZTAqMAUGAytlcAMhAIFwlzhQgGFrz3hu
Us8oubuTV/Uv5UQXvzKGHNb3OBPXoAAwBQYDK2VwA0EAy9trcaUDSZmz/lJ/O6aa
w/a0cFUhaqNpf4muRl6zjE7VUnhwlDauVYtZ6KDu479tR8HjRABUfkMfgfrKLzoW
CA==
-----END CERTIFICATE REQUEST-----
`;
const rsaRequest = `-----BEGIN CERTIFICATE REQUEST-----
MIICVDCCATwCAQAwDzENMAsGA1UEAwwEamFuZTCCASIwDQYJKoZIhvcNAQEBBQAD
ggEPADCCAQoCggEBAM5P5wTX1guTRFWSn9WZPO1xzBNrrw9sh9MiTbVCUwpmoD5i
0y8/xW2itp3Za74B5R+k0HaMh5TB7M9yGFW8UX39HDnHmrXhvvhkbXj5nafVy4zM
SmGfCGC7L4sOEE+iNFs4bNk02TSaeDo9oI93NN1TVVjEI71QTT0LSi66o85wcrDV
o0ISW1pUf0phFw1ArBue502qh2/v5BV0qS2mmHSY1B0BOYW/vH3AkCPOrcQK0aPq
TXuXF3Bp/wm2wFI+W7ZC01Piv2TdlxXwd2fj41DKjoGWzdI3zvXMQpn6U9juZrTk
DQmQR8IE5B9NHe06FV1q1er2JiIPOHAxvaKUQ/UCAwEAAaAAMA0GCSqGSIb3DQEB
CwUAA4IBAQCK31/yG/tVDpjoaG178CfsTq0cyeFWdLmkJ3QCl3GX12AdgNiXynO0
kL4LIvdep+GGvGruUhZHBzkVLoqAYg3OTRzE2qDZYkx8D0DuLxk+F7VXqwYSloev
Ye298v+dkSx5Tz1/TTHiLhSAsDEZOYR6z4shpAgjVdR2HGgHnfVX3I+2b+80ycV9
+atzST3w9TJGOk8yUVPX6O558dN/ba5NJOfigPkfQn3fPaabWtHK/gg8Gjn4OLqP
fR9DoAl22FGrwca9lkiHh24nwC/w/h4Y4IPzHfXjzbOQBvfvrNK+uy+Wwln0hHdY
W3TXv/fJ4fb4LIXBBKyJDYdHE2sctNc6
-----END CERTIFICATE REQUEST-----
`;
const certificate = `-----BEGIN CERTIFICATE-----
MIIBdjCCARugAwIBAgIUWjlmAYKSPvaFwDxM32jc1RbelfIwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEamFuZTAgFw0yNjExMjEwODUyNDVaGA8yMTI2MTAyODA4NTI0
NVowDzENMAsGA1UEAwwEamFuZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGR1
eO2IU63YtPN2E1ikV6qQoWsrJy3Zh/nizV6AANU+mtiNCO4pNodazxUNrXuV50Vb
I7BrQMAbAwNI1xQIHJyjUzBRMB0GA1UdDgQWBBQ8LmEcEsF9DzMTaMiRJRuQ+0FF
fzAfBgNVHSMEGDAWgBQ8LmEcEsF9DzMTaMiRJRuQ+0FFfzAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0kAMEYCIQCQq8H/bEYyzYhxiCLjG05YeIPZdsH52bvx
TK1ByQTyyQIhAIWp914W3YFk+aj0afNDF48UMuSEHqDlo5LcmCRYQ6y4
-----END CERTIFICATE-----
`;

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const spec = {
  request: base64(ecdsaRequest),
  signerName: "kubernetes.io/kube-apiserver-client",
  usages: ["client auth"],
};
const metadata = { name: "Any:name" };
const csr = (status: object = {}) => ({ metadata, spec, status });

test("a signed request is accepted, whatever kind of key signed it", () => {
  for (const request of [ecdsaRequest, ed25519Request, rsaRequest]) {
    deepEqual(
      problemsOf(CertificateSigningRequest, {
        metadata,
        spec: { ...spec, request: base64(request), expirationSeconds: 600 },
      }),
      [],
    );
  }
});

test("a request says what is wrong with it", () => {
  const cases: readonly [change: object, problem: string][] = [
    [{ usages: [] }, "spec.usages: Required value"],
    [{ usages: ["any", "client auth", "any"] }, 'spec.usages[2]: Duplicate value: "any"'],
    [{ signerName: "" }, "spec.signerName: Required value"],
    [
      { signerName: "kubernetes.io/legacy-unknown" },
      'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
    ],
    [
      { signerName: "plain" },
      "spec.signerName: Invalid value: \"plain\": must be a fully qualified domain and path of the form 'example.com/signer-name'",
    ],
    [
      { signerName: "local/x" },
      'spec.signerName: Invalid value: "local": should be a domain with at least two segments separated by dots',
    ],
    [
      { expirationSeconds: 599 },
      "spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)",
    ],
  ];
  for (const [change, problem] of cases) {
    deepEqual(problemsOf(CertificateSigningRequest, { metadata, spec: { ...spec, ...change } }), [
      problem,
    ]);
  }
  const unknown = problemsOf(CertificateSigningRequest, {
    metadata,
    spec: { ...spec, usages: ["reading"] },
  });
  equal(unknown[0]?.startsWith('spec.usages[0]: Unsupported value: "reading": supported'), true);
});

test("a request of another type, or with a broken signature, is refused", () => {
  const problemOf = (request: string) =>
    problemsOf(CertificateSigningRequest, {
      metadata,
      spec: { ...spec, request: base64(request) },
    }).map((line) => line.split(": ").slice(3).join(": "));
  deepEqual(problemOf(certificate), ["PEM block type must be CERTIFICATE REQUEST"]);
  deepEqual(problemOf(ecdsaRequest.replace("MIHa", "AIHa")), [
    "asn1: structure error: malformed certificate request",
  ]);
  deepEqual(problemOf(ecdsaRequest.replace("v0iE", "v0iF")), [
    "x509: signature verification error",
  ]);
});

test("the spec cannot be changed", () => {
  const to = { metadata, spec: { ...spec, signerName: "" } };
  deepEqual(changeProblems(CertificateSigningRequest, { from: csr(), to }), []);
});

test("conditions of a status have a type and a fitting status, once each", () => {
  const cases: readonly [condition: object[], problems: string[]][] = [
    [[{ type: "Odd", status: "Unknown" }], []],
    [[{ type: "", status: "True" }], ["status.conditions[0].type: Required value"]],
    [[{ type: "Failed", status: "" }], ["status.conditions[0].status: Required value"]],
    [
      [{ type: "Failed", status: "False" }],
      ['status.conditions[0].status: Unsupported value: "False": supported values: "True"'],
    ],
    [
      [
        { type: "Odd", status: "True" },
        { type: "Odd", status: "False" },
      ],
      ['status.conditions[1].type: Duplicate value: "Odd"'],
    ],
  ];
  for (const [conditions, problems] of cases) {
    deepEqual(
      statusProblems(CertificateSigningRequest, { from: csr(), to: csr({ conditions }) }),
      problems,
    );
  }
});

const approved = { type: "Approved", status: "True" };
const denied = { type: "Denied", status: "True" };

test("the status cannot decide, and keeps decisions as they were", () => {
  deepEqual(
    statusProblems(CertificateSigningRequest, {
      from: csr(),
      to: csr({ conditions: [approved, denied] }),
    }),
    [
      'status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
      'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
      'status.conditions: Forbidden: updates may not add a condition of type "Denied"',
    ],
  );
  deepEqual(
    statusProblems(CertificateSigningRequest, { from: csr({ conditions: [approved] }), to: csr() }),
    ['status.conditions: Forbidden: updates may not remove a condition of type "Approved"'],
  );
  deepEqual(
    statusProblems(CertificateSigningRequest, {
      from: csr({ conditions: [approved] }),
      to: csr({ conditions: [{ ...approved, reason: "Other" }] }),
    }),
    [],
  );
});

test("a certificate is set once, by the status, in PEM", () => {
  const issued = csr({ certificate: base64(certificate) });
  const other = csr({ certificate: base64(`# again\n${certificate}`) });
  const set = (from: object, to: object) => statusProblems(CertificateSigningRequest, { from, to });
  deepEqual(set(csr(), issued), []);
  deepEqual(set(issued, other), [
    "status.certificate: Forbidden: updates may not modify existing certificate content",
  ]);
  deepEqual(set(csr(), csr({ certificate: base64("text") })), [
    'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block',
  ]);
  deepEqual(set(csr(), csr({ certificate: base64(ecdsaRequest) })), [
    'status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "CERTIFICATE REQUEST"',
  ]);
  const withHeader = certificate.replace("-----\n", "-----\nSubject: me\n\n");
  deepEqual(set(csr(), csr({ certificate: base64(withHeader) })), [
    'status.certificate: Invalid value: "<certificate data>": no PEM block headers are permitted',
  ]);
});

test("an approval decides, and does nothing else", () => {
  const old = draftFrom(CertificateSigningRequest, csr()).status;
  const draft = draftFrom(
    CertificateSigningRequest,
    csr({ conditions: [approved], certificate: base64(certificate) }),
  ).status;
  const rights = { mayDecide: true, maySetCertificate: false };
  deepEqual(
    [...validCertificateStatus({ status: draft, old }, rights)].map(({ message }) => message),
    ["Forbidden: updates may not set certificate content"],
  );
  keepAllButConditions(draft, old);
  deepEqual([...validCertificateStatus({ status: draft, old }, rights)], []);
});

test("conditions get the times that their writer left out", () => {
  const first = draftFrom(CertificateSigningRequest, csr({ conditions: [approved] })).status;
  const empty = draftFrom(CertificateSigningRequest, csr()).status;
  fillConditionTimes(first, empty, "2026-01-01T00:00:00Z");
  const second = draftFrom(CertificateSigningRequest, csr({ conditions: [approved] })).status;
  fillConditionTimes(second, first, "2026-02-02T00:00:00Z");
  deepEqual(second.conditions, [
    {
      ...approved,
      lastUpdateTime: "2026-02-02T00:00:00Z",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    },
  ]);
});

test("who asks is only what the server says", () => {
  const lies = { ...spec, username: "admin", uid: "0", groups: ["system:masters"], extra: {} };
  const draft = draftFrom(CertificateSigningRequest, { metadata, spec: lies });
  CertificateSigningRequest.prepareForCreate?.(draft);
  deepEqual(draft.spec, spec);
  setRequestor(draft.spec, { username: "jane", groups: ["devs"] });
  deepEqual(draft.spec, { ...spec, username: "jane", groups: ["devs"] });
  const requestor = CertificateSigningRequest.columns?.find(({ name }) => name === "Requestor");
  equal(requestor?.cell(draft, 0), "jane");
});

test("columns tell who asked, and how far it got", () => {
  const cells = (manifest: object) => cellsOf(CertificateSigningRequest, manifest);
  const asked = cells({ metadata, spec: { ...spec, expirationSeconds: 86400 } });
  equal(asked["RequestedDuration"], "24h");
  equal(asked["Condition"], "Pending");
  equal(asked["SignerName"], spec.signerName);
  equal(cells(csr({ conditions: [denied] }))["Condition"], "Denied");
  equal(
    cells(csr({ conditions: [approved], certificate: base64(certificate) }))["Condition"],
    "Approved,Issued",
  );
  equal(
    cells(csr({ conditions: [approved, { type: "Failed", status: "True" }] }))["Condition"],
    "Approved,Failed",
  );
});
