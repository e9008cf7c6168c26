/** Doubles as Go prints them. */

/** `strconv.FormatFloat(value, 'g', -1, 64)`: shortest, with an exponent from a million on. */
export function formatDouble(value: number): string {
  const special = formatSpecial(value);
  if (special !== undefined) return special;
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [digits = "", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  return exponent < -4 || exponent >= 6 ? `${digits}e${signed(exponent)}` : String(value);
}

/** "+Inf" and such; undefined of ordinary numbers. */
export function formatSpecial(value: number): string | undefined {
  if (Number.isNaN(value)) return "NaN";
  if (Number.isFinite(value)) return undefined;
  return value > 0 ? "+Inf" : "-Inf";
}

const signed = (exponent: number): string =>
  `${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;

/** `%e`: at least two digits of exponent. */
export function formatScientific(value: number, precision: number): string {
  const [digits = "", power = "0"] = value.toExponential(Math.min(precision, 100)).split("e");
  return `${digits}e${signed(Number(power))}`;
}
