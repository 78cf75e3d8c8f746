// The first import of every script: refuses a Node that is too old, in one line, before anything else is loaded.
// Imports nothing, and is written in the syntax of Node 12, so that an old Node can read it.

export const nodeMajorMin = 20;

/** The message for a too old Node; null when it is new enough. */
export function tooOld(version) {
  if (Number(version.split(".")[0]) >= nodeMajorMin) return null;
  return `Maskline needs Node ${nodeMajorMin} or later; this is Node ${version}. Install a newer one (https://nodejs.org) and run this again.`;
}

const trouble = tooOld(process.versions.node);
if (trouble !== null) {
  console.error(trouble);
  process.exit(1);
}
