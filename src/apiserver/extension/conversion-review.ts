/**
 * The question to a conversion webhook, and what its answer must hold to be believed. Pure.
 * upstream: apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go
 */
import { type ConversionResponse, ConversionReview } from "#api/apiextensions/conversion-review.ts";
import type { ApiObject } from "#api/kind.ts";
import { validateAnnotations, validateLabels } from "#api/names.ts";
import { aggregateText } from "#schema/field-error.ts";
import { decodeJson } from "#schema/json.ts";

export interface Question {
  readonly uid: string;
  readonly desiredAPIVersion: string;
  readonly objects: readonly ApiObject[];
}

/** The ConversionReview on the wire. */
export interface ConversionQuestion {
  readonly kind: "ConversionReview";
  readonly apiVersion: string;
  readonly request: Question;
}

export type ReviewVersion = "v1" | "v1beta1";

const apiVersionOf = (version: ReviewVersion): string => `apiextensions.k8s.io/${version}`;

export const conversionReview = (
  version: ReviewVersion,
  request: Question,
): ConversionQuestion => ({
  kind: "ConversionReview",
  apiVersion: apiVersionOf(version),
  request,
});

const typeText = ({ apiVersion, kind }: { apiVersion: string; kind: string }): string =>
  `${apiVersion.includes("/") ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;

/** Whatever goes wrong is told of the first of the objects. exact: apiextensions-apiserver */
export const conversionOf = ({ objects }: Question): string =>
  `conversion webhook for ${objects[0] ? typeText(objects[0]) : ""}`;

/** In the order of the question. Throws what is wrong with it. exact: apiextensions-apiserver, all messages */
export function checkConversion(
  answer: unknown,
  question: Question,
  version: ReviewVersion,
): readonly ApiObject[] {
  const converted = answered(answer, question, version);
  const { objects } = question;
  const what = conversionOf(question);
  if (converted.length !== objects.length) {
    const counts = `${converted.length} objects, expected ${objects.length}`;
    throw new Error(`${what} returned ${counts}`);
  }
  return objects.map((original, index) => {
    const where = `${what} returned invalid converted object at index ${index}`;
    const made = converted[index];
    const problem = typeProblem(original, made, question) ?? identityProblem(original, made);
    if (problem !== undefined || !isRecord(made)) throw new Error(`${where}: ${problem}`);
    return restored(
      original,
      made,
      `${what} returned invalid metadata in object at index ${index}`,
    );
  });
}

function answered(answer: unknown, question: Question, version: ReviewVersion): readonly unknown[] {
  const failed = (why: string): Error => new Error(`${conversionOf(question)} failed: ${why}`);
  const review = decoded(answer, failed);
  const problem = reviewProblem(review, question, version);
  if (problem !== undefined) throw failed(problem);
  return review.response?.convertedObjects ?? [];
}

/** Of v1beta1, upstream never looked at the type and the uid. */
function reviewProblem(
  review: Partial<ConversionReview>,
  { uid }: Question,
  version: ReviewVersion,
): string | undefined {
  const { apiVersion = "", kind = "", response } = review;
  const wanted = { apiVersion: apiVersionOf(version), kind: "ConversionReview" };
  const [found, expected] = [typeText({ apiVersion, kind }), typeText(wanted)];
  const isStrict = version === "v1";
  if (isStrict && found !== expected)
    return `expected webhook response of ${expected}, got ${found}`;
  if (!response) return "no response provided";
  if (isStrict && response.uid !== uid) {
    return `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid)}`;
  }
  return resultProblem(response);
}

function resultProblem({ result }: Pick<ConversionResponse, "result">): string | undefined {
  const { status = "", message = "" } = result ?? {};
  if (status === "Success") return undefined;
  return message || `response.result.status was '${status}', not 'Success'`;
}

function decoded(answer: unknown, failed: (why: string) => Error): Partial<ConversionReview> {
  try {
    return decodeJson(ConversionReview, answer, { defaults: false }).value;
  } catch (cause) {
    throw failed((cause as Error).message);
  }
}

type Loose = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Loose =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function typeProblem(
  original: ApiObject,
  made: unknown,
  { desiredAPIVersion: wanted }: Question,
): string | undefined {
  if (!isRecord(made)) return "Object 'Kind' is missing";
  const { apiVersion = "", kind = "" } = made;
  if (apiVersion !== wanted) {
    return `invalid groupVersion (expected ${wanted}, received ${String(apiVersion)})`;
  }
  if (kind === original.kind) return undefined;
  return `invalid kind (expected ${original.kind}, received ${String(kind)})`;
}

const identity = [
  ["name", "name"],
  ["namespace", "namespace"],
  ["uid", "UID"],
] as const;

function identityProblem({ metadata }: ApiObject, made: unknown): string | undefined {
  const found = isRecord(made) && isRecord(made["metadata"]) ? made["metadata"] : {};
  for (const [field, shown] of identity) {
    const [before, after] = [metadata[field] ?? "", found[field] ?? ""];
    if (before !== after) return `must have the same ${shown}: ${before} != ${String(after)}`;
  }
  return undefined;
}

/** Of the metadata, a webhook has a say in labels and annotations only. */
function restored({ metadata }: ApiObject, made: Loose, where: string): ApiObject {
  const said = made["metadata"];
  const failed = (why: string): Error => new Error(`${where}: ${why}`);
  if (said === undefined) throw failed("missing metadata in converted object");
  if (!isRecord(said)) throw failed(`invalid metadata of type ${goType(said)} in converted object`);
  const { labels: _labels, annotations: _annotations, ...kept } = metadata;
  const problems = { failed, metadata, said };
  const own = { ...kept, ...mapIn("labels", problems), ...mapIn("annotations", problems) };
  return { ...made, metadata: own } as unknown as ApiObject;
}

interface Said {
  readonly metadata: ApiObject["metadata"];
  readonly said: Loose;
  readonly failed: (why: string) => Error;
}

function mapIn(field: "labels" | "annotations", { metadata, said, failed }: Said): object {
  const map = said[field];
  if (map === undefined || map === null) return {};
  if (!isRecord(map)) {
    throw failed(`invalid metadata.${field} of type ${goType(map)} in converted object`);
  }
  for (const [key, value] of Object.entries(map)) {
    if (typeof value === "string") continue;
    const type = goType(value);
    throw failed(`metadata.${field}[${key}] must be a string, but is ${type} in converted object`);
  }
  const texts = map as Readonly<Record<string, string>>;
  const before: Readonly<Record<string, string>> = metadata[field] ?? {};
  const isSame = (key: string): boolean => before[key] === texts[key];
  const keys = Object.keys(texts);
  if (keys.length !== Object.keys(before).length || !keys.every(isSame)) {
    // The path in the singular is upstream's.
    const errors =
      field === "labels"
        ? [...validateLabels(texts, "metadata.labels")]
        : [...validateAnnotations(texts, "metadata.annotation")];
    if (errors.length > 0) throw failed(aggregateText(errors));
  }
  return { [field]: texts };
}

/** As Go names what it has read from JSON. */
function goType(value: unknown): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "object") return "map[string]interface {}";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  return Number.isInteger(value) ? "int64" : "float64";
}
