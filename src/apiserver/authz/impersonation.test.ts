import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import type { ApiError } from "#api/errors.ts";
import type { User } from "#api/request.ts";
import type { Attributes, Authorizer } from "./authorizer.ts";
import { impersonation } from "./impersonation.ts";
import { listingPods } from "./testing.ts";

const listing = listingPods({ name: "anna", groups: [] });

/** `verb group/resource/subresource name`, as a right is written down here. */
const shown = ({ verb, group, resource, subresource, namespace, name }: Attributes): string => {
  const place = `${group}/${resource}${subresource === "" ? "" : `/${subresource}`}`;
  return [verb, place, namespace, name].filter((word) => word !== "").join(" ");
};

/** Somebody with those rights, and what is asked about. */
function withRights(...rights: readonly string[]) {
  const asked: Attributes[] = [];
  const authorizer: Authorizer = {
    authorize: (attributes) => {
      asked.push(attributes);
      return { allowed: rights.includes(shown(attributes)), reason: "" };
    },
    rulesFor: () => ({ resourceRules: [], nonResourceRules: [], incomplete: false }),
  };
  const actAs = impersonation(authorizer);
  return {
    asked,
    as: (wanted: Partial<User> & { name: string }, attributes = listing) =>
      actAs({ groups: [], ...wanted }, attributes),
  };
}

const authn = "authentication.k8s.io";
const bot = "system:serviceaccount:ns:bot";

test("a service account is impersonated for some requests only", async () => {
  const { as, asked } = withRights(
    "impersonate-on:serviceaccount:list /pods",
    `impersonate:serviceaccount ${authn}/serviceaccounts ns bot`,
  );
  deepEqual(await as({ name: bot }), {
    user: {
      name: bot,
      groups: ["system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated"],
    },
    constraint: "impersonate:serviceaccount",
  });
  equal(asked.length, 2);
  await rejects(() => as({ name: bot }, { ...listing, verb: "delete" }), {
    message:
      'pods is forbidden: User "anna" cannot impersonate-on:serviceaccount:delete resource "pods" in API group "" at the cluster scope',
  });
});

test("a node is impersonated with the groups of nodes, and with nothing of the caller's choice", async () => {
  const { as } = withRights(
    "impersonate-on:arbitrary-node:list /pods",
    `impersonate:arbitrary-node ${authn}/nodes n1`,
  );
  deepEqual(await as({ name: "system:node:n1" }), {
    user: { name: "system:node:n1", groups: ["system:nodes", "system:authenticated"] },
    constraint: "impersonate:arbitrary-node",
  });
  await rejects(() => as({ name: "system:node:n1", groups: ["devs"] }), { reason: "Forbidden" });
});

test("an account whose pod is on a node may be allowed to act as that node, whichever it is", async () => {
  const { as, asked } = withRights(
    "impersonate-on:associated-node:list /pods",
    `impersonate:associated-node ${authn}/nodes *`,
  );
  const user = {
    name: "system:serviceaccount:ns:agent",
    groups: [],
    extra: { "authentication.kubernetes.io/node-name": ["n1"], other: ["x"] },
  };
  const { constraint } = await as({ name: "system:node:n1" }, { ...listing, user });
  equal(constraint, "impersonate:associated-node");
  deepEqual(asked[0]?.user.extra, {
    "authentication.kubernetes.io/associated-node-keys": [
      "authentication.kubernetes.io/node-name",
      "other",
    ],
  });
  await rejects(() => as({ name: "system:node:n2" }, { ...listing, user }), {
    reason: "Forbidden",
  });
});

const userRights = [
  "impersonate-on:user-info:list /pods",
  `impersonate:user-info ${authn}/users jane`,
  `impersonate:user-info ${authn}/uids 7`,
  `impersonate:user-info ${authn}/groups devs`,
  `impersonate:user-info ${authn}/userextras/acme.io/why test`,
];

test("a user is impersonated with groups, uid and extra, each of which needs a right", async () => {
  const wanted = { name: "jane", uid: "7", groups: ["devs"], extra: { "acme.io/why": ["test"] } };
  const { constraint, user } = await withRights(...userRights).as(wanted);
  deepEqual([constraint, user.groups], ["impersonate:user-info", ["devs", "system:authenticated"]]);
  for (const missing of userRights) {
    const { as } = withRights(...userRights.filter((one) => one !== missing));
    await rejects(() => as(wanted), { reason: "Forbidden" }, missing);
  }
});

test("many groups are asked for at once first", async () => {
  const { as, asked } = withRights(...userRights, `impersonate:user-info ${authn}/groups *`);
  await as({ name: "jane", groups: ["a", "b", "c", "d"] });
  deepEqual(
    asked.map(({ name }) => name),
    ["", "jane", "*"],
  );
});

const never: readonly (readonly [Partial<User>, string])[] = [
  [
    { groups: ["system:masters"] },
    'groups.authentication.k8s.io "system:masters" is forbidden: User "anna" cannot impersonate:user-info resource "groups" in API group "authentication.k8s.io" at the cluster scope: impersonating the system:masters group is not allowed',
  ],
  [
    { extra: { "acme.io/Why": ["x"] } },
    'userextras.authentication.k8s.io is forbidden: User "anna" cannot impersonate:user-info resource "userextras" in API group "authentication.k8s.io" at the cluster scope: impersonating a non-lowercase key in extra is not allowed: "acme.io/Why"',
  ],
];

for (const [more, message] of never) {
  test(`whatever the rights: ${message.replace(/^.*: /, "")}`, async () => {
    const { as } = withRights(
      ...userRights,
      `impersonate:user-info ${authn}/groups system:masters`,
    );
    await rejects(() => as({ name: "jane", ...more }), { message });
  });
}

test("the old right still allows everything, and its refusal is told to whoever used it last", async () => {
  const { as, asked } = withRights("impersonate /users jane", "impersonate /groups system:masters");
  const { constraint, user } = await as({ name: "jane", groups: ["system:masters"] });
  deepEqual([constraint, user.groups], ["", ["system:masters", "system:authenticated"]]);
  asked.length = 0;
  await as({ name: "jane" });
  deepEqual(
    asked.map(({ verb }) => verb),
    ["impersonate"],
  );
  const refusal = await as({ name: "root" }).catch((cause: ApiError) => cause.message);
  equal(
    refusal,
    'users "root" is forbidden: User "anna" cannot impersonate resource "users" in API group "" at the cluster scope',
  );
});

test("who is not authenticated is not made so", async () => {
  const { as } = withRights(
    "impersonate /users system:anonymous",
    "impersonate /users x",
    "impersonate /groups system:unauthenticated",
  );
  deepEqual((await as({ name: "system:anonymous" })).user.groups, ["system:unauthenticated"]);
  deepEqual((await as({ name: "x", groups: ["system:unauthenticated"] })).user.groups, [
    "system:unauthenticated",
  ]);
});
