import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { validWebhookClient } from "./webhook-client-rules.ts";

const problems = (client: Parameters<typeof validWebhookClient>[0]) =>
  [...validWebhookClient(client, "c")].map(({ path, message }) => `${path}: ${message}`);

test("a webhook has a URL or a service", () => {
  const why = ["c: Required value: exactly one of url or service is required"];
  deepEqual(problems({}), why);
  deepEqual(problems({ url: "https://a", service: { namespace: "a", name: "b" } }), why);
});

test("a URL has a scheme, a host and a path, and nothing else", () => {
  const cases: readonly [url: string, ...problems: string[]][] = [
    ["https://example.com"],
    ["https://example.com:8443/hook/x"],
    ["HTTPS://[::1]/hook"],
    [
      "http://example.com",
      `c.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
    ],
    [
      "example.com/x",
      `c.url: Invalid value: "": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      `c.url: Invalid value: "": host must be specified; desired format: https://host[/path]`,
    ],
    [
      "https:///x",
      `c.url: Invalid value: "": host must be specified; desired format: https://host[/path]`,
    ],
    [
      "https://me:secret@a/x?q=1#there",
      'c.url: Invalid value: "me:secret": user information is not permitted in the URL',
      'c.url: Invalid value: "there": fragments are not permitted in the URL',
      'c.url: Invalid value: "q=1": query parameters are not permitted in the URL',
    ],
  ];
  for (const [url, ...expected] of cases) deepEqual(problems({ url }), expected);
});

test("a service has a name, a namespace, a port and perhaps a path", () => {
  const service = { namespace: "a", name: "b", port: 443 };
  const cases: readonly [change: object, ...problems: string[]][] = [
    [{}],
    [{ path: "/" }],
    [{ path: "/hooks/pods/" }],
    [
      { name: "", namespace: "" },
      "c.service.name: Required value: service name is required",
      "c.service.namespace: Required value: service namespace is required",
    ],
    [
      { port: 65536 },
      "c.service.port: Invalid value: 65536: port is not valid: must be between 1 and 65535, inclusive",
    ],
    [{ path: "xy" }, `c.service.path: Invalid value: "xy": must start with a '/'`],
    [{ path: "//" }, 'c.service.path: Invalid value: "//": segment[0] may not be empty'],
    [{ path: "/a//b" }, 'c.service.path: Invalid value: "/a//b": segment[1] may not be empty'],
    [
      { path: "/a b" },
      `c.service.path: Invalid value: "/a b": segment[0]: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    ],
  ];
  for (const [change, ...expected] of cases) {
    deepEqual(problems({ service: { ...service, ...change } }), expected);
  }
});
