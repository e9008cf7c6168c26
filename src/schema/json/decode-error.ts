/** Input that does not fit the schema, in the words of Go's decoders: clients and users know them. */

export class DecodeError extends Error {
  override readonly name: string = "DecodeError";
}

export const tooDeep = (): DecodeError => new DecodeError("exceeded max depth"); // exact: apimachinery

/** A value of the wrong type. Every struct on the way out adds the field it was reading. */
export class TypeMismatch extends DecodeError {
  override readonly name = "TypeMismatch";
  readonly #what: string;
  readonly #path: string[] = [];
  #struct = "";

  /** `what` as in "number 1.5", `into` as in "of type int32". */
  constructor(what: string, into: string) {
    super(`json: cannot unmarshal ${what} into Go value ${into}`); // exact: Go
    this.#what = `${what} into Go struct field`;
    this.#into = into;
  }

  readonly #into: string;

  /** Go names the innermost struct, and the path from the outermost one, without indexes. */
  within(struct: string, field: string): this {
    this.#path.unshift(field);
    this.#struct ||= struct.slice(struct.lastIndexOf(".") + 1);
    const field_ = `${this.#struct}.${this.#path.join(".")}`;
    this.message = `json: cannot unmarshal ${this.#what} ${field_} ${this.#into}`;
    return this;
  }
}

/** The error for a JSON value of another type than `goType`. */
export const mismatch = (json: unknown, goType: string): TypeMismatch =>
  new TypeMismatch(jsonTypeOf(json), `of type ${goType}`);

/** The error for a number that `goType` cannot hold: Go shows it. */
export const unfit = (json: number, goType: string): TypeMismatch =>
  new TypeMismatch(`number ${json}`, `of type ${goType}`);

function jsonTypeOf(json: unknown): string {
  if (Array.isArray(json)) return "array";
  return typeof json === "boolean" ? "bool" : typeof json;
}
