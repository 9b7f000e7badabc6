// Where the browser is: CHROMIUM_PATH, else one of the usual names on PATH.
import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

export const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];

function runnable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function findBrowser() {
  const given = process.env.CHROMIUM_PATH;
  if (given && isAbsolute(given) && runnable(given)) return given;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return BROWSERS.flatMap((name) => folders.map((folder) => join(folder, name))).find(runnable) ?? null;
}
