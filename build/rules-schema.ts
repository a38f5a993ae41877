// Writes docs/rules.schema.json, the JSON schema of files of rules, from the contract. usage: node build/rules-schema.ts
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { toJsonSchema } from "@valibot/to-json-schema";
import { rulesFileSchema } from "../contract/rules-file.ts";

export const schemaFile = join(import.meta.dirname, "../docs/rules.schema.json");

/** The file's whole text. */
export function rulesSchemaText(): string {
  const { $schema, ...schema } = toJsonSchema(rulesFileSchema, { typeMode: "input" });
  const described = {
    $schema,
    title: "Rules of Picket",
    description:
      "What `picket rules export` writes and `picket rules apply` reads. What a rule leaves out is any; at most one of host, domain, address and zone.",
    ...schema,
  };
  return `${JSON.stringify(described, null, 2)}\n`;
}

if (import.meta.main) writeFileSync(schemaFile, rulesSchemaText());
