/**
 * Answers questions about the cluster's own names. Pure: from a question and what is known of the
 * cluster to a reply, or to the name of somebody else that the question is about.
 * Kubernetes DNS-Based Service Discovery, version 1.1.0.
 */
import type { Service } from "#api/core/service.ts";
import { canonicalIp, formatIp, parseIp, parseReverseName } from "#base/ip.ts";
import { below, type Random } from "#base/random.ts";
import { type ClusterData, clusterIpsOf, isHeadless, type NamedEndpoint } from "./cluster-data.ts";
import {
  type DnsRecord,
  emptyReply,
  type Question,
  type RecordData,
  type Reply,
  rcodes,
  types,
} from "./message.ts";

export interface ZoneOptions {
  readonly data: ClusterData;
  /** Of the cluster: `cluster.local`. */
  readonly zone: string;
  readonly ttlSeconds: number;
  readonly random: Random;
}

export type ZoneAnswer =
  | { readonly is: "reply"; readonly reply: Reply }
  /** These records, and then what the name that they lead to stands for. */
  | { readonly is: "alias"; readonly answers: readonly DnsRecord[]; readonly target: string }
  | { readonly is: "not ours" };

const schemaVersion = "1.1.0";
const aliasesMax = 8;
const notOurs: ZoneAnswer = { is: "not ours" };

/** What a name has: records, nothing of its own, or it does not exist. */
type Found = readonly DnsRecord[] | "nothing";

export class Zone {
  readonly #options: ZoneOptions;
  readonly #suffix: string;

  constructor(options: ZoneOptions) {
    this.#options = options;
    this.#suffix = `.${options.zone}`;
  }

