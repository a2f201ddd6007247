/** What a page has once, however many notebook outputs brought a copy of this module. */

const page = globalThis as unknown as Record<symbol, unknown>;

export function shared<Thing>(name: string, make: () => Thing): Thing {
  const key = Symbol.for(name);
  page[key] ??= make();
  return page[key] as Thing;
}
