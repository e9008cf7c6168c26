/**
 * Which flows have to be forgotten after a service changed: the kernel decides where a flow goes
 * when it begins, and UDP has no end. Connections of TCP and SCTP are left alone: an endpoint that
 * gets no new ones finishes the old ones in peace, and a dead one ended them itself.
 * upstream: pkg/proxy/conntrack/cleanup.go
 */
import type { Flow, KnownFlow } from "./backend.ts";
import type { Route } from "./service-rules.ts";

/** Where the traffic of a service went, and goes. */
export interface Move {
  readonly before: readonly Route[];
  readonly after: readonly Route[];
}

/** `nodeAddresses`: where node ports are asked for. */
export function staleFlows(
  { before, after }: Move,
  nodeAddresses: readonly string[],
): readonly Flow[] {
  const old = new Map(before.map((route) => [nameOf(route), route]));
  const now = new Map(after.map((route) => [nameOf(route), route]));
  return [
    ...before.flatMap((route) => abandoned(route, now.get(nameOf(route)))),
    ...after.flatMap((route) => unserved(route, old.get(nameOf(route)), nodeAddresses)),
  ];
}

const nameOf = ({ protocol, port }: Route): string => `${protocol} ${port}`;

/** To destinations that serve it no more. */
function abandoned(before: Route, after: Route | undefined): readonly Flow[] {
  if (before.protocol !== "udp") return [];
  const kept = new Set(after?.destinations.map(({ address }) => address));
  const gone = new Set(
    before.destinations.map(({ address }) => address).filter((a) => !kept.has(a)),
  );
  return Array.from(gone).flatMap((answeredBy): Flow[] => [
    ...before.addresses.map((address) => ({ ...flowTo(before), address, answeredBy })),
    ...(before.nodePort ? [{ protocol: "udp", port: before.nodePort, answeredBy } as const] : []),
  ]);
}

/** That began while nobody served it: they went past the service, and would do so for ever. */
function unserved(
  after: Route,
  before: Route | undefined,
  nodeAddresses: readonly string[],
): readonly Flow[] {
  if (after.protocol !== "udp" || after.destinations.length === 0) return [];
  const isServed = (before?.destinations.length ?? 0) > 0;
  const served = new Set(isServed ? before?.addresses : []);
  const fresh = after.addresses.filter((address) => !served.has(address));
  const { nodePort } = after;
  const isFreshPort = nodePort && !(isServed && before?.nodePort === nodePort);
  return [
    ...fresh.map((address) => ({ ...flowTo(after), address })),
    ...(isFreshPort
      ? nodeAddresses.map((address) => ({ protocol: "udp", address, port: nodePort }) as const)
      : []),
  ];
}

const flowTo = ({ protocol, port }: Route): Flow => ({ protocol, port });

/** For a new process, which does not know what was before: those that lead where no route does. */
export function strayFlows(
  known: readonly KnownFlow[],
  routes: readonly Route[],
  nodeAddresses: readonly string[],
): readonly Flow[] {
  const allowed = new Map<string, ReadonlySet<string>>();
  for (const route of routes) {
    const { protocol, nodePort, port, addresses, destinations } = route;
    const answering = new Set(destinations.map(({ address }) => address));
    for (const address of addresses) allowed.set(`${protocol} ${address} ${port}`, answering);
    if (!nodePort) continue;
    for (const address of nodeAddresses)
      allowed.set(`${protocol} ${address} ${nodePort}`, answering);
  }
  return known.filter(({ protocol, address, port, answeredBy }) => {
    const answering = allowed.get(`${protocol} ${address} ${port}`);
    return answering !== undefined && answering.size > 0 && !answering.has(answeredBy);
  });
}
