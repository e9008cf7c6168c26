/** What Go would call our types: its decoder's messages name them. */
import type { Scalar, Type } from "#schema/struct.ts";

/** differs: named string types ("v1.RestartPolicy") are plain "string" with us. */
export function goTypeOf(type: Type): string {
  if (type.is === "scalar") return goScalars[type.scalar];
  if (type.is === "struct") return goStruct(type.struct().name);
  if (type.is === "list") return `[]${goTypeOf(type.item)}`;
  return isQuantity(type.value) ? "v1.ResourceList" : `map[string]${goTypeOf(type.value)}`;
}

/** "core/v1.Pod" is `v1.Pod`: Go qualifies by the last part of the package. */
export const goStruct = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

const isQuantity = (type: Type): boolean => type.is === "scalar" && type.scalar === "quantity";

const goScalars: Readonly<Record<Scalar, string>> = {
  string: "string",
  int32: "int32",
  int64: "int64",
  number: "float64",
  boolean: "bool",
  bytes: "[]uint8",
  quantity: "resource.Quantity",
  intOrString: "intstr.IntOrString",
  time: "v1.Time",
  microTime: "v1.MicroTime",
  duration: "v1.Duration",
  raw: "runtime.RawExtension",
  fields: "v1.FieldsV1",
  json: "v1.JSON",
  wrappedStrings: "[]string",
};
