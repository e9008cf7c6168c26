import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { parseDockerfile } from "./dockerfile.ts";

test("what needs no container to build becomes copies and configuration", () => {
  const recipe = parseDockerfile(
    `# a comment
ARG BASE=k8ts.local/node
FROM \${BASE}
ARG VERSION
ENV VERSION=\${VERSION:-0} GREETING="Hello you"
LABEL title=hello version=\${VERSION}
WORKDIR /app
WORKDIR src
COPY shared/ \\
  main.mjs ./
EXPOSE 80 81/udp
USER 1000
CMD ["main.mjs", "$HOME"]`,
    { VERSION: "1.2.3" },
  );
  deepEqual([recipe.from, recipe.unsupported], ["k8ts.local/node", []]);
  deepEqual(recipe.copies, [{ sources: ["shared/", "main.mjs"], target: "/app/src/", line: 9 }]);
  deepEqual(recipe.config({ Env: ["PATH=/bin", "VERSION=old"], Entrypoint: ["node"] }), {
    Env: ["PATH=/bin", "VERSION=1.2.3", "GREETING=Hello you"],
    Entrypoint: ["node"],
    Labels: { title: "hello", version: "1.2.3" },
    WorkingDir: "/app/src",
    ExposedPorts: { "80/tcp": {}, "81/udp": {} },
    User: "1000",
    Cmd: ["main.mjs", "$HOME"],
  });
});

test("a new entry point drops the base's command", () => {
  const recipe = parseDockerfile("FROM a\nENTRYPOINT run it", {});
  deepEqual(recipe.config({ Cmd: ["old"] }), { Entrypoint: ["/bin/sh", "-c", "run it"] });
});

test("a file is copied to its name or into a folder", () => {
  const target = (line: string) => parseDockerfile(`FROM a\n${line}`, {}).copies[0]?.target;
  deepEqual(target("COPY a /b"), "/b");
  deepEqual(target("COPY a /b/"), "/b/");
  deepEqual(target("COPY a b /c"), "/c/");
  deepEqual(target("COPY a ."), "/");
});

test("what needs a real builder is named with its line", () => {
  const lines = "FROM a\nRUN make\nCOPY --from=x /a /b\nADD https://example.org/x /x\nFROM b";
  deepEqual(parseDockerfile(lines, {}).unsupported, [
    { line: 2, instruction: "RUN" },
    { line: 3, instruction: "COPY --from=x /a /b" },
    { line: 4, instruction: "ADD https://example.org/x /x" },
    { line: 5, instruction: "a second FROM" },
  ]);
});

test("mistakes are told with their line", () => {
  const refused = (text: string, line: number, message: RegExp): void =>
    throws(() => parseDockerfile(text, {}), { name: "DockerfileError", line, message });
  refused("FROM a\nCOPPY x y", 2, /^unknown instruction COPPY$/);
  refused("CMD x", 1, /^CMD before FROM$/);
  refused("# nothing", 1, /^there is no FROM instruction$/);
  refused("FROM a\nCOPY x", 2, /^COPY needs a source and a target$/);
  refused('FROM a\n\nCOPY ["x" /', 3, /^not a JSON list: \["x" \/$/);
});
