/** What containers see in their volumes: whose the files are, what they say, and when it changes. */
import { deepEqual, equal, match } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import type { PodSpec } from "#api/core/pod-spec.ts";
import { Secret } from "#api/core/secret.ts";
import { importImage } from "../runtimes/testing.ts";
import { layersKey } from "../volumes/image.ts";
import { type Parts, TestNode, until, untilAsync, whyNoContainerd } from "./testing.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

interface Item {
  readonly key: string;
  readonly path: string;
  readonly mode?: number;
}

interface Source {
  readonly defaultMode?: number;
  readonly items?: readonly Item[];
}

const texts = { one: "first", two: "second" } as const;

const metadata = { annotations: texts, labels: { tier: "first" } };

/** A key is a field of the pod there. */
const downwardItems = ({ items }: Source) =>
  (items ?? Object.keys(texts).map((key): Item => ({ key, path: key }))).map(
    ({ key, ...item }) => ({ ...item, fieldRef: { fieldPath: `metadata.annotations['${key}']` } }),
  );

/** Each shows the same two texts, `one` and `two`. */
const kinds = [
  {
    kind: "configMap",
    volumeOf: (source: Source) => ({ configMap: { name: "texts", ...source } }),
  },
  {
    kind: "secret",
    volumeOf: (source: Source) => ({ secret: { secretName: "texts", ...source } }),
  },
  {
    kind: "downwardAPI",
    volumeOf: ({ defaultMode, ...source }: Source) => ({
      downwardAPI: { defaultMode, items: downwardItems(source) },
    }),
  },
  {
    kind: "projected configMap",
    volumeOf: ({ defaultMode, ...source }: Source) => ({
      projected: { defaultMode, sources: [{ configMap: { name: "texts", ...source } }] },
    }),
  },
  {
    kind: "projected secret",
    volumeOf: ({ defaultMode, ...source }: Source) => ({
      projected: { defaultMode, sources: [{ secret: { name: "texts", ...source } }] },
    }),
  },
  {
    kind: "projected downwardAPI",
    volumeOf: ({ defaultMode, ...source }: Source) => ({
      projected: { defaultMode, sources: [{ downwardAPI: { items: downwardItems(source) } }] },
    }),
  },
] as const;

/** What every pod has of every kind. */
const shapes: Readonly<Record<string, Source>> = {
  plain: {},
  strict: { defaultMode: 0o400 },
  shared: { defaultMode: 0o440 },
  moved: { items: [{ key: "two", path: "way/to/two" }] },
  marked: {
    items: [
      { key: "one", path: "first", mode: 0o400 },
      { key: "two", path: "second" },
    ],
  },
};

const people = {
  root: {},
  nobody: { runAsUser: 1_000 },
  member: { runAsUser: 1_000, fsGroup: 1_001 },
} as const;

type Person = keyof typeof people;

const media = { default: {}, tmpfs: { medium: "Memory" } } as const;

const inEmptyDirs = [
  ["root", "0644", "default"],
  ["root", "0644", "tmpfs"],
  ["root", "0666", "default"],
  ["root", "0666", "tmpfs"],
  ["root", "0777", "default"],
  ["root", "0777", "tmpfs"],
  ["nobody", "0644", "default"],
  ["nobody", "0644", "tmpfs"],
  ["nobody", "0666", "default"],
  ["nobody", "0666", "tmpfs"],
  ["nobody", "0777", "default"],
  ["nobody", "0777", "tmpfs"],
] as const;

const folderOf = (kind: string, shape: string): string => `/${kind.replace(" ", "-")}/${shape}`;