  answer(question: Question): ZoneAnswer {
    const { name } = question;
    if (!this.#isOurs(name)) return this.#reverse(question);
    if (!this.#options.data.isReady) return reply(emptyReply(rcodes.SERVFAIL));
    const answers: DnsRecord[] = [];
    for (let at = name, i = 0; i < aliasesMax; i++) {
      if (!this.#isOurs(at)) return { is: "alias", answers, target: at };
      const found = this.#find(at, question.type);
      if (found === "nothing") return this.#negative(rcodes.NXDOMAIN, answers);
      const own = found.filter(({ name: of, type }) => of === at && isAsked(type, question.type));
      const alias = found.find(({ type }) => type === types.CNAME);
      if (!alias || own.length > 0) return this.#existing(answers, own, found);
      answers.push(alias);
      at = alias.data.is === "name" ? alias.data.name : at;
    }
    return reply(emptyReply(rcodes.SERVFAIL));
  }

  #isOurs = (name: string): boolean => name === this.#options.zone || name.endsWith(this.#suffix);

  /** `own`: what was asked for; empty when the name has only other records. */
  #existing(
    aliases: readonly DnsRecord[],
    own: readonly DnsRecord[],
    found: readonly DnsRecord[],
  ): ZoneAnswer {
    if (own.length === 0) return this.#negative(rcodes.NOERROR, aliases);
    const hasServers = own.some(({ type }) => type === types.SRV);
    const additional = hasServers ? found.filter((record) => !own.includes(record)) : [];
    const answers = [...aliases, ...this.#fromAnywhere(own)];
    return reply({ ...authoritative, rcode: rcodes.NOERROR, answers, additional });
  }

  #negative(rcode: Reply["rcode"], answers: readonly DnsRecord[]): ZoneAnswer {
    return reply({ ...authoritative, rcode, answers, authorities: [this.#soa()] });
  }

  /** All records of a name that may be of use for the type, those of other names included. */
  #find(name: string, type: number): Found {
    if (name === this.#options.zone)
      return [this.#soa(), this.#record(name, types.NS, this.#server)];
    const labels = name.slice(0, -this.#suffix.length).split(".");
    switch (labels.at(-1) ?? "") {
      case "svc":
        return this.#services(name, labels.slice(0, -1), type);
      case "pod":
        return this.#pods(name, labels.slice(0, -1));
      case "dns":
        return this.#nameServer(name, labels.slice(0, -1));
      case "dns-version":
        return labels.length > 1 ? "nothing" : [this.#version(name)];
      default:
        return "nothing";
    }
  }

  /** `web.default`, `_http._tcp.web.default`, `pod-0.web.default`. */
  #services(name: string, labels: readonly string[], type: number): Found {
    const { data } = this.#options;
    const [namespace, service, ...own] = labels.toReversed();
    if (namespace === undefined) return [];
    if (service === undefined) return data.hasNamespace(namespace) ? [] : "nothing";
    const found = data.service(namespace, service);
    if (!found) return "nothing";
    if (own.length === 0) return this.#service(found, name, type);
    if (own.length > 2 || found.spec.type === "ExternalName") return "nothing";
    const [last = "", port] = own;
    if (last.startsWith("_")) return this.#ports(found, { name, protocol: last, port });
    return port === undefined ? this.#host(found, name, last) : "nothing";
  }

  #service(service: Service, name: string, type: number): Found {
    const { type: kind, externalName = "" } = service.spec;
    if (kind === "ExternalName") {
      const target = externalName.toLowerCase().replace(/\.$/, "");
      return [this.#record(name, types.CNAME, { is: "name", name: target })];
    }
    if (type === types.SRV) return orNothing(this.#servers(service, name, () => true));
    return orNothing(this.#addresses(name, this.#addressesOf(service)));
  }

  #addressesOf(service: Service): readonly string[] {
    if (!isHeadless(service)) return clusterIpsOf(service);
    return this.#endpoints(service).map(({ address }) => address);
  }

  #endpoints(service: Service): readonly NamedEndpoint[] {
    const { namespace = "", name = "" } = service.metadata;
    return this.#options.data.endpoints(namespace, name);
  }

  /** One endpoint of the service. */
  #host(service: Service, name: string, host: string): Found {
    const here = this.#endpoints(service).filter((endpoint) => endpoint.host === host);
    return orNothing(
      this.#addresses(
        name,
        here.map(({ address }) => address),
      ),
    );
  }

  /** `_tcp` alone has no records; it exists where a port of the protocol does. */
  #ports(
    service: Service,
    { name, protocol, port }: { name: string; protocol: string; port: string | undefined },
  ): Found {
    if (port !== undefined && !port.startsWith("_")) return "nothing";
    const found = this.#servers(
      service,
      name,
      (one) =>
        `_${one.protocol}` === protocol &&
        one.name !== "" &&
        (port === undefined || `_${one.name}` === port),
    );
    return port === undefined && found.length > 0 ? [] : orNothing(found);
  }

  /** SRV records, and the addresses of what they name. */
  #servers(service: Service, name: string, isMeant: (port: ServerPort) => boolean): DnsRecord[] {
    const targets = isHeadless(service) ? this.#endpointTargets(service) : this.#ownTarget(service);
    const servers = targets.flatMap(({ target, ports }) =>
      ports.filter(isMeant).map(({ port }) => ({ target, port })),
    );
    const weight = Math.max(1, Math.floor(100 / servers.length));
    const records = servers.map(({ target, port }) =>
      this.#record(name, types.SRV, { is: "srv", priority: 0, weight, port, target }),
    );
    const named = new Set(servers.map(({ target }) => target));
    const addresses = targets
      .filter(({ target }) => named.has(target))
      .flatMap(({ target, addresses: all }) => this.#addresses(target, all));
    return [...records, ...new Map(addresses.map((one) => [textOf(one), one])).values()];
  }

  #ownTarget(service: Service): readonly ServerTarget[] {
    const ports = (service.spec.ports ?? []).map(({ name = "", protocol = "TCP", port }) => ({
      name,
      protocol: protocol.toLowerCase(),
      port,
    }));
    return [{ target: this.#nameOf(service), ports, addresses: clusterIpsOf(service) }];
  }

  #endpointTargets(service: Service): readonly ServerTarget[] {
    const suffix = this.#nameOf(service);
    return this.#endpoints(service).map(({ host, address, ports }) => ({
      target: `${host}.${suffix}`,
      ports,
      addresses: [address],
    }));
  }

