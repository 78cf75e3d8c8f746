// The bill of materials and the check against advisories, from package-lock.json alone. Pure: parsed files in, data out.
import { createHash } from "node:crypto";

/** Every installed package of a lock file: its path, name and version, and its entry. */
export function packagesOf(lock) {
  return Object.entries(lock.packages)
    .filter(([path, entry]) => path !== "" && entry.link !== true)
    .map(([path, entry]) => ({
      path,
      name: entry.name ?? path.slice(path.lastIndexOf("node_modules/") + 13),
      ...entry,
    }));
}

/** `pkg:npm/%40scope/name@version`, as the package URL specification has it. */
export function purlOf({ name, version }) {
  const parts = name.split("/").map(encodeURIComponent);
  return `pkg:npm/${parts.join("/")}@${encodeURIComponent(version)}`;
}

/**
 * A CycloneDX 1.6 document. The same lock file gives the same bytes: the serial number is derived from it, and there is
 * no time. A package installed several times in one version is one component.
 */
export function billOf(lock) {
  const packages = packagesOf(lock);
  const root = { name: lock.name, version: lock.version };
  const components = new Map();
  const dependencies = new Map([[purlOf(root), edgesOf("", lock.packages[""], lock)]]);
  for (const entry of packages) {
    const ref = purlOf(entry);
    const known = components.get(ref);
    // Required if any installation of it is needed in production.
    if (known === undefined || known.scope !== "required") components.set(ref, componentOf(entry, ref));
    dependencies.set(ref, [...new Set([...(dependencies.get(ref) ?? []), ...edgesOf(entry.path, entry, lock)])]);
  }
  const byRef = ([a], [b]) => (a < b ? -1 : 1);
  const digest = createHash("sha256").update(JSON.stringify(lock)).digest("hex");
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-a${digest.slice(17, 20)}-${digest.slice(20, 32)}`,
    version: 1,
    metadata: { component: { type: "application", "bom-ref": purlOf(root), name: root.name, version: root.version } },
    components: [...components].toSorted(byRef).map(([, component]) => component),
    dependencies: [...dependencies].toSorted(byRef).map(([ref, on]) => ({ ref, dependsOn: on.toSorted() })),
  };
}

function componentOf(entry, ref) {
  const [algorithm, digest] = (entry.integrity ?? "").split("-");
  const known = { sha512: "SHA-512", sha384: "SHA-384", sha256: "SHA-256", sha1: "SHA-1" }[algorithm];
  const slash = entry.name.startsWith("@") ? entry.name.indexOf("/") : -1;
  return {
    type: "library",
    "bom-ref": ref,
    ...(slash < 0 ? {} : { group: entry.name.slice(0, slash) }),
    name: entry.name.slice(slash + 1),
    version: entry.version,
    scope: entry.dev || entry.devOptional ? "excluded" : entry.optional ? "optional" : "required",
    ...(known === undefined
      ? {}
      : { hashes: [{ alg: known, content: Buffer.from(digest, "base64").toString("hex") }] }),
    ...(typeof entry.license === "string" ? { licenses: [licenseOf(entry.license)] } : {}),
    purl: ref,
  };
}

/** One licence by its SPDX id, several as an expression. */
const licenseOf = (text) =>
  /^[\w.+-]+$/.test(text) ? { license: { id: text } } : { expression: text.replace(/^\((.*)\)$/, "$1") };

/** A package's dependencies, resolved as Node does: beside it, then in every folder above. */
function edgesOf(path, entry, lock) {
  const wanted = {
    ...entry.dependencies,
    ...entry.optionalDependencies,
    ...(path === "" ? entry.devDependencies : {}),
  };
  return Object.keys(wanted).flatMap((name) => {
    for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
      const found = lock.packages[`${at === "" ? "" : `${at}/`}node_modules/${name}`];
      if (found !== undefined) return [purlOf({ name: found.name ?? name, version: found.version })];
      if (at === "") return []; // an optional package of another platform
    }
  });
}

/**
 * The advisories (OSV, ecosystem npm) that affect a package of the lock file: `{id, summary, name, version, path,
 * fixed}`.
 */
export function findingsOf(lock, advisories) {
  const byName = new Map();
  for (const advisory of advisories) {
    if (advisory.withdrawn !== undefined) continue;
    for (const affected of advisory.affected ?? []) {
      if (affected.package?.ecosystem?.toLowerCase() !== "npm") continue;
      byName.set(affected.package.name, [...(byName.get(affected.package.name) ?? []), { advisory, affected }]);
    }
  }
  return packagesOf(lock).flatMap(({ path, name, version }) =>
    (byName.get(name) ?? [])
      .filter(({ affected }) => isAffected(version, affected))
      .map(({ advisory: { id, summary = "" }, affected }) => ({
        id,
        summary,
        name,
        version,
        path,
        fixed: fixOf(version, affected),
      })),
  );
}

/**
 * Whether a version is affected: by the list of versions, or by a range from `introduced` to before `fixed`, or up to `last_affected`.
 *
 * @param {string} version
 * @param {{versions?: string[], ranges?: {type: string, events: {introduced?: string, fixed?: string, last_affected?: string}[]}[]}} affected
 */
export function isAffected(version, { versions = [], ranges = [] }) {
  if (versions.includes(version)) return true;
  return ranges.some(({ type, events }) => {
    if (type !== "SEMVER" && type !== "ECOSYSTEM") return false;
    let inside = false;
    for (const event of events.toSorted((a, b) => compareVersions(versionOf(a), versionOf(b)))) {
      if (event.introduced !== undefined && compareVersions(version, event.introduced) >= 0) inside = true;
      if (event.fixed !== undefined && compareVersions(version, event.fixed) >= 0) inside = false;
      if (event.last_affected !== undefined && compareVersions(version, event.last_affected) > 0) inside = false;
    }
    return inside;
  });
}

const versionOf = (event) => event.introduced ?? event.fixed ?? event.last_affected ?? "0";

/** The lowest fixed version above this one; null if there is none. */
function fixOf(version, { ranges = [] }) {
  const fixes = ranges.flatMap(({ events }) => events.flatMap(({ fixed }) => fixed ?? []));
  return fixes.filter((each) => compareVersions(each, version) > 0).toSorted(compareVersions)[0] ?? null;
}

/**
 * Semantic Versioning 2.0.0, 11: numbers by value, a pre-release before its release, identifiers one by one. Ignores
 * build metadata.
 */
export function compareVersions(left, right) {
  const [a, b] = [left, right].map((text) => {
    const [core, pre = ""] = text.replace(/\+.*$/, "").split(/-(.*)/s);
    return { core: core.split(".").map(Number), pre: pre === "" ? [] : pre.split(".") };
  });
  for (let at = 0; at < 3; at += 1) {
    const apart = (a.core[at] ?? 0) - (b.core[at] ?? 0);
    if (apart !== 0) return Math.sign(apart);
  }
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length);
  for (let at = 0; at < Math.max(a.pre.length, b.pre.length); at += 1) {
    const apart = compareIdentifiers(a.pre[at], b.pre[at]);
    if (apart !== 0) return apart;
  }
  return 0;
}

function compareIdentifiers(a, b) {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  const [numberA, numberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (numberA && numberB) return Math.sign(Number(a) - Number(b));
  if (numberA !== numberB) return numberA ? -1 : 1;
  return a < b ? -1 : 1;
}
