/**
 * An example answer from a schema of the document: the schema's own example, or else one built from its parts. Throws
 * on a part without an example; the document is constant, so a law test finds that before a reader does.
 */

export type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;

/** An example of `schema`, whose references are found in `components`. */
export function sampleOf(schema: unknown, components: Json, at = "answer"): unknown {
  if (!isObject(schema)) throw new Error(`${at}: no schema to give an example of`);
  if (typeof schema["$ref"] === "string") {
    const name = schema["$ref"].split("/").at(-1) ?? "";
    return sampleOf(components[name], components, name);
  }
  const given = [schema["examples"], schema["enum"]].find((values) => Array.isArray(values) && values.length > 0);
  if (Array.isArray(given)) return given[0];
  if ("const" in schema) return schema["const"];
  const choice = schema["anyOf"] ?? schema["oneOf"] ?? schema["allOf"];
  if (Array.isArray(choice)) return sampleOf(choice[0], components, at);
  return ofType(schema, components, at);
}

function ofType(schema: Json, components: Json, at: string): unknown {
  const types = Array.isArray(schema["type"]) ? schema["type"] : [schema["type"]];
  if (types.includes("null")) return null;
  if (types.includes("object")) {
    const properties = isObject(schema["properties"]) ? schema["properties"] : {};
    const fields = Object.entries(properties);
    return Object.fromEntries(fields.map(([name, part]) => [name, sampleOf(part, components, `${at}/${name}`)]));
  }
  if (types.includes("array")) return [sampleOf(schema["items"], components, `${at}/0`)];
  if (types.includes("integer")) return 1;
  if (types.includes("boolean")) return true;
  throw new Error(`${at}: give it an example in its schema's meta`);
}
