/**
 * Files of one volume that get in each other's way.
 * upstream: pkg/api/pod/warnings.go#warningsForOverlappingVirtualPaths
 */
import type { Volume } from "./volume-sources.ts";

interface Path {
  readonly path: string;
  /** Which of several sources wants it; empty where there is just one. */
  readonly source: string;
}

type Items = readonly { readonly path: string }[];

const quoted = (text = ""): string => JSON.stringify(text);

// exact: apiserver, all texts below

export function* volumePathWarnings({ name, ...volume }: Volume): Iterable<string> {
  const { configMap, secret, downwardAPI, projected } = volume;
  const sources: readonly (readonly [what: string, items: Items | undefined])[] = [
    [`ConfigMap ${quoted(configMap?.name)}`, configMap?.items],
    [`Secret ${quoted(secret?.secretName)}`, secret?.items],
    ["DownwardAPI", downwardAPI?.items],
  ];
  for (const [what, items = []] of sources) {
    yield* overlapWarnings(name, what, pathsOf(items, ""));
  }
  for (const one of projected?.sources ?? []) {
    if (Object.values(one).every((source) => source === undefined)) {
      yield `volume ${quoted(name)} (Projected) has no sources provided`;
    }
  }
  yield* overlapWarnings(name, "Projected", projectedPaths(projected));
}

const pathsOf = (items: Items, source: string): readonly Path[] =>
  items.map(({ path }) => ({ path, source }));

type Projected = NonNullable<Volume["projected"]>;
type Projection = NonNullable<Projected["sources"]>[number];

function projectedPaths(projected: Projected | undefined): readonly Path[] {
  // exact: upstream takes the paths of the source before where one names none.
  let last: readonly Path[] = [];
  return (projected?.sources ?? []).flatMap((source) => {
    if (Object.values(source).every((one) => one === undefined)) return [];
    last = projectionPaths(source) ?? last;
    return last;
  });
}

function projectionPaths(projection: Projection): readonly Path[] | undefined {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle } = projection;
  if (configMap?.items) return pathsOf(configMap.items, `ConfigMap ${quoted(configMap.name)}`);
  if (secret?.items) return pathsOf(secret.items, `Secret ${quoted(secret.name)}`);
  if (downwardAPI?.items) return pathsOf(downwardAPI.items, "DownwardAPI");
  if (serviceAccountToken) return pathsOf([serviceAccountToken], "ServiceAccountToken");
  if (!clusterTrustBundle) return undefined;
  const name = clusterTrustBundle.name ?? clusterTrustBundle.signerName;
  return pathsOf([clusterTrustBundle], `ClusterTrustBundle ${quoted(name)}`);
}

const textOf = ({ path, source }: Path): string =>
  source ? `${quoted(path)} (${source})` : quoted(path);

function* overlapWarnings(name: string, what: string, paths: readonly Path[]): Iterable<string> {
  const before: Path[] = [];
  for (const { path: written, source } of paths) {
    const one = { path: written.replace(/\/+$/, ""), source };
    for (const other of before) {
      if (!overlap(one.path, other.path)) continue;
      yield `volume ${quoted(name)} (${what}): overlapping paths: ${textOf(one)} with ${textOf(other)}`;
    }
    if (one.path !== "") before.push(one);
  }
}

/** The same file, or one inside a folder that the other would be. */
const overlap = (one: string, other: string): boolean =>
  one !== "" && (`${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`));
