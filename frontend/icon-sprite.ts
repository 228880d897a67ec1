import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Plugin } from "vite";

const require = createRequire(import.meta.url);

/** One `<symbol>` of the sprite, drawn by lucide on a 24 by 24 grid; its strokes take the text's colour. */
function symbol(name: string, lucideName: string): string {
  const drawing = readFileSync(require.resolve(`lucide-static/icons/${lucideName}.svg`), "utf-8");
  const shapes = /<svg[^>]*>([\s\S]*)<\/svg>/.exec(drawing)?.[1]?.replace(/\s+/g, " ").trim();
  if (!shapes) {
    throw new Error(`The lucide icon "${lucideName}" (for "${name}") has no shapes.`);
  }
  return (
    `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" ` +
    `stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${shapes}</symbol>`
  );
}

/**
 * Gather the icons named in a JSON file (`{"our name": "lucide's name"}`) into one hashed file, listed in the manifest
 * under the JSON file's path. A page shows one with `<svg><use href="<sprite>#<our name>"/></svg>`.
 */
export function iconSprite(listing: string): Plugin {
  return {
    name: "icon-sprite",
    buildStart() {
      this.addWatchFile(listing);
      const names = JSON.parse(readFileSync(listing, "utf-8")) as Record<string, string>;
      const symbols = Object.entries(names).map(([ours, lucides]) => symbol(ours, lucides));
      this.emitFile({
        type: "asset",
        name: "icons.svg",
        originalFileName: listing,
        source: `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`,
      });
    },
  };
}
