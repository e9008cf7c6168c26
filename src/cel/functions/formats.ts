/** Named text formats. upstream: staging/src/k8s.io/apiserver/pkg/cel/library/format.go */
import {
  dns1035Label,
  dnsLabel,
  dnsSubdomain,
  labelValue,
  qualifiedName,
  type NameRule,
} from "#api/names.ts";
import { formatCheck } from "#cel/cost/call-cost.ts";
import { Boxed, optionalNone, optionalOf } from "#cel/values.ts";
import { overload, type Overload } from "./overload.ts";
import { parseTimestamp } from "./times.ts";
import { readUrl } from "./urls.ts";

class FormatValue extends Boxed {
  readonly typeName = "kubernetes.NamedFormat";
  readonly name: string;
  readonly validate: NameRule;
  /** For the account only. */
  readonly patternSize: number;
  constructor(name: string, validate: NameRule, patternSize: number) {
    super();
    this.name = name;
    this.validate = validate;
    this.patternSize = patternSize;
  }
  equals(other: Boxed): boolean {
    return other === this;
  }
}

/** Of a prefix: a random suffix follows, so that it may end in a dash. */
const prefixOf =
  (rule: NameRule): NameRule =>
  (text) =>
    rule(text.replace(/-$/, "a"));

const rule =
  (is: (text: string) => boolean, problem: string): NameRule =>
  (text) =>
    is(text) ? [] : [problem];

const isUuid = (text: string): boolean =>
  /^[\da-f]{8}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{12}$/i.test(text);

const isBase64 = (text: string): boolean =>
  text.length % 4 === 0 && /^[A-Za-z\d+/]+={0,2}$/.test(text);

const isDate = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && parseTimestamp(`${text}T00:00:00Z`) !== undefined;

const uri: NameRule = (text) => {
  const url = readUrl(text);
  return typeof url === "string" ? [url] : [];
};

const definitions: Readonly<Record<string, readonly [NameRule, number]>> = {
  dns1123Label: [dnsLabel, 30],
  dns1123Subdomain: [dnsSubdomain, 60],
  dns1035Label: [dns1035Label, 30],
  qualifiedName: [qualifiedName, 60],
  dns1123LabelPrefix: [prefixOf(dnsLabel), 30],
  dns1123SubdomainPrefix: [prefixOf(dnsSubdomain), 60],
  dns1035LabelPrefix: [prefixOf(dns1035Label), 30],
  labelValue: [labelValue, 40],
  // The sizes of upstream's own patterns, which it counts without using them all.
  uri: [uri, 1_032],
  uuid: [rule(isUuid, "does not match the UUID format"), 81],
  byte: [rule(isBase64, "invalid base64"), 97],
  date: [rule(isDate, "invalid date"), 128],
  datetime: [rule((text) => parseTimestamp(text) !== undefined, "invalid datetime"), 128],
};

const formats = new Map(
  Object.entries(definitions).map(([name, [validate, size]]) => [
    name,
    new FormatValue(name, validate, size),
  ]),
);

const patternSizeMax = 128;

export const formatFunctions: readonly Overload[] = [
  overload("format.named", "(string): optional(kubernetes.NamedFormat)", (name: string) => {
    const format = formats.get(name);
    return format ? optionalOf(format) : optionalNone;
  }),
  ...[...formats].map(([name, format]) =>
    overload(`format.${name}`, "(): kubernetes.NamedFormat", () => format),
  ),
  overload(
    "validate",
    "kubernetes.NamedFormat.(string): optional(list(string))",
    ({ validate }: FormatValue, text: string) => {
      const problems = validate(text);
      return problems.length === 0 ? optionalNone : optionalOf(problems);
    },
    { cost: formatCheck((format) => (format as FormatValue).patternSize, patternSizeMax) },
  ),
];
