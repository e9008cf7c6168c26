/** Lists of resources, as requests, limits and capacities have them. */
import { quantityOf, quantityOfMilli } from "#base/quantity.ts";
import type { Draft } from "#schema/struct.ts";

export type ResourceList = { readonly [name: string]: string };

const finerThanMilli = /[nu]$|e-[0-9]+$/;

/** Resources are counted in thousandths at the finest: what is finer is rounded up. */
export function roundUpToMilli(list: Draft<ResourceList> | undefined): void {
  for (const name in list) {
    const text = list[name];
    if (text === undefined || !finerThanMilli.test(text)) continue;
    const quantity = quantityOf(text);
    list[name] = quantityOfMilli(quantity.milliValue(), quantity.family).format();
  }
}
