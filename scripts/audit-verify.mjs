// Checks an export of the audit log offline: `npm run audit:verify -- FILE... [--key PUBLIC] [--head FILE]... [--name
// NAME]... [--after N]`. Uses only Node's own modules and src/audit; opens no connection and writes nothing. Exit code
// 0: everything that was checked is right. 1: a fault, with the first bad line. 2: bad usage.
import "./lib/node-version.mjs";
import { createReadStream, readFileSync } from "node:fs";
import { parseArgs } from "node:util";

const USAGE = `usage: npm run audit:verify -- FILE... [--key PUBLIC] [--head FILE]... [--name NAME]... [--after N]

  FILE          the export: one audit entry a line, and the signed head behind the last; or the answers of
                \`GET /v1/audit/export\` as they came, in one file or in several, in their order
  --key PUBLIC  the log's public key text, name+id+key; without it no signature is checked
  --head FILE   a signed head kept from elsewhere; may be given several times
  --name NAME   another name of this log, as a head's first line has it: heads under it count too, if the same key
                signed them. For logs that were signed before their deployment had a stable name
  --after N     the export was asked for behind entry N (by default it must begin with entry 1)`;

process.exitCode = await main(process.argv.slice(2));

async function main(args) {
  const asked = parse(args);
  if (asked === null) return complain(USAGE, 2);
  if (!process.features.typescript) return complain("this needs Node 22.18 or later; `npm run` brings one along", 2);
  const { checkExport } = await import("../src/audit/export.ts");
  let result;
  try {
    const heads = asked.heads.map((path) => readFileSync(path, "utf8"));
    result = await run(checkExport({ ...asked.options, heads }), asked.files);
  } catch (error) {
    if (error?.syscall === undefined) throw error;
    return complain(`cannot read ${error.path ?? asked.files[0]}: ${error.code}`, 2);
  }
  if ("fault" in result) {
    const [name] = asked.files;
    const where = result.line === null ? name : `${name}, line ${result.line}`;
    return complain(`FAILED ${where}: ${result.fault}: ${result.detail}`, 1);
  }
  console.log(summary(asked, result.ok));
  return 0;
}

function parse(args) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        key: { type: "string" },
        head: { type: "string", multiple: true },
        name: { type: "string", multiple: true },
        after: { type: "string" },
      },
    });
    const after = values.after ?? "0";
    if (positionals.length === 0 || !/^(0|[1-9]\d{0,14})$/.test(after)) return null;
    const options = {
      after: Number(after),
      otherNames: values.name ?? [],
      ...(values.key === undefined ? {} : { publicKey: values.key }),
    };
    return { files: positionals, heads: values.head ?? [], options };
  } catch {
    return null;
  }
}

async function run(check, files) {
  if ("fault" in check) return check;
  for (const file of files) {
    for await (const written of lines(file)) {
      for (const line of unpacked(written)) {
        const fault = check.line(line);
        if (fault !== null) return fault;
      }
    }
  }
  return check.end();
}

// The lines inside an answer of the service; any other line unchanged. An entry's first key is never `ndjson`.
function unpacked(line) {
  if (!line.startsWith('{"ndjson":')) return [line];
  let page;
  try {
    page = JSON.parse(line);
  } catch {
    return [line];
  }
  if (typeof page?.ndjson !== "string") return [line];
  const within = page.ndjson.split("\n").slice(0, -1);
  return typeof page.head === "string" ? [...within, JSON.stringify({ signed_head: page.head })] : within;
}

// Splits at newlines only: Node's readline would also split at U+2028, which a reason may contain.
async function* lines(file) {
  let rest = "";
  for await (const chunk of createReadStream(file, "utf8")) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop();
    yield* parts;
  }
  if (rest !== "") yield rest;
}

function summary(asked, report) {
  const first = asked.options.after + 1;
  const said = [`${asked.files.join(", ")}: ${report.entries} entries`];
  if (report.entries > 0) said.push(`  entries ${first} to ${report.end.size}: form, numbering and chain are right`);
  said.push(`  head: size ${report.end.size}, hash ${report.end.hash}`);
  if (report.headsChecked.length === 0) {
    said.push("  NOT CHECKED: whether entries are missing at the end, or all was rewritten: there is no signed head");
  } else {
    said.push(`  signed heads of ${report.origin} that agree: size ${report.headsChecked.join(", ")}`);
    if (!report.signaturesChecked) said.push("  NOT CHECKED: who signed the heads: no --key was given");
  }
  if (report.headsBefore.length > 0) {
    said.push(`  NOT CHECKED: heads of size ${report.headsBefore.join(", ")}: they end before this export begins`);
  }
  if (first > 1) said.push(`  NOT CHECKED: what stands before entry ${first}`);
  return said.join("\n");
}

function complain(text, code) {
  console.error(text);
  return code;
}
