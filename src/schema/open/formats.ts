/**
 * The formats that schemas may name; others say nothing.
 * upstream: apiextensions-apiserver/pkg/apiserver/validation/formats.go, kube-openapi/pkg/validation/strfmt
 */
import { parseCidr, parseIp } from "#base/ip.ts";
import { parseDuration } from "#base/duration.ts";

type Check = (text: string) => boolean;

export const isValidFormat = (format: string, text: string): boolean =>
  checks[format.replaceAll("-", "")]?.(text) ?? true;

const numberFormats: Readonly<Record<string, readonly string[]>> = {
  integer: ["int32", "int64"],
  number: ["float", "double"],
};

/** Named by a schema of this type, or of none, it says something. */
export const isKnownFormat = (format: string, type: string): boolean =>
  type === "" || type === "string"
    ? Object.hasOwn(checks, format.replaceAll("-", ""))
    : numberFormats[type]?.includes(format) === true;

const matches =
  (pattern: RegExp): Check =>
  (text) =>
    pattern.test(text);

const uuid = (version: string): Check =>
  matches(
    new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$`, "i"),
  );

const dateTime =
  /^\d{4}-\d\d-\d\d[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

const daysOfMonths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const isDate: Check = (text) => {
  const [, year = 0, month = 0, day = 0] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)?.map(Number) ?? [];
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && isLeap ? 29 : (daysOfMonths[month - 1] ?? 0);
  return day >= 1 && day <= days;
};

const isDateTime: Check = (text) => dateTime.test(text) && isDate(text.slice(0, 10));

const isUri: Check = (text) => URL.canParse(text) || /^\/[^\s]*$/.test(text);

const isbn10: Check = (text) => {
  const digits = text.replaceAll(/[\s-]/g, "");
  if (!/^\d{9}[\dXx]$/.test(digits)) return false;
  const sum = Array.from(digits).reduce(
    (all, c, i) => all + (10 - i) * (/x/i.test(c) ? 10 : Number(c)),
    0,
  );
  return sum % 11 === 0;
};

const isbn13: Check = (text) => {
  const digits = text.replaceAll(/[\s-]/g, "");
  if (!/^\d{13}$/.test(digits)) return false;
  return (
    Array.from(digits).reduce((all, c, i) => all + Number(c) * (i % 2 === 0 ? 1 : 3), 0) % 10 === 0
  );
};

const isCreditCard: Check = (text) => {
  const digits = text.replaceAll(/\D/g, "");
  if (digits.length < 13 || digits.length > 19) return false;
  const sum = Array.from(digits)
    .toReversed()
    .reduce((all, c, i) => {
      const doubled = Number(c) * (i % 2 === 0 ? 1 : 2);
      return all + (doubled > 9 ? doubled - 9 : doubled);
    }, 0);
  return sum % 10 === 0;
};

const label = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";

/** Names without hyphens: `date-time` and `datetime` are one. */
const checks: Readonly<Record<string, Check>> = {
  bsonobjectid: matches(/^[0-9a-f]{24}$/i),
  uri: isUri,
  email: matches(/^[^@\s]+@[^@\s]+$/),
  hostname: matches(new RegExp(`^(?=.{1,253}$)${label}(\\.${label})*\\.?$`, "i")),
  ipv4: (text) => parseIp(text)?.version === 4,
  ipv6: (text) => parseIp(text)?.version === 6,
  cidr: (text) => parseCidr(text) !== undefined,
  mac: matches(/^([0-9a-f]{2}([:-])([0-9a-f]{2}\2){4}[0-9a-f]{2}|([0-9a-f]{4}\.){2}[0-9a-f]{4})$/i),
  uuid: uuid("[0-9a-f]"),
  uuid3: uuid("3"),
  uuid4: uuid("4"),
  uuid5: uuid("5"),
  isbn: (text) => isbn10(text) || isbn13(text),
  isbn10,
  isbn13,
  creditcard: isCreditCard,
  ssn: matches(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: matches(/^#?([0-9a-f]{3}|[0-9a-f]{6})$/i),
  rgbcolor: matches(
    /^rgb\(\s*(\d{1,2}|1\d\d|2[0-4]\d|25[0-5])\s*(,\s*(\d{1,2}|1\d\d|2[0-4]\d|25[0-5])\s*){2}\)$/,
  ),
  byte: matches(/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
  password: () => true,
  quantity: () => true,
  date: isDate,
  datetime: isDateTime,
  duration: (text) => isDuration(text),
  k8sshortname: matches(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/),
  k8slongname: matches(
    /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  ),
};

/** Go's, or spelt out: `3 days`. */
const isDuration: Check = (text) =>
  parseDuration(text) !== undefined ||
  /^\d+\s*(ns|nano\w*|us|µs|micro\w*|ms|milli\w*|s|sec\w*|m|min\w*|h|hr|hours?|d|days?|w|weeks?)$/i.test(
    text,
  );
