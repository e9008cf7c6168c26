import { Status } from "#api/meta/status.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ConversionRequest = s.struct("apiextensions/v1.ConversionRequest", {
  uid: s.string(1, { required: true }),
  desiredAPIVersion: s.string(2, { required: true }),
  objects: s.list(3, "raw", { required: true, listType: "atomic" }),
});

export interface ConversionRequest extends ValueOf<typeof ConversionRequest> {}

export const ConversionResponse = s.struct("apiextensions/v1.ConversionResponse", {
  uid: s.string(1, { required: true }),
  convertedObjects: s.list(2, "raw", { required: true, listType: "atomic" }),
  result: s.object(3, Status, { required: true }),
});

export interface ConversionResponse extends ValueOf<typeof ConversionResponse> {}

export const ConversionReview = s.struct(
  "apiextensions/v1.ConversionReview",
  {
    ...typeMeta,
    request: s.object(1, ConversionRequest, { optional: true }),
    response: s.object(2, ConversionResponse, { optional: true }),
  },
  { doc: "What the server asks a conversion webhook, and what it answers." },
);

export interface ConversionReview extends ValueOf<typeof ConversionReview> {}
