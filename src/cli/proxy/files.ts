/** Serves a folder, as Go's file server does: `index.html` or a list of what is there. */
import type { Disk } from "#base/disk.ts";
import type { HttpResponse } from "#base/http.ts";
import { plainText } from "./forwarding.ts";

const types: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  gif: "image/gif",
  htm: "text/html; charset=utf-8",
  html: "text/html; charset=utf-8",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  mjs: "text/javascript; charset=utf-8",
  pdf: "application/pdf",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  wasm: "application/wasm",
  webp: "image/webp",
  xml: "text/xml; charset=utf-8",
};
const anyType = "application/octet-stream";

export const notFound = (): HttpResponse => plainText(404, "404 page not found"); // exact: Go

export const redirect = (location: string): HttpResponse => ({
  status: 301,
  headers: { location },
});

/** `path` is decoded, absolute within the folder, and without dots. */
export async function fileAnswer(disk: Disk, folder: string, path: string): Promise<HttpResponse> {
  if (path.endsWith("/index.html")) return redirect("./");
  const place = folder.replace(/\/$/, "") + path;
  const names = await disk.list(place.replace(/\/$/, ""));
  if (!names) return wholeFile(disk, path, place);
  if (!path.endsWith("/")) return redirect(`${path.slice(path.lastIndexOf("/") + 1)}/`);
  return names.includes("index.html")
    ? wholeFile(disk, "/index.html", `${place}index.html`)
    : listing(disk, place, names);
}

async function wholeFile(disk: Disk, path: string, place: string): Promise<HttpResponse> {
  const body = path.endsWith("/") ? undefined : await disk.read(place);
  if (!body) return notFound();
  const extension = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  return { status: 200, headers: { "content-type": types[extension] ?? anyType }, body };
}

async function listing(disk: Disk, place: string, names: readonly string[]): Promise<HttpResponse> {
  const links = names.map(async (name) => {
    const isFolder = (await disk.facts(place + name))?.is === "folder";
    const shown = isFolder ? `${name}/` : name;
    return `<a href="${encodeURI(shown)}">${escaped(shown)}</a>\n`;
  });
  const text = `<!doctype html>\n<pre>\n${(await Promise.all(links)).join("")}</pre>\n`;
  const headers = { "content-type": "text/html; charset=utf-8" };
  return { status: 200, headers, body: Buffer.from(text) };
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
