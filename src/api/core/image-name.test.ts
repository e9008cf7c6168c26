import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { parseImageName } from "./image-name.ts";

const sha = `sha256:${"0123456789abcdef".repeat(4)}`;

const names: readonly (readonly [text: string, repository: string, tag: string, digest: string])[] =
  [
    ["nginx", "docker.io/library/nginx", "latest", ""],
    ["nginx:1.27", "docker.io/library/nginx", "1.27", ""],
    ["team/app", "docker.io/team/app", "latest", ""],
    ["index.docker.io/nginx", "docker.io/library/nginx", "latest", ""],
    ["localhost/app", "localhost/app", "latest", ""],
    ["reg.example.com:5000/app", "reg.example.com:5000/app", "latest", ""],
    ["reg.example.com:5000/a/b:v1", "reg.example.com:5000/a/b", "v1", ""],
    [`nginx@${sha}`, "docker.io/library/nginx", "", sha],
    [`nginx:1@${sha}`, "docker.io/library/nginx", "1", sha],
  ];

for (const [text, repository, tag, digest] of names) {
  test(`${text} is an image`, () => {
    deepEqual(parseImageName(text), { repository, tag, digest });
  });
}

for (const text of ["", "Nginx", "nginx:", "a//b", "nginx@sha256:12", "ab".repeat(32), "a b"]) {
  test(`${JSON.stringify(text)} is no image`, () => {
    equal(parseImageName(text), undefined);
  });
}
