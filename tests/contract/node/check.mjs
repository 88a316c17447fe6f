// Reads the exported schemas as others do: AsyncAPI's own parser for the document, ajv in its strict mode for each
// schema and each sample. Exits with 1 and one line per fault.
//
//   npm ci --ignore-scripts && node check.mjs SCHEMAS [SAMPLES]

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import asyncapi from "@asyncapi/parser";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const HINT = 3; // severities from here on are hints, not faults

const [schemas, samples] = process.argv.slice(2);
const faults = [];

const document = join(schemas, "asyncapi.json");
const parsed = await new asyncapi.Parser().parse(readFileSync(document, "utf8"), { source: document });
for (const each of parsed.diagnostics.filter((each) => each.severity < HINT)) {
  faults.push(`asyncapi.json ${each.path.join(".")}: ${each.message}`);
}
if (!parsed.document) faults.push("asyncapi.json: the parser gives no document");

const ajv = addFormats.default(new Ajv2020({ strict: true, allErrors: true }));
let checked = 0;
for (const file of readdirSync(schemas).filter((each) => each.endsWith(".json") && each !== "asyncapi.json")) {
  let validate;
  try {
    validate = ajv.compile(JSON.parse(readFileSync(join(schemas, file), "utf8")));
  } catch (error) {
    faults.push(`${file}: ${error.message}`);
    continue;
  }
  const folder = samples && join(samples, file.replace(/\.json$/, ""));
  if (!folder || !existsSync(folder)) continue;
  for (const sample of readdirSync(folder)) {
    checked += 1;
    if (!validate(JSON.parse(readFileSync(join(folder, sample), "utf8")))) {
      faults.push(`${file}: ${sample}: ${ajv.errorsText(validate.errors)}`);
    }
  }
}

for (const each of faults) console.error(each);
const messages = parsed.document?.allMessages().length ?? 0;
console.log(`${parsed.document?.version()} document, ${messages} messages, ${checked} samples, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
