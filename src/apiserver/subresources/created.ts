import type { ApiResponse } from "#api/request.ts";
import { sealStatus } from "../responses.ts";

/** Something was done for which there is no object to show. */
export const created = (): ApiResponse => ({
  status: 201,
  body: {
    is: "object",
    kind: undefined,
    sealed: sealStatus({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      code: 201,
    }),
  },
});