describe("volumes of real containers", { skip: whyNoContainerd() }, () => {
  let node: TestNode;

  const makeObjects = async (name: string, content: Readonly<Record<string, string>>) => {
    const of = { namespace: "default", name };
    const data = Object.fromEntries(
      Object.entries(content).map(([key, text]) => [key, base64(text)]),
    );
    await node.client.create(ConfigMap, { metadata: of, data: content });
    await node.client.create(Secret, { metadata: of, data });
  };

  const createWith = async (
    name: string,
    volumes: Readonly<Record<string, object>>,
    spec: Parts<PodSpec> = {},
  ): Promise<void> => {
    const entries = Object.entries(volumes).map(([path, source], i) => ({ i, path, source }));
    await node.create(
      name,
      { volumeMounts: entries.map(({ i, path }) => ({ name: `v${i}`, mountPath: path })) as never },
      {
        volumes: entries.map(({ i, source }) => ({ name: `v${i}`, ...source })) as never,
        metadata,
        ...spec,
      },
    );
  };

  before(async () => {
    node = await TestNode.start({ cgroupRoot: "/k8ts-volumes-test" });
    await node.connect("10.225.0.0/24");
    await makeObjects("texts", texts);
    const shaped = kinds.flatMap(({ kind, volumeOf }) =>
      Object.entries(shapes).map(
        ([shape, source]) => [folderOf(kind, shape), volumeOf(source)] as const,
      ),
    );
    const emptied = Object.entries(media).map(
      ([medium, source]) => [`/empty/${medium}`, { emptyDir: source }] as const,
    );
    for (const [person, securityContext] of Object.entries(people))
      await createWith(person, Object.fromEntries([...shaped, ...emptied]), { securityContext });
    const areReady = () => Object.keys(people).every((person) => node.isReady(person));
    await until(areReady, "all are Ready");
  });

  after(() => node[Symbol.asyncDispose]());

  /** Mode, owner and text of each file; what may not be read has no text. */
  const look = async (person: string, ...paths: readonly string[]): Promise<readonly string[]> => {
    const one = (path: string) => `stat -L -c '%a %u:%g' ${path}; cat ${path} 2> /dev/null; echo`;
    const lines = (await node.exec(person, paths.map(one).join("; "))).split("\n");
    return paths.map((_, i) => [lines[2 * i], lines[2 * i + 1]].join(" ").trim());
  };

  for (const { kind } of kinds) {
    const at = (person: Person, shape: string, ...files: readonly string[]) =>
      look(person, ...files.map((file) => `${folderOf(kind, shape)}/${file}`));

    test(`${kind}: files have the mode that the volume says`, async () => {
      deepEqual(await at("root", "plain", "one", "two"), ["644 0:0 first", "644 0:0 second"]);
      deepEqual(await at("root", "strict", "one", "two"), ["400 0:0 first", "400 0:0 second"]);
    });

    test(`${kind}: a file has the mode that its item says`, async () => {
      deepEqual(await at("root", "marked", "first", "second"), ["400 0:0 first", "644 0:0 second"]);
    });

    test(`${kind}: files are where items say, and no others are there`, async () => {
      deepEqual(await at("root", "moved", "way/to/two"), ["644 0:0 second"]);
      equal(await node.exec("root", `ls ${folderOf(kind, "moved")}`), "way");
    });

    test(`${kind}: who is not root reads what everybody may, and nothing else`, async () => {
      deepEqual(await at("nobody", "plain", "one", "two"), ["644 0:0 first", "644 0:0 second"]);
      deepEqual(await at("nobody", "moved", "way/to/two"), ["644 0:0 second"]);
      deepEqual(await at("nobody", "strict", "one"), ["400 0:0"]);
    });

    test(`${kind}: members of the pod's group read what the group may`, async () => {
      deepEqual(await at("member", "shared", "one", "two"), [
        "440 0:1001 first",
        "440 0:1001 second",
      ]);
      deepEqual(await at("member", "moved", "way/to/two"), ["644 0:1001 second"]);
      deepEqual(await at("member", "marked", "first"), ["440 0:1001 first"]);
    });

    test(`${kind}: one object is in many volumes of a pod`, async () => {
      const shown = await Promise.all(
        ["plain", "strict", "shared"].map((shape) => at("root", shape, "one")),
      );
      deepEqual(
        shown.map(([file]) => file?.split(" ").at(-1)),
        ["first", "first", "first"],
      );
    });
  }

  for (const [person, mode, medium] of inEmptyDirs)
    test(`emptyDir (${person},${mode},${medium})`, async () => {
      const folder = `/empty/${medium}`;
      const script = `cd ${folder}; echo text > f${mode}; chmod ${mode} f${mode}
        stat -c '%a %u' . f${mode}; cat f${mode}; grep ' ${folder} ' /proc/mounts | cut -d' ' -f3`;
      const lines = (await node.exec(person, script)).split("\n");
      const uid = person === "root" ? 0 : 1_000;
      deepEqual(lines.slice(0, 3), ["777 0", `${mode.slice(1)} ${uid}`, "text"]);
      equal(lines[3] === "tmpfs", medium === "tmpfs");
    });

  test("optional objects come, change and go while the pod runs", async () => {
    const names = ["leaves", "stays", "comes"];
    await makeObjects("leaves", { text: "old" });
    await makeObjects("stays", { text: "old" });
    const of = (name: string) => ({
      [`/map/${name}`]: { configMap: { name, optional: true } },
      [`/secret/${name}`]: { secret: { secretName: name, optional: true } },
      [`/both/${name}`]: {
        projected: {
          sources: [
            { configMap: { name, optional: true, items: [{ key: "text", path: "map" }] } },
            { secret: { name, optional: true, items: [{ key: "text", path: "secret" }] } },
          ],
        },
      },
    });
    await createWith("optional", Object.assign({}, ...names.map(of)));
    await until(() => node.isReady("optional"), "it is Ready without one of them");
    const shown = async (): Promise<string> =>
      node.exec(
        "optional",
        `for name in ${names.join(" ")}; do for file in map/$name/text secret/$name/text both/$name/map both/$name/secret
         do cat /$file 2> /dev/null || echo -n none; echo -n ' '; done; echo; done`,
      );
    const lines = (...words: readonly string[]): string =>
      words.map((word) => `${word} ${word} ${word} ${word}`).join(" \n");
    equal(await shown(), lines("old", "old", "none"));
    const at = (name: string) => ({ namespace: "default", name });
    await node.client.delete(ConfigMap, at("leaves"));
    await node.client.delete(Secret, at("leaves"));
    const change = { data: { text: "new" } };
    await node.client.patch(ConfigMap, at("stays"), { is: "merge", change });
    const secretly = { data: { text: base64("new") } };
    await node.client.patch(Secret, at("stays"), { is: "merge", change: secretly });
    await makeObjects("comes", { text: "new" });
    const wanted = lines("none", "new", "new");
    await untilAsync(async () => (await shown()) === wanted, "all of it is seen");
    await node.remove("optional", 1);
  });

  test("labels and annotations that change are seen in both sorts of volumes", async () => {
    const items = ["labels", "annotations"].map((path) => ({
      path,
      fieldRef: { fieldPath: `metadata.${path}` },
    }));
    await createWith("relabelled", {
      "/own": { downwardAPI: { items } },
      "/projected": { projected: { sources: [{ downwardAPI: { items } }] } },
    });
    await until(() => node.isReady("relabelled"), "it is Ready");
    const shown = (path: string) => node.exec("relabelled", `cat /own/${path} /projected/${path}`);
    const isSeen = (path: string, text: string) =>
      untilAsync(async () => (await shown(path)) === `${text}${text}`, `${path} are seen`);
    await isSeen("labels", 'tier="first"');
    await node.change("relabelled", (pod) => ({
      ...pod,
      metadata: { ...pod.metadata, labels: { tier: "second" } },
    }));
    await isSeen("labels", 'tier="second"');
    await node.change("relabelled", (pod) => ({
      ...pod,
      metadata: { ...pod.metadata, annotations: { note: "so it is" } },
    }));
    await isSeen("annotations", 'note="so it is"');
    await node.remove("relabelled", 1);
  });

  test("what a container asks for and may use is in files; what has no limit has the node's", async () => {
    const fields = ["limits.cpu", "limits.memory", "requests.cpu", "requests.memory"];
    const itemsOf = (containerName: string) =>
      fields.map((resource) => ({
        path: `${containerName}/${resource}`,
        resourceFieldRef: {
          containerName,
          resource,
          divisor: resource.endsWith("cpu") ? "1m" : "1Mi",
        },
      }));
    const items = [...itemsOf("app"), ...itemsOf("open")];
    const volumes = [
      { name: "own", downwardAPI: { items } },
      { name: "projected", projected: { sources: [{ downwardAPI: { items } }] } },
    ];
    const volumeMounts = ["own", "projected"].map((name) => ({ name, mountPath: `/${name}` }));
    const resources = {
      requests: { cpu: "250m", memory: "32Mi" },
      limits: { cpu: "1250m", memory: "64Mi" },
    };
    const containers = [
      node.container("app", { resources, volumeMounts: volumeMounts }),
      node.container("open"),
    ];
    await node.create("sized", {}, { containers, volumes: volumes });
    await until(() => node.isReady("sized"), "it is Ready");
    const shown = (folder: string) =>
      node.exec("sized", `cd ${folder}; for f in ${fields.join(" ")}; do cat $f; echo; done`);
    for (const volume of ["/own", "/projected"]) {
      equal(await shown(`${volume}/app`), "1250\n64\n250\n32");
      const [cpu, memory] = (await shown(`${volume}/open`)).split("\n").map(Number);
      const { cpu: cpus, memory: bytes = "" } = node.allocatable;
      equal(cpu, Number(cpus) * 1_000);
      match(bytes, /^\d+Ki$/);
      equal(memory, Math.ceil(Number.parseInt(bytes, 10) / 1_024));
    }
    await node.remove("sized", 1);
  });

  test("two secrets of one name are two, each in its namespace", async () => {
    await node.client.create(Secret, {
      metadata: { namespace: "elsewhere", name: "texts" },
      data: { one: base64("of others") },
    });
    await createWith("local", { "/secret": { secret: { secretName: "texts" } } });
    await until(() => node.isReady("local"), "it is Ready");
    equal(await node.exec("local", "cat /secret/one /secret/two"), "firstsecond");
    await node.remove("local", 1);
  });

  test("one file of a volume of any sort is mounted, over a file of the image as well", async () => {
    const volumes = kinds.map(({ volumeOf }, i) => ({ name: `v${i}`, ...volumeOf({}) }));
    const volumeMounts = [
      { name: "v0", mountPath: "/etc/group", subPath: "one" },
      ...kinds.map((_, i) => ({ name: `v${i}`, mountPath: `/files/${i}`, subPath: "two" })),
    ];
    const spec = { volumes: volumes as never, metadata };
    await node.create("parts", { volumeMounts: volumeMounts }, spec);
    await until(() => node.isReady("parts"), "it is Ready");
    const script = "cat /etc/group; for i in 0 1 2 3 4 5; do echo; cat /files/$i; done";
    const seconds = kinds.map(() => "second");
    deepEqual((await node.exec("parts", script)).split("\n"), ["first", ...seconds]);
    await node.remove("parts", 1);
  });

  test("many volumes in pods that start together do not get into each other's way", async () => {
    const numbers = Array.from({ length: 40 }, (_, i) => i);
    for (const i of numbers)
      await node.client.create(ConfigMap, {
        metadata: { namespace: "default", name: `racing-${i}` },
        data: { number: `${i}\n` },
      });
    const volumes = Object.fromEntries(
      numbers.map((i) => [`/many/${i}`, { configMap: { name: `racing-${i}` } }]),
    );
    const pods = ["racer-a", "racer-b", "racer-c"];
    await Promise.all(pods.map((name) => createWith(name, volumes)));
    await until(() => pods.every((name) => node.isReady(name)), "all are Ready");
    const expected = numbers.map(String).join("\n");
    for (const name of pods) {
      equal(await node.exec(name, "cat /many/*/number | sort -n"), expected);
      deepEqual(
        node.eventsOf(name).filter((text) => text.startsWith("FailedMount")),
        [],
      );
      equal(node.statusOf(name)?.restartCount, 0);
    }
    await Promise.all(pods.map((name) => node.remove(name, 1)));
  });

  test("an image is a volume: all its layers, read-only, nothing in it can be executed", async () => {
    const { containerd, runtime } = node;
    const name = "localhost/k8ts/files:test";
    await importImage(containerd, { name, layers: [lower, upper] });
    const one = "localhost/k8ts/one:test";
    await importImage(containerd, { name: one, layers: [lower] });
    const pod = await node.create(
      "pictured",
      {
        env: [{ name: "WHICH", value: "deep" }],
        volumeMounts: [
          { name: "files", mountPath: "/files" },
          { name: "files", mountPath: "/sub", subPathExpr: "$(WHICH)/er" },
          { name: "one", mountPath: "/one" },
        ],
      },
      {
        volumes: [
          { name: "files", image: { reference: name, pullPolicy: "Never" } },
          { name: "one", image: { reference: one, pullPolicy: "IfNotPresent" } },
        ],
      },
    );
    await until(() => node.isReady("pictured"), "it is Ready");
    // The pod keeps what it has, whatever becomes of the image.
    for (const image of [name, one]) await runtime.removeImage(image);
    const looks = async (): Promise<void> => {
      const script = "cat /files/a /files/b /sub/c /one/a; ls /files";
      const text = ["upper a", "lower b", "lower c", "lower a", "a", "b", "deep", "run"];
      deepEqual((await node.exec("pictured", script)).split("\n"), text);
    };
    await looks();
    for (const folder of ["/files", "/sub", "/one"]) {
      const script = `touch ${folder}/new 2>&1; mount -o remount,rw ${folder} 2>&1; touch ${folder}/new 2>&1`;
      match(await node.exec("pictured", script), /^touch: .*Read-only.*touch: .*Read-only/s);
      match(await node.exec("pictured", `grep " ${folder} " /proc/mounts`), /\bro\b.*\bnoexec\b/);
    }
    match(await node.exec("pictured", "/files/run 2>&1"), /Permission denied/);
    // Another kubelet finds it, and so does the next instance of the container.
    await node.end();
    node.begin();
    await node.exec("pictured", "kill 1");
    await until(() => node.statusOf("pictured")?.restartCount === 1, "it was started again");
    await until(() => node.isReady("pictured"), "it is Ready again");
    await looks();
    const key = layersKey(pod.metadata.uid ?? "", "files");
    equal((await runtime.heldLayers(key))?.length, 2);
    await node.remove("pictured", 1);
    await untilAsync(
      async () => (await runtime.heldLayers(key)) === undefined,
      "the layers are let go",
    );
    equal(readFileSync("/proc/self/mountinfo", "utf8").includes(pod.metadata.uid ?? ""), false);
  });

  test("an image that cannot be had as a volume holds its containers up, and they say why", async () => {
    const wishes = {
      absent: { reference: "localhost:1/no/such:image", pullPolicy: "Always" },
      never: { reference: "localhost:1/no/such:image", pullPolicy: "Never" },
      nonsense: { reference: "No Such", pullPolicy: "IfNotPresent" },
    } as const;
    for (const [name, image] of Object.entries(wishes)) {
      const volumeMounts = [{ name: "files", mountPath: "/files" }];
      await node.create(name, { volumeMounts }, { volumes: [{ name: "files", image }] });
    }
    const reasonOf = (name: string) => node.statusOf(name)?.state?.waiting?.reason;
    await until(() => reasonOf("absent") === "ImagePullBackOff", "the pull is put off");
    await until(() => reasonOf("never") === "ErrImageNeverPull", "it is never pulled");
    await until(() => reasonOf("nonsense") === "InvalidImageName", "it is no name");
    match(
      node.statusOf("absent")?.state?.waiting?.message ?? "",
      /^Back-off pulling image "localhost:1\/no\/such:image": ErrImagePull: rpc error: code = /,
    );
    await Promise.all(Object.keys(wishes).map((name) => node.remove(name, 1)));
  });
});

const lower = async (root: string): Promise<void> => {
  await mkdir(join(root, "deep/er"), { recursive: true });
  await writeFile(join(root, "a"), "lower a\n");
  await writeFile(join(root, "b"), "lower b\n");
  await writeFile(join(root, "deep/er/c"), "lower c\n");
};

const upper = async (root: string): Promise<void> => {
  await writeFile(join(root, "a"), "upper a\n");
  await writeFile(join(root, "run"), "#!/bin/sh\n", { mode: 0o755 });
};
