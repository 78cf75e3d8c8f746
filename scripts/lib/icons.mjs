// The icons of every page, copied from lucide-static as data: `node scripts/lib/icons.mjs` writes the file, and a test compares it with
// the package.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { root } from "./tools.mjs";

/** Our names of icons, and the package's. */
const NAMES = {
  messages: "message-square",
  verifications: "shield-check",
  conversations: "messages-square",
  send: "send",
  webhooks: "webhook",
  keys: "key-round",
  people: "users",
  audit: "scroll-text",
  phone: "smartphone",
  book: "book-open",
  signOut: "log-out",
  menu: "menu",
  search: "search",
  check: "circle-check",
  cross: "circle-x",
  clock: "clock",
  question: "circle-question-mark",
  pause: "circle-pause",
  arrow: "arrow-right",
  warning: "triangle-alert",
  info: "info",
  inbox: "inbox",
  lock: "lock",
  plus: "plus",
  tenants: "landmark",
  alerts: "bell",
  carriers: "radio-tower",
  numbers: "hash",
  jobs: "wrench",
  health: "gauge",
  copy: "copy",
  columns: "columns-2",
};

export const iconsFile = join(root, "src/look/icons.ts");

/** The text of the file. */
export async function iconsSource() {
  const nodes = JSON.parse(readFileSync(join(root, "node_modules/lucide-static/icon-nodes.json"), "utf8"));
  const rows = Object.entries(NAMES).map(([ours, theirs]) => {
    const found = nodes[theirs];
    if (found === undefined) throw new Error(`lucide-static has no icon ${theirs}`);
    return `  ${ours}: ${JSON.stringify(found.map(([tag, attributes]) => [tag, attributes]))},`;
  });
  const text = `/**
 * The icons of every page: shapes of Lucide (ISC licence), written by scripts/lib/icons.mjs and by nobody else.
 */

export const ICONS = {
${rows.join("\n")}
} as const;

export type IconName = keyof typeof ICONS;
`;
  return format(text, { ...(await resolveConfig(iconsFile)), filepath: iconsFile });
}

if (process.argv[1] === import.meta.filename) writeFileSync(iconsFile, await iconsSource());
