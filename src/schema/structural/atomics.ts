/** Which parts of a value would replace what is there as a whole. */
import { type JsonMap, isMap, type Shape } from "./shape.ts";

/** As `.spec.selector`. Of maps, the entries are not looked into, as upstream does. */
export function* atomicsIn(shape: Shape, value: unknown, at = ""): Iterable<string> {
  const isContainer = isMap(value) || Array.isArray(value);
  if (shape.is === "leaf" && isContainer) yield at;
  if (shape.is === "record" && isMap(value)) yield* inFields(shape, value, at);
  if (shape.is !== "list" || !Array.isArray(value)) return;
  for (const [i, item] of value.entries()) yield* atomicsIn(shape.item, item, `${at}[${i}]`);
}

function* inFields(
  { fields }: Shape & { is: "record" },
  value: JsonMap,
  at: string,
): Iterable<string> {
  for (const [name, inner] of Object.entries(value)) {
    const field = fields.get(name);
    if (field) yield* atomicsIn(field.shape(), inner, `${at}.${name}`);
  }
}
