// Unpack the Chromium of @sparticuz/chromium, with the libraries and fonts that a bare machine lacks,
// into the temporary folder (TMPDIR), and print the executable's path.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import chromium, { inflate } from "@sparticuz/chromium";

const bin = join(dirname(fileURLToPath(import.meta.resolve("@sparticuz/chromium"))), "..", "bin");
const executable = await chromium.executablePath();
await inflate(join(bin, "al2023.tar.br"));
console.log(executable);
