/** What mutations work on. */
export interface ShownObject {
  readonly apiVersion: string;
  readonly kind: string;
}

/** A mutation that cannot be made of what its expression evaluated to. */
export class MutationFailed extends Error {
  override readonly name = "MutationFailed";
}
