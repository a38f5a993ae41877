// Writes docs/journal.schema.json, the JSON schema of what Picket writes into the journal, from the contract. usage: node build/journal-schema.ts
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { toJsonSchema } from "@valibot/to-json-schema";
import { journalEntrySchema } from "../contract/journal.ts";

export const schemaFile = join(import.meta.dirname, "../docs/journal.schema.json");

/** The file's whole text. */
export function journalSchemaText(): string {
  const { $schema, ...schema } = toJsonSchema(journalEntrySchema, { typeMode: "input" });
  const described = {
    $schema,
    title: "Picket in the journal",
    description:
      "Entries with SYSLOG_IDENTIFIER=picket and PICKET_EVENT, as `journalctl -o json` shows them; the journal's own fields beside them are left out.",
    ...schema,
  };
  return `${JSON.stringify(described, null, 2)}\n`;
}

if (import.meta.main) writeFileSync(schemaFile, journalSchemaText());
