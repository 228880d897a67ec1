import { defineConfig } from "vite";
import { iconSprite } from "./icon-sprite.ts";

const outDir = "../src/corridor/web/static";

export default defineConfig({
  // Files name each other relatively, so that the server may mount them anywhere.
  base: "./",
  publicDir: false,
  plugins: [iconSprite("src/icons.json")],
  build: {
    outDir,
    emptyOutDir: true,
    // The templates look up the hashed names here: "src/main.ts" -> {file, css: [...]}, "src/icons.json" -> {file}.
    manifest: "manifest.json",
    // Nothing inlined as a data: address, which the content security policy forbids.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    sourcemap: true,
    target: "es2023",
    rolldownOptions: { input: ["src/main.ts"] },
  },
});
