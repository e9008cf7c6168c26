/** `/api/v1`, `/apis/apps/v1`. */
export const groupPathOf = ({
  group,
  version,
}: {
  readonly group: string;
  readonly version: string;
}): string => (group === "" ? `/api/${version}` : `/apis/${group}/${version}`);
