import { equal } from "node:assert/strict";
import { test } from "node:test";
import { reasonOf } from "./connection-failure.ts";

const wrongName = (host: string, subjectaltname?: string): string => {
  const cert = subjectaltname === undefined ? {} : { subjectaltname };
  const said = reasonOf(
    Object.assign(new Error("node"), { code: "ERR_TLS_CERT_ALTNAME_INVALID", host, cert }),
  );
  return said.replace("tls: failed to verify certificate: x509: ", "");
};

test("a certificate for somebody else is told of as Go does", () => {
  equal(
    wrongName("a.b.svc", "DNS:c.b.svc, DNS:c, IP Address:10.0.0.1"),
    "certificate is valid for c.b.svc, c, not a.b.svc",
  );
  equal(
    wrongName("10.0.0.2", "IP Address:10.0.0.1"),
    "certificate is valid for 10.0.0.1, not 10.0.0.2",
  );
  equal(
    wrongName("10.0.0.2", "DNS:c"),
    "cannot validate certificate for 10.0.0.2 because it doesn't contain any IP SANs",
  );
  equal(
    wrongName("a.b.svc", "IP Address:10.0.0.1"),
    "certificate is not valid for any names, but wanted to match a.b.svc",
  );
  equal(wrongName("a.b.svc"), "certificate relies on legacy Common Name field, use SANs instead");
});

const saidOf = (facts: object): string => reasonOf(Object.assign(new Error("as Node says"), facts));

test("connections that fail are told of as Go does, unknown failures as they came", () => {
  const at = { address: "10.0.0.1", port: 443 };
  equal(
    saidOf({ code: "ECONNREFUSED", ...at }),
    "dial tcp 10.0.0.1:443: connect: connection refused",
  );
  equal(saidOf({ code: "ETIMEDOUT", ...at }), "dial tcp 10.0.0.1:443: i/o timeout");
  equal(saidOf({ code: "ECONNRESET", message: "socket hang up" }), "EOF");
  equal(
    saidOf({ code: "ERR_SSL_WRONG_VERSION_NUMBER" }),
    "http: server gave HTTP response to HTTPS client",
  );
  equal(saidOf({ code: "EODD" }), "as Node says");
});
