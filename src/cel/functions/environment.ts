/** Everything that Kubernetes 1.36 knows in every expression. upstream: staging/src/k8s.io/apiserver/pkg/cel/environment/base.go */
import {
  boolType,
  bytesType,
  doubleType,
  durationType,
  dynType,
  intType,
  listType,
  mapType,
  nullType,
  opaqueType,
  stringType,
  timestampType,
  typeType,
  uintType,
  type CelType,
} from "#cel/types.ts";
import { traversal, sameSize } from "#cel/cost/call-cost.ts";
import { authorizerFunctions } from "./authorizer.ts";
import { conversions } from "./conversions.ts";
import { formatFunctions } from "./formats.ts";
import { listFunctions } from "./lists.ts";
import { networkFunctions } from "./networks.ts";
import { operators } from "./operators.ts";
import { optionalFunctions } from "./optionals.ts";
import { overload, type Overload } from "./overload.ts";
import { quantityFunctions } from "./quantities.ts";
import { semverFunctions } from "./semvers.ts";
import { stringFunctions } from "./strings.ts";
import { timeFunctions } from "./times.ts";
import { urlFunctions } from "./urls.ts";

export const kubernetesFunctions: ReadonlyMap<string, readonly Overload[]> = Map.groupBy(
  [
    ...operators,
    ...conversions,
    ...timeFunctions,
    ...stringFunctions,
    ...listFunctions,
    ...optionalFunctions,
    ...urlFunctions,
    ...quantityFunctions,
    ...networkFunctions,
    ...formatFunctions,
    ...semverFunctions,
    ...authorizerFunctions,
    overload(
      "jsonpatch.escapeKey",
      "(string): string",
      (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1"),
      { cost: traversal(0, { size: sameSize }) },
    ),
  ],
  ({ name }) => name,
);

const named: readonly CelType[] = [
  boolType,
  bytesType,
  doubleType,
  durationType,
  intType,
  listType(dynType),
  mapType(dynType, dynType),
  nullType,
  stringType,
  timestampType,
  typeType(),
  uintType,
  ...["optional_type", "net.IP", "net.CIDR"].map((name) => opaqueType(name)),
  ...["Quantity", "URL", "Semver", "NamedFormat"].map((name) => opaqueType(`kubernetes.${name}`)),
];

/** Types that expressions may name, as in `type(x) == int`. */
export const typeNames: ReadonlyMap<string, CelType> = new Map(
  named.map((type) => [type.name, type]),
);
