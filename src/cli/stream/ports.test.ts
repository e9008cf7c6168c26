import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api/core/pod.ts";
import type { Service } from "#api/core/service.ts";
import { parseAddresses } from "./port-forward.ts";
import { podPorts, servicePorts } from "./ports.ts";

const pod = {
  metadata: { name: "web" },
  spec: {
    containers: [
      {
        ports: [
          { name: "http", containerPort: 8080, protocol: "TCP" },
          { name: "dns", containerPort: 53, protocol: "UDP" },
        ],
      },
    ],
  },
} as unknown as Pod;

const service = (clusterIP: string) =>
  ({
    metadata: { name: "web" },
    spec: {
      clusterIP,
      ports: [
        { name: "www", port: 80, targetPort: "http", protocol: "TCP" },
        { name: "plain", port: 81, targetPort: 9000, protocol: "TCP" },
        { name: "dns", port: 53, protocol: "UDP" },
      ],
    },
  }) as unknown as Service;

const ofPods = [
  ["80", { local: 80, remote: 80 }],
  ["8080:80", { local: 8080, remote: 80 }],
  [":80", { local: 0, remote: 80 }],
  ["http", { local: 8080, remote: 8080 }],
  ["1:http", { local: 1, remote: 8080 }],
] as const;
for (const [text, port] of ofPods)
  test(`${text} of a pod`, () => deepEqual(podPorts([text], pod), [port]));

const ofServices = [
  ["80", "10.0.0.1", { local: 80, remote: 8080 }],
  ["www", "10.0.0.1", { local: 80, remote: 8080 }],
  ["7:plain", "10.0.0.1", { local: 7, remote: 9000 }],
  ["80", "None", { local: 80, remote: 80 }],
] as const;
for (const [text, address, port] of ofServices)
  test(`${text} of a service at ${address}`, () =>
    deepEqual(servicePorts([text], service(address), pod), [port]));

const refused = [
  ["nope", "Pod 'web' does not have a named port 'nope'"],
  ["dns", "UDP protocol is not supported for dns"],
  ["80:", "remote port cannot be empty"],
  ["0", "remote port must be > 0"],
  [
    "70000",
    `error parsing local port '70000': strconv.ParseUint: parsing "70000": value out of range`,
  ],
  ["x:80", `error parsing local port 'x': strconv.ParseUint: parsing "x": invalid syntax`],
] as const;
for (const [text, message] of refused)
  test(`${text}: ${message}`, () => throws(() => podPorts([text], pod), { message }));

test("a service must have the port", () => {
  throws(() => servicePorts(["82"], service(""), pod), {
    message: "Service web does not have a service port 82",
  });
  throws(() => servicePorts(["x"], service(""), pod), {
    message: "Service 'web' does not have a named port 'x'",
  });
});

test("localhost means both families, either of which may be missing", () => {
  deepEqual(parseAddresses(["localhost", "10.0.0.1"]), [
    { host: "10.0.0.1", isOptional: false },
    { host: "127.0.0.1", isOptional: true },
    { host: "::1", isOptional: true },
  ]);
  throws(() => parseAddresses(["example.com"]), { message: "example.com is not a valid IP" });
});
