import { s, type ValueOf } from "#schema/struct.ts";

export const Info = s.struct(
  "version.Info",
  {
    major: s.string(0, { required: true }),
    minor: s.string(0, { required: true }),
    emulationMajor: s.string(0),
    emulationMinor: s.string(0),
    minCompatibilityMajor: s.string(0),
    minCompatibilityMinor: s.string(0),
    gitVersion: s.string(0, { required: true }),
    gitCommit: s.string(0, { required: true }),
    gitTreeState: s.string(0, { required: true }),
    buildDate: s.string(0, { required: true }),
    goVersion: s.string(0, { required: true }),
    compiler: s.string(0, { required: true }),
    platform: s.string(0, { required: true }),
  },
  { noProto: true },
);

export interface Info extends ValueOf<typeof Info> {}