  #nameOf = ({ metadata }: Service): string =>
    `${metadata.name ?? ""}.${metadata.namespace ?? ""}.svc${this.#suffix}`;

  /** `10-244-0-5.default`: any address, so that certificates can be made for it. */
  #pods(name: string, labels: readonly string[]): Found {
    const [namespace, ip, ...more] = labels.toReversed();
    if (namespace === undefined) return [];
    if (!this.#options.data.hasNamespace(namespace) || more.length > 0) return "nothing";
    if (ip === undefined) return [];
    const address = canonicalIp(ip.replaceAll("-", ".")) ?? canonicalIp(ip.replaceAll("-", ":"));
    return address === undefined ? "nothing" : this.#addresses(name, [address]);
  }

  #nameServer(name: string, labels: readonly string[]): Found {
    if (labels.length === 0) return [];
    const service = this.#options.data.service("kube-system", "kube-dns");
    if (labels.length > 1 || labels[0] !== "ns") return "nothing";
    return this.#addresses(name, service ? clusterIpsOf(service) : []);
  }

  /** Names of the cluster's addresses; what is not ours somebody else may know. */
  #reverse(question: Question): ZoneAnswer {
    const ip = parseReverseName(question.name);
    if (!ip) return notOurs;
    // It could be ours: somebody else's answer would be kept.
    if (!this.#options.data.isReady) return reply(emptyReply(rcodes.SERVFAIL));
    const names = this.#namesAt(formatIp(ip));
    if (names.length === 0) return notOurs;
    if (!isAsked(types.PTR, question.type)) return this.#negative(rcodes.NOERROR, []);
    const answers = names.map((name) =>
      this.#record(question.name, types.PTR, { is: "name", name }),
    );
    return this.#existing([], answers, answers);
  }

  #namesAt(address: string): readonly string[] {
    const { data } = this.#options;
    const services = data.servicesAt(address).map((service) => this.#nameOf(service));
    if (services.length > 0) return services;
    return Array.from(
      data.endpointsAt(address),
      ([service, { host }]) => `${host}.${this.#nameOf(service)}`,
    );
  }

  #version = (name: string): DnsRecord =>
    this.#record(name, types.TXT, { is: "text", text: schemaVersion });

  get #server(): RecordData {
    return { is: "name", name: `ns.dns${this.#suffix}` };
  }

  #soa(): DnsRecord {
    const { zone, ttlSeconds } = this.#options;
    return this.#record(zone, types.SOA, {
      is: "soa",
      primary: `ns.dns${this.#suffix}`,
      contact: `hostmaster${this.#suffix}`,
      serial: 1,
      refresh: 7_200,
      retry: 1_800,
      expire: 86_400,
      minimum: ttlSeconds,
    });
  }

  #addresses = (name: string, addresses: readonly string[]): readonly DnsRecord[] =>
    addresses.map((address) => {
      const type = parseIp(address)?.version === 6 ? types.AAAA : types.A;
      return this.#record(name, type, { is: "address", address });
    });

  #record = (name: string, type: number, data: RecordData): DnsRecord => ({
    name,
    type,
    ttl: this.#options.ttlSeconds,
    data,
  });

  /** Clients take the first: let it be any of them. */
  #fromAnywhere(records: readonly DnsRecord[]): readonly DnsRecord[] {
    if (records.length < 2) return records;
    const start = below(this.#options.random, records.length);
    return [...records.slice(start), ...records.slice(0, start)];
  }
}

interface ServerPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
}

interface ServerTarget {
  readonly target: string;
  readonly ports: readonly ServerPort[];
  readonly addresses: readonly string[];
}

const authoritative = { isAuthoritative: true, answers: [], authorities: [], additional: [] };

const reply = (value: Reply): ZoneAnswer => ({ is: "reply", reply: value });

const isAsked = (type: number, asked: number): boolean => type === asked || asked === types.ANY;

const orNothing = (records: readonly DnsRecord[]): Found =>
  records.length > 0 ? records : "nothing";

const textOf = ({ name, data }: DnsRecord): string =>
  `${name} ${data.is === "address" ? data.address : ""}`;
